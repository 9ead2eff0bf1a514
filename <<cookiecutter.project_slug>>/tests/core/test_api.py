"""What all versions of the API share."""

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from marshmallow import Schema, ValidationError

from app.blueprints.api import VERSIONS
from app.blueprints.api.blueprint import add_etag
from app.blueprints.api.schemas import Text, link_header
from app.core.pagination import Page


class NameSchema(Schema):
    """A schema for these tests."""

    name = Text(1, 5, required=True)


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


def test_text_is_stored_without_blanks_around_it() -> None:
    assert NameSchema().load({"name": " Ann "}) == {"name": "Ann"}


@pytest.mark.parametrize("name", ["", " ", "A\x00nn", "Annabel", 1])
def test_invalid_text_is_rejected(name: object) -> None:
    with pytest.raises(ValidationError):
        NameSchema().load({"name": name})


def test_link_header_leads_to_the_pages_beside_one(app: Flask) -> None:
    with app.test_request_context():
        header = link_header(Page([], newer=5, older=3), "main.index", limit=2)
    assert header == {"Link": '</?limit=2&before=3>; rel="next", </?limit=2&after=5>; rel="prev"'}


def test_current_copy_of_a_client_is_not_sent_again(app: Flask) -> None:
    with app.test_request_context():
        etag = add_etag(Response("tea")).headers["ETag"]
    with app.test_request_context(headers={"If-None-Match": etag}):
        assert add_etag(Response("tea")).status_code == 304
