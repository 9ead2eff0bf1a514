import re

import pytest
from flask.testing import FlaskClient

from app.blueprints.exports import services
from app.blueprints.main import services as notes
from app.extensions import db
from app.models import Export, Job
from app.models.base import utc_now
from app.models.job import FAILED, RUNNING
from tests.conftest import Call
from tests.support.work import WorkOff


def order(client: FlaskClient) -> str:
    """Order an export and give the address of its page."""
    response = client.post("/exports/")
    assert response.status_code == 303
    return response.headers["Location"]


def test_export_of_all_notes_can_be_downloaded(client: FlaskClient, call: Call, work: WorkOff) -> None:
    call(notes.create_note, title="Tea", body="with “milk”, 우유")
    call(notes.create_note, title="Rice")
    address = order(client)
    waiting = client.get(address)
    assert "It waits for its turn." in waiting.text
    assert waiting.headers["Refresh"] == "2"
    work()
    ready = client.get(address)
    assert "2 notes are ready." in ready.text
    assert "Refresh" not in ready.headers
    (link,) = re.findall(r'href="([^"]*notes\.json)"', ready.text)
    document = client.get(link)
    assert document.headers["Content-Disposition"] == "attachment; filename=notes.json"
    assert [(note["title"], note["body"]) for note in document.get_json()] == [
        ("Tea", "with “milk”, 우유"),
        ("Rice", ""),
    ]


def test_export_of_nothing_is_an_empty_list(client: FlaskClient, work: WorkOff) -> None:
    address = order(client)
    work()
    assert client.get(f"{address}/notes.json").get_json() == []


def test_progress_is_shown(client: FlaskClient, call: Call) -> None:
    address = order(client)
    job_id = int(address.rpartition("/")[2])

    def go(**values: object) -> None:
        for name, value in values.items():
            setattr(db.session.get(Job, job_id), name, value)
        db.session.commit()

    call(go, state=RUNNING, step=300, steps=1000, lease=utc_now())
    page = client.get(address).text
    assert "300 of 1000 notes" in page
    assert 'max="1000" value="300"' in page
    call(go, state="queued", tries=1)
    assert "It will be tried again by itself." in client.get(address).text
    call(go, state=FAILED)
    failed = client.get(address)
    assert "This export has failed." in failed.text
    assert "Refresh" not in failed.headers


def test_notes_come_in_batches(
    client: FlaskClient, call: Call, work: WorkOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 2)
    for number in range(5):
        call(notes.create_note, title=f"Note {number}")
    address = order(client)
    work()
    titles = [note["title"] for note in client.get(f"{address}/notes.json").get_json()]
    assert titles == [f"Note {number}" for number in range(5)]


def test_second_order_gives_the_export_that_is_under_way(client: FlaskClient, work: WorkOff) -> None:
    first = order(client)
    assert order(client) == first
    work()
    assert order(client) != first


def test_exports_are_listed(client: FlaskClient) -> None:
    assert "No export yet." in client.get("/exports/").text
    address = order(client)
    assert f'href="{address}"' in client.get("/exports/").text


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_export_that_does_not_exist_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"/exports/{number}").status_code == 404
    assert client.get(f"/exports/{number}/notes.json").status_code == 404


def test_other_jobs_are_no_exports(client: FlaskClient, call: Call) -> None:
    def add() -> int:
        job = Job(name="something_else")
        db.session.add(job)
        db.session.commit()
        return job.id

    assert client.get(f"/exports/{call(add)}").status_code == 404


def test_export_that_is_not_finished_has_no_document(client: FlaskClient) -> None:
    assert client.get(f"{order(client)}/notes.json").status_code == 409


def test_export_goes_with_its_job(client: FlaskClient, call: Call, work: WorkOff) -> None:
    order(client)
    work()

    def remove() -> int:
        db.session.query(Job).delete()
        db.session.commit()
        return db.session.query(Export).count()

    assert call(remove) == 0
