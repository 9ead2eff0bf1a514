import pytest
from flask import Flask
from sqlalchemy import bindparam, event, select, text

from app import create_app
from app.extensions import db, fetch


@pytest.mark.parametrize(("protected", "status"), [(True, 400), (False, 200)])
def test_form_without_a_token_is_refused(protected: bool, status: int) -> None:
    app = create_app("testing")
    app.config["WTF_CSRF_ENABLED"] = protected
    app.add_url_rule("/send", view_func=lambda: "sent", methods=["POST"])
    assert app.test_client().post("/send").status_code == status


def test_sqlite_keeps_foreign_keys(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            assert db.session.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("begun", [False, True])
def test_question_never_holds_a_second_connection(app: Flask, begun: bool) -> None:
    taken = []

    def count(*parts: object) -> None:
        taken.append(parts)

    with app.app_context():
        if begun:
            db.session.execute(select(1))
        event.listen(db.engine, "checkout", count)
        try:
            assert fetch(select(bindparam("number", type_=db.Integer)), number=7) == [(7,)]
        finally:
            event.remove(db.engine, "checkout", count)
        assert len(taken) == (0 if begun else 1)
        assert db.session.registry.has() == begun
