"""The recipes of a project's docs/database.md, followed as they stand, on a table with rows."""

import re
from pathlib import Path

import pytest
from notes import add_notes
from owner_clone import Owner, new_owner, on_both, on_postgresql
from project import Project

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
APPLY = (
    "from flask_migrate import check, downgrade, upgrade\nupgrade()\ncheck()\ndowngrade()\nupgrade()\ncheck()"
)


class Notes:
    """The table of notes, its model, and what the page says of it."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.model = owner.project.path / "app/models/note.py"
        # The page speaks of books, a project has notes.
        page = re.sub(
            r"\bbook(s?)\b", r"note\1", (owner.project.path / "docs/database.md").read_text("utf-8")
        )
        sections = page.split("\n## ")
        self.blocks = {text.partition("\n")[0]: BLOCK.findall(text) for text in sections}

    def ids(self) -> list[int]:
        """Return the ids of the rows."""
        connection = self.owner.connect()
        found = [row[0] for row in connection.execute("SELECT id FROM notes ORDER BY id").fetchall()]
        connection.close()
        return found

    def declare(self, lines: str, imports: str, before: str = "    def __str__") -> None:
        """Add lines to the class, or what comes before it."""
        indent = "    " if before.startswith(" ") else ""
        text = self.model.read_text("utf-8")
        lines = "".join(f"{indent}{line}\n" for line in lines.strip().splitlines())
        text = text.replace(before, f"{lines}\n{before}").replace(
            "from sqlalchemy import", f"{imports}\nfrom sqlalchemy import", 1
        )
        self.model.write_text(text, "utf-8")

    def write(self, command: str, functions: str = "", upgrade: str = "") -> None:
        """Write a migration by a command; put the functions, or the body of the first, in the place of its own."""
        self.owner.flask("db", command, "-m", "Change")
        newest = max(
            (self.owner.project.path / "migrations/versions").glob("*.py"),
            key=lambda path: path.stat().st_mtime_ns,
        )
        text = newest.read_text("utf-8")
        if functions:
            text = text[: text.index("def upgrade")] + functions
        if upgrade:
            body = "".join(f"    {line}\n" for line in upgrade.splitlines())
            text = re.sub(
                r"(def upgrade.*?\n).*?(?=\n\ndef downgrade)",
                lambda match: match[1] + body,
                text,
                flags=re.DOTALL,
            )
        newest.write_text(text, "utf-8")

    def apply(self) -> None:
        """Migrate, back and again, and lose no row."""
        before = self.ids()
        assert len(before) == 20
        self.owner.run_python(APPLY)
        assert self.ids() == before


@pytest.fixture
def notes(project: Project, request: pytest.FixtureRequest, tmp_path: Path) -> Notes:
    """The notes of a clone, twenty of them."""
    owner = new_owner(project, request, tmp_path)
    add_notes(owner.project, 20)
    return Notes(owner)


@on_both
def test_columns_that_are_not_null(notes: Notes):
    model, steps = notes.blocks["Add a NOT NULL column to a table with rows"]
    notes.declare(model, "from sqlalchemy import false")
    notes.write("migrate")
    notes.apply()
    notes.declare("slug: Mapped[str] = mapped_column(String(40))", "")
    notes.write("migrate", upgrade=steps)
    notes.apply()


@on_both
def test_renamed_column(notes: Notes):
    (functions,) = notes.blocks["Rename a column or a table"]
    text = notes.model.read_text("utf-8")
    notes.model.write_text(
        text.replace("title: Mapped", "heading: Mapped").replace("self.title", "self.heading")
    )
    notes.write("revision", functions)
    notes.apply()


@on_both
def test_check_constraint(notes: Notes):
    (functions,) = notes.blocks["CHECK constraints"]
    notes.write("revision", functions)
    notes.apply()
    with pytest.raises(Exception, match="title_not_empty"):
        notes.owner.execute("UPDATE notes SET title = ''")


@on_both
def test_enum(notes: Notes):
    state, column = notes.blocks["Enums"][0].split("\n\n\n")
    notes.declare(state, "from enum import StrEnum", "\nclass Note(")
    notes.declare(column, "")
    notes.write("migrate")
    notes.apply()
    notes.model.write_text(
        notes.model.read_text("utf-8").replace(
            '    DRAFT = "draft"', '    LOST = "lost"\n    DRAFT = "draft"'
        )
    )
    assert "No new upgrade operations" in notes.owner.flask("db", "check")


@on_both
def test_squashed_migrations(notes: Notes, tmp_path: Path, request: pytest.FixtureRequest):
    before, owner = notes.ids(), notes.owner
    for path in (owner.project.path / "migrations/versions").glob("*.py"):
        path.unlink()
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    if owner.test_database:
        empty = request.getfixturevalue("postgres").create_database("empty")
    owner.project.run(".venv/bin/flask", "db", "migrate", "-m", "Initial schema", DATABASE_URL=empty)
    owner.flask("db", "stamp", "head", "--purge")
    assert "No new upgrade operations" in owner.flask("db", "check")
    assert notes.ids() == before


@on_postgresql
def test_type_that_postgresql_has_to_convert(notes: Notes):
    (statement,) = notes.blocks["Change a type"]
    notes.owner.execute("UPDATE notes SET title = id::text")
    notes.write("revision", upgrade=statement)
    notes.owner.flask("db", "upgrade")
    assert len(notes.ids()) == 20


@on_postgresql
def test_index_that_is_made_concurrently(notes: Notes):
    block = "with op.get_context().autocommit_block():"
    page = (notes.owner.project.path / "docs/database.md").read_text("utf-8")
    assert f"`CREATE INDEX CONCURRENTLY` belongs in `{block}`" in page
    statement = (
        f'{block}\n    op.create_index("ix_notes_title", "notes", ["title"], postgresql_concurrently=True)'
    )
    notes.write("revision", upgrade=statement)
    notes.owner.flask("db", "upgrade")
