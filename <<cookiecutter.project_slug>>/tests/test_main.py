from flask.testing import FlaskClient, FlaskCliRunner
from markupsafe import escape


def test_index(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert f"<title>{escape(client.application.config['APP_NAME'])}</title>" in response.text


def test_hello_names_the_application(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["hello"])
    assert result.output == f"Hello from {runner.app.config['APP_NAME']}!\n"
