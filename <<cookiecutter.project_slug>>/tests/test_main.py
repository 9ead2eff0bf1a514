import pytest
from flask.testing import FlaskClient
from markupsafe import escape


def test_home_page_shows_the_name(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert f"<h1>{escape(client.application.config['APP_NAME'])}</h1>" in response.text


def test_request_id_of_the_client_is_echoed(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-123"}).headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", "é"])
def test_request_id_that_could_harm_is_replaced(client: FlaskClient, sent: str) -> None:
    given = client.get("/", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32
