"""A table for tests of exports, so that they do not depend on the project's own models."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import MetaData
from sqlalchemy.orm import Mapped, mapped_column

# <% if cookiecutter.auth %>
from app.auth.owner import required_owner_id
# <% endif %>
from app.blueprints.exports import tasks
from app.extensions import db
from app.models import Base


class ExportedRow(Base):
    """A model whose rows are exported."""

    __tablename__ = "exported_rows"
    metadata = MetaData()  # its own: the application's tables stay those that the migrations make

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    # <% if cookiecutter.auth %>
    owner_id: Mapped[int] = mapped_column(default=required_owner_id)
    # <% endif %>


@pytest.fixture
def exported(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let exports contain the rows of this model alone."""
    monkeypatch.setattr(tasks, "EXPORTED", [ExportedRow])
    with app.app_context():
        ExportedRow.metadata.create_all(db.engine)
    yield
    with app.app_context():
        ExportedRow.metadata.drop_all(db.engine)


def add_row(text: str) -> None:
    """Add a row of this context's owner."""
    db.session.add(ExportedRow(text=text))
    db.session.commit()
