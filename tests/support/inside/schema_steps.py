"""Changes the models of the project that it runs in, and takes the database up, down and up again.

Reads a JSON line for each change, and writes one with the rows and the schema at every stage. Each change is made by a
child that imports the models anew; it ends with what went wrong.
"""

import datetime
import decimal
import enum
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from app import create_app
from app.extensions import db
from flask_migrate import check, downgrade, migrate, revision, upgrade
from sqlalchemy import CheckConstraint, Column, inspect, select, text, update

sys.dont_write_bytecode = True  # a migration is edited within the second in which it is written
MODELS = Path("app/models/shapes.py")
ROW_IDS = (1, 2, 3)
TODAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def rows() -> dict[str, dict[str, dict[int, str]]]:
    """Return the values of each column of each table, by the id of the row, as text."""
    found: dict[str, Any] = {}
    for table in inspect(db.engine).get_table_names():
        if table != "alembic_version":
            stored = db.session.execute(text(f"SELECT * FROM {table}")).mappings().all()
            columns = [column["name"] for column in inspect(db.engine).get_columns(table)]
            found[table] = {name: {row["id"]: str(row[name]) for row in stored} for name in columns}
    db.session.commit()
    return found


def schema() -> dict[str, Any]:
    """Return what can be read of each table, without an order."""
    inspector = inspect(db.engine)
    return {
        table: {
            "columns": sorted(
                # The sequence of a table that is created again after a rename has another name.
                f"{column['name']} {column['type']} {column['nullable']} {column['default']}".partition(
                    " nextval"
                )[0]
                for column in inspector.get_columns(table)
            ),
            "indexes": sorted(map(str, inspector.get_indexes(table))),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
        }
        for table in inspector.get_table_names()
    }


def value_for(column: Column[Any], row_id: int) -> Any:
    """Return a value that differs from row to row, where the type has so many."""
    kind = datetime.datetime if type(column.type).__name__ == "UTCDateTime" else column.type.python_type
    if issubclass(kind, enum.Enum):
        return next(iter(kind))
    known = {str: f"{column.name}-{row_id}", int: row_id, bool: True, object: {"row": row_id}}
    known |= {datetime.datetime: TODAY, datetime.date: TODAY.date(), decimal.Decimal: decimal.Decimal(row_id)}
    return known[kind]


def fill() -> None:
    """Complete the rows of every table; where a column may be NULL, the first row keeps it."""
    for table in db.metadata.sorted_tables:
        ids = set(db.session.scalars(select(table.c.id)))
        others = [column for column in table.columns if column.name != "id"]
        for row_id in ROW_IDS:
            values = {
                column.name: value_for(column, row_id)
                for column in others
                if not column.nullable or row_id > 1
            }
            if row_id not in ids:
                db.session.execute(table.insert().values(id=row_id, **values))
                continue
            for name, value in values.items():
                missing = (table.c.id == row_id) & table.c[name].is_(None)
                db.session.execute(update(table).where(missing).values({name: value}))
    db.session.commit()


def newest() -> Path:
    """Return the newest migration."""
    scripts = ScriptDirectory("migrations")
    return Path(scripts.get_revision(scripts.get_current_head()).path)


def clean() -> bool:
    """Return whether models and migrations agree, in the CHECK constraints too, which autogenerate does not see."""
    for table in db.metadata.tables.values():
        described = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        stored = inspect(db.engine).get_check_constraints(table.name)
        assert len(described) == len(stored), (described, stored)
    with suppress(SystemExit):
        check()
        return True
    return False


def write_by_hand(bodies: list[str]) -> None:
    """Write a migration: what it does upwards, and downwards."""
    revision(message="by hand")
    parts = newest().read_text("utf-8").split("    pass")
    newest().write_text("".join([parts[0], bodies[0], parts[1], bodies[1], *parts[2:]]), "utf-8")


def write_by_autogenerate(edits: list[list[str]]) -> None:
    """Write a migration and correct it.

    Parameters:
        edits: in which function, what (a regular expression), and what takes its place.
    """
    migrate(message="autogenerate")
    up, mark, down = newest().read_text("utf-8").partition("def downgrade")
    for function, old, new in edits:
        if function == "upgrade":
            up, count = re.subn(old, new, up)
        else:
            down, count = re.subn(old, new, down)
        assert count == 1, f"{function} has {count} of {old}:\n{up}{mark}{down}"
    newest().write_text(up + mark + down, "utf-8")


def stages(change: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Make a change; yield what the database holds at each stage."""
    start = ScriptDirectory("migrations").get_current_head()
    yield "before", (rows(), schema())
    MODELS.write_text(change["models"], "utf-8")
    importlib.import_module("app.models.shapes")
    if change["by_hand"]:
        write_by_hand(change["by_hand"])
        upgrade()
        if not clean():  # the names of indexes and constraints follow
            migrate(message="names")
    else:
        write_by_autogenerate(change["edits"])
    upgrade()
    assert clean(), "models and migrations differ"
    yield "up", (rows(), schema())
    downgrade(revision=start)
    yield "down", (rows(), schema())
    upgrade()
    assert clean(), "models and migrations differ after up, down and up"
    yield "again", (rows(), schema())
    fill()


def main() -> None:
    """Make the changes that stdin describes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what else is printed goes to the log
    app = create_app()
    for line in sys.stdin:
        answer, question = os.pipe()
        if child := os.fork():
            os.close(question)
            with open(answer, "rb") as pipe:
                said = pipe.read()
            _, status = os.waitpid(child, 0)
            print(said.decode() if status == 0 else "null", file=answers, flush=True)
            continue
        with app.app_context(), open(question, "w") as pipe:
            found = dict(stages(json.loads(line)))
            db.engine.dispose()
            json.dump(found, pipe)
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
