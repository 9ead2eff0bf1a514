from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import capture_logs

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id
# <% endif %>
from app.blueprints.exports import services, tasks
from app.extensions import db
from app.models import Export
from app.models.base import utc_now
from app.models.export import DONE, FAILED, RUNNING
from tests.conftest import Call
from tests.support.exported import add_row

pytestmark = pytest.mark.usefixtures("exported")


@pytest.fixture
def export(call: Call) -> int:
    """The id of a queued export."""

    def add() -> int:
        # <% if not cookiecutter.auth %>
        export = Export(unfinished_for=0)
        # <% else %>
        export = Export(owner_id=owner_id(), unfinished_for=owner_id())
        # <% endif %>
        db.session.add(export)
        db.session.commit()
        return export.id

    return call(add)


def change(export_id: int, **values: Any) -> None:
    """Change a row."""
    for name, value in values.items():
        setattr(db.session.get(Export, export_id), name, value)
    db.session.commit()


def state(export_id: int) -> str:
    """Return the state of an export."""
    return db.session.scalars(select(Export.state).where(Export.id == export_id)).one()


def test_export_of_all_rows_can_be_downloaded(client: FlaskClient, call: Call) -> None:
    call(add_row, "Tea with “milk”, 우유")
    call(add_row, "Rice")
    url = client.post("/exports/").headers["Location"]
    page = client.get(url)
    assert "2 items are ready." in page.text
    assert "Refresh" not in page.headers
    document = client.get(f"{url}/export.json")
    assert document.headers["Content-Disposition"] == "attachment; filename=export.json"
    rows = [{"id": 1, "text": "Tea with “milk”, 우유"}, {"id": 2, "text": "Rice"}]
    assert document.get_json() == {"exported_rows": rows}


def test_export_of_an_empty_table_is_an_empty_list(client: FlaskClient) -> None:
    url = client.post("/exports/").headers["Location"]
    assert client.get(f"{url}/export.json").get_json() == {"exported_rows": []}


def test_rows_are_written_in_batches(
    client: FlaskClient, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BATCH_SIZE", 2)
    for number in range(5):
        call(add_row, str(number))
    url = client.post("/exports/").headers["Location"]
    rows = client.get(f"{url}/export.json").get_json()["exported_rows"]
    assert [row["text"] for row in rows] == ["0", "1", "2", "3", "4"]


def test_page_shows_the_progress(client: FlaskClient, call: Call, export: int) -> None:
    waiting = client.get(f"/exports/{export}")
    assert waiting.headers["Refresh"] == "2"
    call(change, export, state=RUNNING, done=300, total=1000)
    assert "300 of 1000 items" in client.get(f"/exports/{export}").text
    call(change, export, state=FAILED)
    assert "This export failed." in client.get(f"/exports/{export}").text


def test_export_under_way_is_returned_instead_of_a_second_one(client: FlaskClient, export: int) -> None:
    assert client.post("/exports/").headers["Location"] == f"/exports/{export}"


def test_exports_are_listed_and_only_the_newest_are_kept(
    client: FlaskClient, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_EXPORTS", 2)
    assert "No exports yet." in client.get("/exports/").text
    first, *others = [client.post("/exports/").headers["Location"] for _ in range(3)]
    page = client.get("/exports/").text
    assert all(f'href="{url}"' in page for url in others)
    assert client.get(first).status_code == 404


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_export_that_does_not_exist_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"/exports/{number}").status_code == 404
    assert client.get(f"/exports/{number}/export.json").status_code == 404


def test_unfinished_export_has_no_document(client: FlaskClient, export: int) -> None:
    assert client.get(f"/exports/{export}/export.json").status_code == 409


def test_task_is_retried_and_fails_for_good(
    client: FlaskClient, call: Call, export: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def refuse(export: Export) -> str:
        tried.append(export.attempts)
        raise LookupError("no rows")

    monkeypatch.setattr(tasks, "write_rows", refuse)
    with capture_logs() as lines:
        call(tasks.write_export.delay, export)
    assert tried == [1, 2, 3, 4, 5]
    assert call(state, export) == FAILED
    assert [str(line["exc_info"]) for line in lines if line["event"] == "export failed"] == ["no rows"]
    assert "no rows" not in client.get(f"/exports/{export}").text


def test_second_delivery_leaves_a_finished_export_alone(call: Call, export: int) -> None:
    call(tasks.write_export.delay, export)
    call(change, export, content="{}")
    call(tasks.write_export.delay, export)
    assert call(services.read_export, export) == "{}"


def test_lost_exports_are_sent_again(call: Call, export: int) -> None:
    call(change, export, last_seen=utc_now())
    call(tasks.resend_exports)
    assert call(state, export) != DONE
    call(change, export, last_seen=utc_now() - timedelta(hours=1))
    call(tasks.resend_exports)
    assert call(state, export) == DONE


def test_old_exports_are_deleted(client: FlaskClient, call: Call, export: int) -> None:
    call(tasks.write_export.delay, export)
    call(change, export, last_seen=utc_now() - timedelta(days=30))
    call(tasks.delete_old_exports)
    assert client.get(f"/exports/{export}").status_code == 404
