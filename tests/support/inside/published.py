"""Print each migration of rendered projects with its parent and the schema that it leads to, on SQLite.

Usage: `python published.py FOLDER...`, the folders of their migrations.
"""

import hashlib
import json
import sys

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory


def schema(connection: sa.Connection) -> str:
    """Give a digest of what the tables are made of."""
    look = sa.inspect(connection)
    parts = [
        [
            table,
            [
                (each["name"], str(each["type"]), each["nullable"], each["default"])
                for each in look.get_columns(table)
            ],
            look.get_pk_constraint(table),
            look.get_foreign_keys(table),
            look.get_unique_constraints(table),
            look.get_indexes(table),
        ]
        for table in sorted(look.get_table_names())
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def migrations(folder: str) -> dict[str, list[str]]:
    """Return a revision -> its parent, and a digest of the schema after it."""
    config = Config()
    config.set_main_option("script_location", folder)
    script = ScriptDirectory.from_config(config)
    found = {}
    with (
        sa.create_engine("sqlite://").connect() as connection,
        EnvironmentContext(config, script) as environment,
    ):
        environment.configure(connection=connection)
        with Operations.context(environment.get_context()):
            for revision in reversed(list(script.walk_revisions())):
                revision.module.upgrade()
                found[revision.revision] = [revision.down_revision, schema(connection)]
    return found


print(json.dumps([migrations(folder) for folder in sys.argv[1:]]))
