"""Authentication of API clients."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from flask.views import MethodView

from app import create_app
from app.blueprints.api import VERSIONS
from app.blueprints.api.blueprint import Blueprint
from app.extensions import db
from tests.support.accounts import ANN, enter
from tests.support.api_tokens import authorize

THINGS = "/api/v8/things/"


class Things(MethodView):
    """Things."""

    def get(self) -> str:
        """List things"""
        return "Kettle"

    def post(self) -> tuple[str, int]:
        """Create a thing"""
        return "Kettle", 201


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[FlaskClient]:
    """A client of an application with one protected resource."""
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path}/guard.db")
    blueprint = Blueprint("api_v8", __name__)
    blueprint.add_url_rule("/things/", view_func=Things)
    monkeypatch.setitem(VERSIONS, "v8", blueprint)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_valid_token_grants_access(guarded: FlaskClient) -> None:
    authorize(guarded)
    assert guarded.get(THINGS).status_code == 200
    assert guarded.post(THINGS).status_code == 201


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Basic YW5uOmFubg==", "Bearer a b"])
def test_missing_or_invalid_token_gets_401(guarded: FlaskClient, header: str | None) -> None:
    response = guarded.get(THINGS, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert ("invalid_token" in response.headers["WWW-Authenticate"]) is bool(header)


def test_token_with_read_scope_cannot_write(guarded: FlaskClient) -> None:
    authorize(guarded, scopes=("read",))
    assert guarded.get(THINGS).status_code == 200
    response = guarded.post(THINGS)
    assert response.status_code == 403
    assert response.content_type == "application/problem+json"


def test_session_cookie_does_not_authenticate(guarded: FlaskClient) -> None:
    enter(guarded, ANN)
    assert guarded.get(THINGS).status_code == 401


def test_token_is_required_before_the_body_is_parsed(guarded: FlaskClient) -> None:
    assert guarded.post(THINGS, data=b"{", content_type="application/json").status_code == 401


def test_preflight_request_needs_no_token(guarded: FlaskClient) -> None:
    assert guarded.options(THINGS).status_code == 200


def test_document_declares_the_bearer_token(guarded: FlaskClient) -> None:
    document = guarded.get("/api/v8/openapi.json").get_json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}]
