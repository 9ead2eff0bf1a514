"""Responses to errors: pages for people, Problem Details for programs, and no details of a fault."""

from typing import NoReturn

import pytest
from app import create_app
from app.core.errors import MAX_FIELD_ERRORS, field_errors, problem
from app.core.log_config import configure_logging
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadRequest, HTTPException

BROWSER = {"Accept": "text/html"}
CAUSE = Exception("10.0.0.7, hunter2")
DATABASE_ERRORS = {
    "down": (OperationalError("SELECT", {}, CAUSE), 503),
    "busy": (TimeoutError("pool"), 503),
    "number": (DataError("SELECT", {}, CAUSE), 400),
    "unique": (IntegrityError("INSERT", {}, CAUSE), 409),
    "stale": (StaleDataError("UPDATE"), 409),
}


class Invalid(BadRequest):
    """What webargs raises for invalid fields."""

    def __init__(self, messages: dict[str, list[str]]) -> None:
        super().__init__()
        self.data = {"messages": messages}


@pytest.fixture(scope="module")
def failing() -> FlaskClient:
    """A client of an application with views that fail on purpose."""
    app = create_app("testing")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/fail/<int:code>")
    def fail(code: int) -> NoReturn:
        abort(code)

    @app.get("/crash/<token>")
    def crash(token: str) -> NoReturn:
        raise ZeroDivisionError("the password is hunter2")

    @app.get("/database/<name>")
    def database(name: str) -> NoReturn:
        raise DATABASE_ERRORS[name][0]

    @app.get("/moved")
    def moved() -> NoReturn:
        raise HTTPException(response=app.redirect("/"))

    @app.context_processor
    def query_the_database() -> NoReturn:
        raise DATABASE_ERRORS["down"][0]

    return app.test_client()


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500])
def test_browsers_get_a_page_that_needs_no_database(failing: FlaskClient, code: int) -> None:
    response = failing.get(f"/fail/{code}", headers=BROWSER)
    assert response.status_code == code
    assert response.mimetype == "text/html"
    assert str(code) in response.text
    assert response.headers["X-Request-ID"] in response.text


def test_api_clients_get_problem_details(failing: FlaskClient) -> None:
    response = failing.get("/fail/403")
    assert response.content_type == "application/problem+json"
    assert response.get_json()["title"] == "Forbidden"


def test_broken_error_page_becomes_problem_details(
    failing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing.application.jinja_env, "get_template", None)
    response = failing.get("/fail/403", headers=BROWSER)
    assert response.status_code == 403
    assert response.content_type == "application/problem+json"


def test_unhandled_exception_is_logged_by_route_and_not_shown(
    failing: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", "console")
    response = failing.get("/crash/sesame", headers=BROWSER | {"X-Request-ID": "crash-1"})
    assert response.status_code == 500
    assert "crash-1" in response.text
    assert "hunter2" not in response.text
    logged = capsys.readouterr().out
    assert "ZeroDivisionError" in logged
    assert "Exception on /crash/<token> [GET]" in logged
    assert "sesame" not in logged


@pytest.mark.parametrize("name", DATABASE_ERRORS)
@pytest.mark.parametrize("headers", [BROWSER, {}])
def test_error_of_the_database_has_a_status_of_its_own_and_no_details(
    failing: FlaskClient, name: str, headers: dict[str, str]
) -> None:
    response = failing.get(f"/database/{name}", headers=headers)
    assert response.status_code == DATABASE_ERRORS[name][1]
    assert response.headers.get("Retry-After") == ("5" if response.status_code == 503 else None)
    assert "10.0.0.7" not in response.text


def test_untrusted_host_gets_400_without_a_page(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    assert client.get("/", base_url="http://example.com").status_code == 200
    response = client.get("/", base_url="http://evil.example")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


def test_raised_redirect_is_not_an_error(failing: FlaskClient) -> None:
    assert failing.get("/moved").location == "/"


def test_field_errors_have_escaped_pointers_and_a_maximum(app: Flask) -> None:
    messages = {"json": {"a/b~c": ["No.", "Never."], "many": {"0": ["Bad."]}}, "none": None}
    assert list(field_errors(messages)) == [
        {"pointer": "#/json/a~1b~0c", "detail": "No."},
        {"pointer": "#/json/a~1b~0c", "detail": "Never."},
        {"pointer": "#/json/many/0", "detail": "Bad."},
    ]
    unknown = {f"k{number}": ["Unknown field."] for number in range(1000)}
    with app.test_request_context():
        assert len(problem(Invalid(unknown))["errors"]) == MAX_FIELD_ERRORS
