import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.blueprints.api import VERSIONS
from tests.conftest import Call
from tests.support.exported import add_row

pytestmark = pytest.mark.usefixtures("exported")
versions = pytest.mark.parametrize("version", VERSIONS)


@versions
def test_export_is_started_polled_and_fetched(version: str, api: FlaskClient, call: Call) -> None:
    call(add_row, "Tea")
    ordered = api.post(f"/api/{version}/exports/")
    assert ordered.status_code == 202
    address = ordered.headers["Location"]
    assert address.startswith(f"/api/{version}/exports/")
    done = api.get(address).get_json()
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    assert api.get(f"{address}/export.json").get_json() == {"exported_rows": [{"id": 1, "text": "Tea"}]}


@versions
def test_export_that_does_not_exist_is_a_problem(version: str, api: FlaskClient) -> None:
    response = api.get(f"/api/{version}/exports/7")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


@versions
def test_document_links_the_steps_of_an_export(version: str, app: Flask, api: FlaskClient) -> None:
    paths = api.get(f"/api/{version}/openapi.json").get_json()["paths"]
    prefix = f"/api/{version}/exports/"
    assert {path for path in paths if path.startswith(prefix)} == {
        prefix,
        f"{prefix}{{export_id}}",
        f"{prefix}{{export_id}}/export.json",
    }
    started = paths[prefix]["post"]["responses"]["202"]
    assert "Location" in started["headers"]
    assert "409" in paths[f"{prefix}{{export_id}}/export.json"]["get"]["responses"]
