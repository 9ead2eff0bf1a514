"""Versions of accounts, and email addresses in lower case

Revision: 0007, after << "0006" if cookiecutter.jobs == "celery" else "0003" >>
"""

import sqlalchemy as sa
from alembic import context, op
from alembic.util import CommandError

revision = "0007"
# <% if cookiecutter.jobs != "celery" %>
down_revision = "0003"
# <% else %>
down_revision = "0006"
# <% endif %>
branch_labels = None
depends_on = None

users = sa.table("users", sa.column("id", sa.Integer), sa.column("email", sa.String))
DUPLICATES = """\
These accounts have the same email address but for capitals: {}. Nothing was changed.
Give all but one of them another address; their data stays with them. For example:
  UPDATE users SET email = 'old-7@example.com' WHERE id = 7;
Then run flask db upgrade again."""


def upgrade() -> None:
    op.add_column("users", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    if context.is_offline_mode():
        op.execute("UPDATE users SET email = lower(email)")
        return
    connection = op.get_bind()
    # 0002 did not add it at first.
    if "tf_last_counter" not in {column["name"] for column in sa.inspect(connection).get_columns("users")}:
        op.add_column("users", sa.Column("tf_last_counter", sa.Integer(), nullable=True))
    groups: dict[str, list[tuple[int, str]]] = {}
    for user_id, email in connection.execute(sa.select(users.c.id, users.c.email).order_by("id")):
        groups.setdefault(email.lower(), []).append((user_id, email))
    if same := [" and ".join(str(user_id) for user_id, _ in group) for group in groups.values() if group[1:]]:
        raise CommandError(DUPLICATES.format(", ".join(same)))
    for lower, ((user_id, email),) in groups.items():
        if email != lower:
            op.execute(users.update().where(users.c.id == user_id).values(email=lower))


def downgrade() -> None:
    op.drop_column("users", "version")
