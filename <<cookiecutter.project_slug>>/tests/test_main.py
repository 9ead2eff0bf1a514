import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from markupsafe import escape
from wtforms import StringField

from app.blueprints.main.forms import Form, strip


class NameForm(Form):
    """A form for these tests."""

    name = StringField(filters=[strip])


def test_index(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert f"<title>{escape(client.application.config['APP_NAME'])}</title>" in response.text


def test_hello_names_the_application(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["hello"])
    assert result.output == f"Hello from {runner.app.config['APP_NAME']}!\n"


@pytest.mark.parametrize(("name", "valid"), [(" Ann ", True), ("A\x00nn", False)])
def test_form_strips_a_text_and_rejects_nul(app: Flask, name: str, *, valid: bool) -> None:
    with app.test_request_context(method="POST", data={"name": name}):
        form = NameForm()
        assert form.validate() is valid
        assert not valid or form.fields == {"name": "Ann"}
