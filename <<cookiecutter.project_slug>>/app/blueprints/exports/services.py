"""Operations on exports; the task that writes one is in ``tasks.py``."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id, required_owner_id
# <% endif %>
from app.extensions import db
from app.models import Export
from app.models.export import DONE

from .tasks import send

MAX_EXPORTS = 5  # kept for an owner; a new one replaces the oldest


def own_exports() -> Select[Export]:
    """Return the statement that selects the exports of this context's owner, newest first."""
    # <% if cookiecutter.auth %>
    return select(Export).where(Export.owner_id == owner_id()).order_by(Export.id.desc())
    # <% else %>
    return select(Export).order_by(Export.id.desc())
    # <% endif %>


def list_exports() -> Sequence[Export]:
    """Return the exports, newest first."""
    return db.session.scalars(own_exports()).all()


def start_export() -> Export:
    """Start an export, or return the one that is under way."""
    # <% if not cookiecutter.auth %>
    export = Export(unfinished_for=0)
    # <% else %>
    owner = required_owner_id()
    export = Export(owner_id=owner, unfinished_for=owner)
    # <% endif %>
    db.session.add(export)
    try:
        db.session.commit()
    except IntegrityError:  # unfinished_for is unique
        db.session.rollback()
        return db.session.scalars(own_exports().limit(1)).one()
    delete_surplus()
    send(export)
    return export


def delete_surplus() -> None:
    """Delete all but the newest ``MAX_EXPORTS`` exports."""
    surplus = [export.id for export in db.session.scalars(own_exports().offset(MAX_EXPORTS))]
    db.session.execute(delete(Export).where(Export.id.in_(surplus)))
    db.session.commit()


def get_export(export_id: int) -> Export:
    """Return an export.

    Raises:
        werkzeug.exceptions.NotFound: it does not exist.
    """
    statement = own_exports().where(Export.id == export_id)
    export: Export = db.one_or_404(statement, description="There is no such export.")
    return export


def read_export(export_id: int) -> str:
    """Return the JSON document of an export.

    Raises:
        werkzeug.exceptions.NotFound: it does not exist.
        werkzeug.exceptions.Conflict: it is not finished.
    """
    export = get_export(export_id)
    if export.state != DONE or export.content is None:
        raise Conflict("This export is not finished.")
    return export.content
