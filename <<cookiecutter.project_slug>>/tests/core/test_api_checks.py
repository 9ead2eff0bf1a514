import pytest
from flask import Flask

from app.blueprints.api.checks import check_api


@pytest.mark.parametrize(("origins", "subjects"), [(["*"], ["CORS_ORIGINS"]), (["https://a.example"], [])])
def test_api_that_every_site_may_read_is_found(app: Flask, origins: list[str], subjects: list[str]) -> None:
    app.config["CORS_ORIGINS"] = origins
    with app.app_context():
        assert [finding.subject for finding in check_api()] == subjects
