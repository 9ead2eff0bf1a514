"""Migrations of an owner: what a migration does not drop keeps every row, and one that fails can be repeated."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from owner_clone import Owner, new_owner, on_both, on_postgresql, on_sqlite
from project import Project

# Every way in which rows may depend on those of a table that a migration alters.
SHAPES = '''"""Tables that refer to each other."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

WIDTH = 100


class Parent(Base):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))


class Cascading(Base):
    __tablename__ = "cascading"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id", ondelete="CASCADE"))


class SecondLevel(Base):
    __tablename__ = "second_level"

    id: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[int] = mapped_column(ForeignKey("cascading.id", ondelete="CASCADE"))


class Nulled(Base):
    __tablename__ = "nulled"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id", ondelete="SET NULL"))


class Strict(Base):
    __tablename__ = "strict"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))


class Restricted(Base):
    __tablename__ = "restricted"

    id: Mapped[int] = mapped_column(primary_key=True)
    strict_id: Mapped[int] = mapped_column(ForeignKey("strict.id", ondelete="RESTRICT"))


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    above_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id", ondelete="CASCADE"))


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    leader_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL", use_alter=True)
    )


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))


class ParentOfTeam(Base):
    __tablename__ = "parents_of_teams"

    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
'''
ROWS = """
INSERT INTO parents VALUES (1, 'one'), (2, 'two');
INSERT INTO cascading VALUES (1, 'a', 1), (2, 'b', 2);
INSERT INTO second_level VALUES (1, 1), (2, 2);
INSERT INTO nulled VALUES (1, 1), (2, NULL);
INSERT INTO strict VALUES (1, 'x'), (2, 'y');
INSERT INTO restricted VALUES (1, 2);
INSERT INTO nodes VALUES (1, 'root', NULL), (2, 'leaf', 1);
INSERT INTO teams VALUES (1, 'red', NULL);
INSERT INTO members VALUES (1, 'Ann', 1), (2, 'Ben', 1);
UPDATE teams SET leader_id = 2;
INSERT INTO parents_of_teams VALUES (1, 1);
"""
TABLES = [line.split()[2] for line in ROWS.splitlines() if line.startswith("INSERT")]


@pytest.fixture
def owner(project: Project, request: pytest.FixtureRequest, tmp_path: Path) -> Owner:
    """The owner of a clone with the tables of `SHAPES` and rows in them."""
    owner = new_owner(project, request, tmp_path)
    owner.tables = TABLES
    owner.write_models(SHAPES)
    if owner.test_database:
        owner.write_models(SHAPES)  # Alembic leaves a key with use_alter to the next migration
    owner.execute(ROWS)
    return owner


@on_both
def test_altered_tables_keep_every_row_whatever_refers_to_them(owner: Owner):
    before = owner.rows()
    owner.write_models(SHAPES.replace("WIDTH = 100", "WIDTH = 120"))
    assert owner.rows() == before
    assert "No new upgrade operations" in owner.flask("db", "check")
    owner.flask("db", "downgrade")
    assert owner.rows() == before


@on_sqlite
def test_failing_migration_changes_nothing_and_can_be_repeated(owner: Owner):
    schema, rows = owner.schema(), owner.rows()
    alter = """with op.batch_alter_table("parents") as batch:
        batch.alter_column("name", existing_type=sa.String(100), type_=sa.String(120))
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE parents SET name = 'changed'")
    """
    path = owner.write_migration("repeated", f'{alter}op.execute("SELECT 1 FROM nowhere")')
    assert "nowhere" in owner.flask("db", "upgrade", check=False)
    assert (owner.schema(), owner.rows()) == (schema, rows)

    path.write_text(path.read_text("utf-8").replace("SELECT 1 FROM nowhere", "SELECT 1"), "utf-8")
    owner.flask("db", "upgrade")
    assert owner.rows() == rows | {"parents": [(1, "changed"), (2, "changed")]}


@on_sqlite
@pytest.mark.parametrize("body", ['op.execute("DELETE FROM parents")', 'op.drop_table("parents")'])
def test_migration_that_leaves_rows_without_their_parents_is_rejected(owner: Owner, body: str):
    schema, rows = owner.schema(), owner.rows()
    owner.write_migration("orphans", body)
    said = owner.flask("db", "upgrade", check=False)
    assert "cascading" in said
    assert "parents" in said
    assert "Traceback" not in said
    assert (owner.schema(), owner.rows()) == (schema, rows)


@on_both
def test_enum_column_comes_and_goes_and_grows(owner: Owner):
    enum = """

class Color(enum.Enum):
    RED = "red"


class Paint(Base):
    __tablename__ = "paints"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
    shapes = SHAPES.replace("from sqlalchemy import", "import enum\n\nfrom sqlalchemy import") + enum
    owner.write_models(shapes)
    owner.execute("INSERT INTO paints VALUES (1)")
    owner.write_models(f"{shapes}    color: Mapped[Color | None]\n")
    owner.flask("db", "downgrade")
    owner.flask("db", "upgrade")
    grown = shapes.replace('RED = "red"', 'RED = "red"\n    GREEN = "green"')
    owner.shapes.write_text(f"{grown}    color: Mapped[Color | None]\n", "utf-8")
    assert "No new upgrade operations" in owner.flask("db", "check")
    stored = owner.run_python(
        "from app.models.shapes import Color, Paint\n"
        "db.session.get(Paint, 1).color = Color.GREEN\n"
        "db.session.commit()\n"
        "print(db.session.scalar(db.text('SELECT color FROM paints')))"
    )
    assert "GREEN" in stored
    rejected = owner.run_python(
        "from app.models.shapes import Paint\ndb.session.add(Paint(color='BLUE'))\ndb.session.commit()",
        check=False,
    )
    assert "'BLUE' is not among the defined enum values" in rejected


CUSTOM_TYPES = """
class Upper(TypeDecorator[str]):
    impl = String(20)
    cache_ok = True


class Portable(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(postgresql.JSONB() if dialect.name == "postgresql" else Text())


class Listed(TypeDecorator[str]):
    impl = LIST
    cache_ok = True


class Point(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_):
        return "VARCHAR(30)"


class Custom(Base):
    __tablename__ = "customs"

    id: Mapped[int] = mapped_column(primary_key=True)
    upper: Mapped[str] = mapped_column(Upper)
    above: Mapped[str] = mapped_column(Upper(40), nullable=True)
    portable: Mapped[str] = mapped_column(Portable)
    listed: Mapped[str] = mapped_column(Listed)
    point: Mapped[str] = mapped_column(Point)
    moment: Mapped[datetime.datetime]
    amount: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2))
    span: Mapped[datetime.timedelta]
    day: Mapped[datetime.date]
    key: Mapped[uuid.UUID]
    data: Mapped[bytes] = mapped_column(LargeBinary(10))
    pickled: Mapped[object] = mapped_column(PickleType)
    plain: Mapped[object] = mapped_column(VARIANT)
    literal: Mapped[typing.Literal["a", "b"]]
"""


@on_both
def test_migration_of_any_column_type_runs(owner: Owner):
    array = "JSON" if owner.project.answers["database"] == "sqlite" else "postgresql.ARRAY(Integer)"
    variant = "JSON" if array == "JSON" else 'JSON().with_variant(postgresql.JSONB(), "postgresql")'
    types = CUSTOM_TYPES.replace("LIST", array).replace("VARIANT", variant)
    imports = "import datetime, decimal, typing, uuid\nfrom sqlalchemy import *\n"
    imports += "from sqlalchemy.dialects import postgresql\nfrom sqlalchemy.types import *\n"
    owner.write_models(SHAPES.replace("from sqlalchemy import", f"{imports}from sqlalchemy import") + types)
    (script,) = owner.migrations_with("customs")
    assert "sa.Column('upper', sa.String(length=20)" in script
    assert "sa.Column('moment', sa.DateTime(timezone=True)" in script
    assert "No new upgrade operations" in owner.flask("db", "check")
    owner.flask("db", "downgrade")
    owner.flask("db", "upgrade")


@on_both
def test_two_heads_are_named_with_the_way_out(owner: Owner):
    newest = owner.flask("db", "heads").split()[-2]
    for name in ("mine", "yours"):
        owner.write_migration(name, "pass", after=newest)
    for command in (["upgrade"], ["check"], ["migrate", "-m", "x"]):
        said = owner.flask("db", *command, check=False)
        assert re.search("Multiple head|not up to date", said), said
        assert "Traceback" not in said
    said = owner.run_own_tests(check=False)
    assert "mine.py" in said
    assert "yours.py" in said
    assert "flask db merge heads" in said
    owner.flask("db", "merge", "heads")
    owner.flask("db", "upgrade")
    assert "No new upgrade operations" in owner.flask("db", "check")


NEW_COLUMN = "    color: Mapped[str] = mapped_column(String(10))\n"
CHANGED_COLUMN = ("parent_id: Mapped[int | None]", "parent_id: Mapped[int]")


@on_both
@pytest.mark.parametrize(
    "models", [SHAPES + NEW_COLUMN, SHAPES.replace(*CHANGED_COLUMN)], ids=["new", "changed"]
)
def test_column_that_needs_values_is_explained_in_a_line(owner: Owner, models: str):
    before = owner.rows()
    said = owner.write_models(models, check=False)
    assert re.search("Error: .*(color|parent_id|NOT NULL)", said), said
    assert "Traceback" not in said
    assert owner.rows() == before


@on_postgresql
def test_database_that_is_down_is_named_in_a_line(owner: Owner):
    said = owner.project.run(
        ".venv/bin/flask",
        "db",
        "check",
        check=False,
        DATABASE_URL="postgresql+psycopg://u:secret@127.0.0.1:9/x",
    )
    assert "Connection refused" in said
    assert "Traceback" not in said
    assert "secret" not in said


@on_both
def test_own_tests_stay_green_whatever_autogenerate_writes(owner: Owner):
    owner.write_models(SHAPES.replace("WIDTH = 100", "WIDTH = 120"))
    assert " passed" in owner.run_own_tests()
    if owner.project.answers["database"] == "postgresql":
        assert " skipped" in owner.run_own_tests(TEST_DATABASE_URL="sqlite://")


@on_sqlite
def test_first_migration_of_a_project_without_the_sample_is_clean(owner: Owner, tmp_path: Path):
    for path in (owner.project.path / "migrations/versions").iterdir():
        path.unlink() if path.is_file() else shutil.rmtree(path)
    owner.project.environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'first.db'}"
    owner.write_models(SHAPES)
    (script,) = owner.migrations_with("parents")
    assert [line for line in script.splitlines() if line != line.rstrip()] == []


@on_sqlite
def test_foreign_keys_hold_again_after_a_migration(owner: Owner):
    said = owner.run_python(
        "from flask_migrate import upgrade\n"
        "upgrade()\n"
        "print('foreign keys', db.session.execute(db.text('PRAGMA foreign_keys')).scalar())"
    )
    assert "foreign keys 1" in said


@on_sqlite
def test_instances_that_migrate_at_once_all_succeed(owner: Owner, tmp_path: Path):
    command = [owner.project.path / ".venv/bin/flask", "db", "upgrade"]
    env = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    instances = [
        subprocess.Popen(
            command,
            cwd=owner.project.path,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    ended = [(instance.communicate(timeout=120)[0], instance.returncode) for instance in instances]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert sum("-> 0001" in said for said, _ in ended) == 1
