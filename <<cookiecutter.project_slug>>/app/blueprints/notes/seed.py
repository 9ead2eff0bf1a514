"""Sample notes for ``flask seed``."""

from . import services

SAMPLE_NOTES = (
    {"title": "Title 1", "body": "Body 1"},
    {"title": "Title 2", "body": "Body 2"},
    {"title": "Title 3", "body": "Body 3"},
)


def seed_notes() -> None:
    """Add sample notes, unless there are notes already."""
    if services.list_notes(limit=1).items:
        return
    for fields in SAMPLE_NOTES:
        services.create_note(**fields)
