"""What all versions of the API share."""

import pytest
from flask.testing import FlaskClient

from app.blueprints.api import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_its_own_document_and_page(api: FlaskClient, version: str) -> None:
    document = api.get(f"/api/{version}/openapi.json").get_json()
    assert document["info"]["version"] == version
    assert all(path.startswith(f"/api/{version}/") for path in document["paths"])
    page = api.get(f"/api/{version}/docs")
    assert f'data-url="/api/{version}/openapi.json"' in page.text


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_has_an_id_of_its_own(api: FlaskClient, version: str) -> None:
    paths = api.get(f"/api/{version}/openapi.json").get_json()["paths"]
    operations = [item[key] for item in paths.values() for key in item if key != "parameters"]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_errors_are_problem_details(api: FlaskClient) -> None:
    response = api.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
