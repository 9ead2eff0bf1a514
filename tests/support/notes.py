"""More notes than `flask seed` adds."""

from project import Project

# Runs in a project, in a container too: `python -c ADD_NOTES NUMBER [EMAIL]`. With accounts, one of them owns the notes.
ADD_NOTES = """
import sys
from sqlalchemy import insert, select
from app import create_app, models
from app.extensions import db

count, *emails = sys.argv[1:]
with create_app().app_context():
    note = {"body": "Page, form, service, model, migration, API and tests: each layer has one example."}
    for email in emails:
        note["owner_id"] = db.session.scalars(select(models.User.id).where(models.User.email == email)).one()
    for first in range(1, int(count) + 1, 10_000):
        numbers = range(first, min(first + 10_000, int(count) + 1))
        db.session.execute(insert(models.Note), [{"title": f"Note {number}", **note} for number in numbers])
    db.session.commit()
"""


def add_notes(project: Project, count: int, owner: str = "", **variables: str) -> None:
    """Add notes; `owner` is the email address of an account, where there are accounts."""
    words = [str(count), *([owner] if owner else [])]
    project.run(".venv/bin/python", "-c", ADD_NOTES, *words, **variables)
