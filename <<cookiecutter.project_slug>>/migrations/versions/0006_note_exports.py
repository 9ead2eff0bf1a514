"""Exports as rows of their own, without the table of jobs

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What was unfinished cannot go on: its message belongs to the previous release.
COPY = """
INSERT INTO note_exports (
    task_id, state, attempts, done, total, error, content, created, last_seen
    # <% if cookiecutter.auth %>
    , owner_id
    # <% endif %>
)
SELECT
    CAST(jobs.id AS VARCHAR(36)), CASE WHEN state = 'done' THEN 'done' ELSE 'failed' END, tries, step, steps, error,
    content, created, coalesce(finished, created)
    # <% if cookiecutter.auth %>
    , owner_id
    # <% endif %>
FROM jobs LEFT JOIN exports ON exports.job_id = jobs.id
WHERE jobs.name = 'export_notes'
# <% if cookiecutter.auth %>
AND owner_id IS NOT NULL
# <% endif %>
ORDER BY jobs.id
"""


def upgrade() -> None:
    op.create_table(
        "note_exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unfinished_for", sa.Integer(), nullable=True),
        # <% if cookiecutter.auth %>
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_note_exports_owner_id_users", ondelete="CASCADE"
        ),
        # <% endif %>
        sa.PrimaryKeyConstraint("id", name="pk_note_exports"),
        sa.UniqueConstraint("unfinished_for", name="uq_note_exports_unfinished_for"),
    )
    op.create_index("ix_note_exports_state", "note_exports", ["state"])
    # <% if cookiecutter.auth %>
    op.create_index("ix_note_exports_owner_id", "note_exports", ["owner_id"])
    # <% endif %>
    op.execute(COPY)
    op.drop_table("exports")
    op.drop_table("jobs")


def downgrade() -> None:
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
    op.create_table(
        "exports",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_exports_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name="pk_exports"),
    )
    op.drop_table("note_exports")
