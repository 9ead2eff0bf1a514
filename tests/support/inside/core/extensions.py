import pytest
from app import create_app
from app.extensions import db
from flask import Flask
from sqlalchemy import text


@pytest.mark.parametrize(("enabled", "status"), [(True, 400), (False, 200)])
def test_post_without_a_csrf_token_is_rejected(enabled: bool, status: int) -> None:
    app = create_app("testing")
    app.config["WTF_CSRF_ENABLED"] = enabled
    app.add_url_rule("/send", view_func=lambda: "sent", methods=["POST"])
    assert app.test_client().post("/send").status_code == status


def test_sqlite_enforces_foreign_keys(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            assert db.session.scalar(text("PRAGMA foreign_keys")) == 1
