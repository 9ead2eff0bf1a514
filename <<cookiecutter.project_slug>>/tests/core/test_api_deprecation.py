from email.utils import parsedate_to_datetime

from flask.testing import FlaskClient


def test_version_1_says_that_it_will_go(api: FlaskClient) -> None:
    headers = api.get("/api/v1/openapi.json").headers
    deprecated = int(headers["Deprecation"].removeprefix("@"))
    assert parsedate_to_datetime(headers["Sunset"]).timestamp() > deprecated
    assert 'rel="successor-version"' in headers["Link"]


def test_page_of_version_1_names_both_dates(client: FlaskClient) -> None:
    config, text = client.application.config, client.get("/api/v1/docs").text
    assert f"<time>{config['API_V1_DEPRECATED_ON']}</time>" in text
    assert f"<time>{config['API_V1_SUNSET_ON']}</time>" in text


def test_version_2_stays(api: FlaskClient) -> None:
    assert "Deprecation" not in api.get("/api/v2/openapi.json").headers
    assert "may be gone" not in api.get("/api/v2/docs").text
