from typing import NoReturn

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy.exc import DataError, OperationalError, TimeoutError
from werkzeug.exceptions import BadRequest, HTTPException

from app import create_app
from app.core import errors
from app.core.errors import field_errors, problem
from app.core.log_config import configure_logging

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def failing() -> FlaskClient:
    """A client of an application with addresses that fail on purpose."""
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
        down, busy = OperationalError("SELECT", {}, Exception("10.0.0.7 refused")), TimeoutError("pool")
        raise {"down": down, "busy": busy}[name]

    @app.post("/read")
    def read() -> str:
        if most := request.args.get("most", type=int):
            request.max_content_length = most
        return str(request.get_json())

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.form["text"]))

    @app.context_processor
    def visitor() -> dict[str, str]:
        if request.path.startswith(("/database", "/asking")):
            raise OperationalError("SELECT", {}, Exception("10.0.0.7 refused"))
        return {"asked": "once"}

    @app.get("/elsewhere")
    def elsewhere() -> NoReturn:
        raise HTTPException(response=app.redirect("/"))

    return app.test_client()


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500])
def test_people_get_a_page(failing: FlaskClient, code: int) -> None:
    response = failing.get(f"/fail/{code}", headers=BROWSER)
    assert response.status_code == code
    assert response.mimetype == "text/html"
    assert str(code) in response.text
    assert response.headers["X-Request-ID"] in response.text


def test_programs_get_a_problem_document(failing: FlaskClient) -> None:
    response = failing.get("/fail/403")
    assert response.content_type == "application/problem+json"
    assert response.get_json()["title"] == "Forbidden"


def test_crash_tells_nothing_but_the_request_id(
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


@pytest.mark.parametrize("name", ["down", "busy"])
@pytest.mark.parametrize("headers", [BROWSER, {}])
def test_database_that_does_not_answer_is_503_and_worth_another_try(
    failing: FlaskClient, name: str, headers: dict[str, str]
) -> None:
    response = failing.get(f"/database/{name}", headers=headers)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "The database does not answer." in response.text
    assert "10.0.0.7" not in response.text


def test_page_that_needs_the_database_is_the_one_of_strangers_without_it(failing: FlaskClient) -> None:
    response = failing.get("/asking/for/nothing", headers=BROWSER)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert response.headers["X-Request-ID"] in response.text


def test_error_whose_page_is_broken_is_a_problem_document(
    failing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "render_template", None)
    monkeypatch.setattr(errors, "render_for_stranger", None)
    response = failing.get("/fail/403", headers=BROWSER)
    assert response.status_code == 403
    assert response.content_type == "application/problem+json"


def test_fields_that_a_client_makes_up_are_told_of_up_to_a_number(failing: FlaskClient) -> None:
    error = BadRequest()
    error.data = {"messages": {"json": {f"k{n}": ["Unknown field."] for n in range(1000)}}}  # type: ignore[attr-defined]
    with failing.application.test_request_context():
        assert len(problem(error)["errors"]) == 50


def test_host_that_is_not_trusted_is_refused(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    assert client.get("/", base_url="http://example.com").status_code == 200
    response = client.get("/", base_url="http://evil.example")
    assert response.status_code == 400
    assert "evil.example" not in response.text.replace("Host 'evil.example' is not trusted.", "")


def test_method_that_is_not_allowed_names_those_that_are(client: FlaskClient) -> None:
    response = client.delete("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_body_that_is_too_large_is_refused(failing: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failing.post("/upload", data={"text": "x" * 200}).text == "200"
    monkeypatch.setitem(failing.application.config, "MAX_CONTENT_LENGTH", 100)
    assert failing.post("/upload", data={"text": "x" * 200}).status_code == 413


def test_body_of_json_has_less_room_than_a_file_unless_a_view_says_more(
    failing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(failing.application.config, "MAX_JSON_LENGTH", 100)
    assert failing.post("/upload", data={"text": "x" * 200}).status_code == 200
    assert failing.post("/read", json="x" * 90).status_code == 200
    assert failing.post("/read", json="x" * 200).status_code == 413
    assert failing.post("/read?most=1000", json="x" * 200).status_code == 200
    monkeypatch.setitem(failing.application.config, "MAX_CONTENT_LENGTH", 50)
    assert failing.post("/read", json="x" * 90).status_code == 413


def test_redirect_that_is_raised_stays_one(failing: FlaskClient) -> None:
    assert failing.get("/elsewhere").status_code == 302


def test_pointers_are_escaped_and_lists_flattened() -> None:
    messages = {"json": {"a/b~c": ["No.", "Never."], "many": {"0": ["Bad."]}}, "none": None}
    assert list(field_errors(messages)) == [
        {"pointer": "#/json/a~1b~0c", "detail": "No."},
        {"pointer": "#/json/a~1b~0c", "detail": "Never."},
        {"pointer": "#/json/many/0", "detail": "Bad."},
    ]


def test_value_the_database_has_no_room_for_is_the_clients_error() -> None:
    def overflow() -> str:
        raise DataError("SELECT 1", None, ValueError("integer out of range"))

    app = create_app("testing")
    app.add_url_rule("/overflow", "overflow", overflow)
    response = app.test_client().get("/overflow")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
