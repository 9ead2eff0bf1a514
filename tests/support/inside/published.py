"""Print each migration of a rendered project with its parent and the schema that it leads to, on SQLite."""

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


def main(folder: str) -> None:
    config = Config()
    config.set_main_option("script_location", folder)
    script = ScriptDirectory.from_config(config)
    printed = {}
    with (
        sa.create_engine("sqlite://").connect() as connection,
        EnvironmentContext(config, script) as environment,
    ):
        environment.configure(connection=connection)
        with Operations.context(environment.get_context()):
            for revision in reversed(list(script.walk_revisions())):
                revision.module.upgrade()
                printed[revision.revision] = [revision.down_revision, schema(connection)]
    print(json.dumps(printed))


main(sys.argv[1])
