"""Forms and their size; forms that are sent over HTTPS: the Referer must be of this site, and a malformed one is no error of the server."""

from typing import Any

import pytest
from app import create_app
from app.core.request_body import MAX_FORM_BYTES
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import StringField
from wtforms.validators import Length

HERE = "https://localhost:8443"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"{HERE}/notes/new", 200),
        (HERE, 200),
        ("", 400),
        ("https://localhost/", 400),
        ("http://localhost:8443/", 400),
        ("https://evil.example/", 400),
        (f"https://evil.example/?{HERE}", 400),
        (f"{HERE}@evil.example/", 400),
        (f"{HERE}.evil.example/", 400),
        ("https://[", 400),
        ("https://[::1", 400),
        ("https://localhost:99999999/", 400),
        ("https://localhost:-1/", 400),
        ("https://a:b/", 400),
        ("https://\u2100.example/".encode().decode("latin-1"), 400),
        ("\xff", 400),
        ("https://localhost:" + "9" * 5000, 400),
        ("no URL", 400),
    ],
)
def test_form_is_accepted_from_this_site_alone(sent: str, status: int) -> None:
    app = create_app("testing")
    app.config["WTF_CSRF_ENABLED"] = True
    app.add_url_rule("/token", view_func=generate_csrf)
    app.add_url_rule("/send", view_func=lambda: "sent", methods=["POST"])
    client = app.test_client()
    token = client.get("/token", base_url=HERE).text
    headers = {"X-CSRFToken": token} | ({"Referer": sent} if sent else {})
    assert client.post("/send", base_url=HERE, headers=headers).status_code == status


class NameForm(FlaskForm):
    """A form of a page."""

    name = StringField(validators=[Length(max=5)])


@pytest.mark.parametrize("sent", [[], [1, 2], 1, "x", {"name": 1}, {"name": {"a": 1}}, {"name": "x"}])
def test_page_accepts_no_json(sent: Any) -> None:
    app = create_app("testing")
    app.add_url_rule("/name", view_func=lambda: str(NameForm().validate_on_submit()), methods=["POST"])
    assert app.test_client().post("/name", json=sent).status_code == 415
    assert app.test_client().post("/name", data={"name": "x"}).text == "True"


@pytest.mark.parametrize(
    ("size", "status"), [(MAX_FORM_BYTES, 200), (MAX_FORM_BYTES + 1, 413), (2_000_000, 413)]
)
def test_form_without_files_is_limited(size: int, status: int) -> None:
    """Werkzeug's limit for the memory of forms applies to multipart/form-data only."""
    app = create_app("testing")
    app.add_url_rule("/name", view_func=lambda: f"{len(NameForm().name.data)}", methods=["POST"])
    body = "name=".ljust(size, "x")
    kind = "application/x-www-form-urlencoded"
    assert app.test_client().post("/name", data=body, content_type=kind).status_code == status
