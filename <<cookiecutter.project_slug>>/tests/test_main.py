from flask.testing import FlaskClient
from markupsafe import escape


def test_home_page_shows_the_name(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert f"<h1>{escape(client.application.config['APP_NAME'])}</h1>" in response.text
