"""Jobs

Revision: 0004, after << "0003" if cookiecutter.auth else "0001" >>
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
# <% if not cookiecutter.auth %>
down_revision = "0001"
# <% else %>
down_revision = "0003"
# <% endif %>
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        # <% if cookiecutter.observability == "opentelemetry" %>
        sa.Column("traceparent", sa.String(55), nullable=False),
        # <% endif %>
        # <% if cookiecutter.auth %>
        sa.Column("owner_id", sa.Integer(), nullable=True),
        # <% endif %>
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(32), nullable=False),
        # <% if cookiecutter.auth %>
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_jobs_owner_id_users", ondelete="CASCADE"
        ),
        # <% endif %>
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
    # <% if cookiecutter.auth %>
    op.create_index("ix_jobs_owner_id", "jobs", ["owner_id"])
    # <% endif %>


def downgrade() -> None:
    # <% if cookiecutter.auth %>
    op.drop_index("ix_jobs_owner_id", table_name="jobs")
    # <% endif %>
    op.drop_index("ix_jobs_state", table_name="jobs")
    op.drop_table("jobs")
