import pytest
from flask.testing import FlaskClient

from app.blueprints.api import VERSIONS
from tests.conftest import Call
from tests.support.exported import add_row

pytestmark = pytest.mark.usefixtures("exported")
LATEST = f"/api/{list(VERSIONS)[-1]}"  # exports are in the newest version


def test_export_is_started_polled_and_fetched(api: FlaskClient, call: Call) -> None:
    call(add_row, "Tea")
    ordered = api.post(f"{LATEST}/exports/")
    assert ordered.status_code == 202
    address = ordered.headers["Location"]
    assert address.startswith(f"{LATEST}/exports/")
    done = api.get(address).get_json()
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    assert api.get(f"{address}/export.json").get_json() == {"exported_rows": [{"id": 1, "text": "Tea"}]}


def test_export_that_does_not_exist_is_a_problem(api: FlaskClient) -> None:
    response = api.get(f"{LATEST}/exports/7")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_document_links_the_steps_of_an_export(api: FlaskClient) -> None:
    paths = api.get(f"{LATEST}/openapi.json").get_json()["paths"]
    prefix = f"{LATEST}/exports/"
    assert {path for path in paths if path.startswith(prefix)} == {
        prefix,
        f"{prefix}{{export_id}}",
        f"{prefix}{{export_id}}/export.json",
    }
    started = paths[prefix]["post"]["responses"]["202"]
    assert "Location" in started["headers"]
    assert "409" in paths[f"{prefix}{{export_id}}/export.json"]["get"]["responses"]
