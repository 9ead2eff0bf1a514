import pytest
from flask import Flask
from flask_mailman import EmailMessage

from app.auth import mail, mail_job
from app.extensions import db
from app.models import Job
from tests.conftest import Call
from tests.support.visitors import outbox as outbox
from tests.support.work import WorkOff

MESSAGE = ("auth/email/reset", "Hello", "ann@example.com", "me@example.com", "A secret link")


@pytest.fixture
def queued(app: Flask, call: Call, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job of a mail, as an application that is not under test wants it."""
    monkeypatch.setattr(app, "extensions", dict(app.extensions))
    with monkeypatch.context() as patch:
        patch.setattr(app, "testing", False)
        mail_job.init_mail_jobs(app)
    mail.send_as(app, *MESSAGE)
    (job,) = call(lambda: db.session.query(Job).all())
    return job


def test_mail_is_a_job_whose_row_tells_nothing(
    queued: Job, call: Call, work: WorkOff, outbox: list[EmailMessage]
) -> None:
    assert queued.name == "send_mail"
    assert "secret" not in str(queued.arguments)
    assert outbox == []
    work()
    (sent,) = outbox
    assert (sent.subject, sent.to, sent.body) == ("Hello", ["ann@example.com"], "A secret link")


def test_mail_that_waits_survives_a_new_key(
    app: Flask, queued: Job, work: WorkOff, outbox: list[EmailMessage]
) -> None:
    app.config.update(SECRET_KEY_FALLBACKS=[app.config["SECRET_KEY"]], SECRET_KEY="x" * 40)
    work()
    assert len(outbox) == 1


def test_mail_is_tried_again(queued: Job, call: Call, work: WorkOff, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_mail: EmailMessage) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    work()
    job = call(lambda: db.session.get(Job, queued.id))
    assert job is not None
    assert (job.state, job.error) == ("queued", "MailNotSent: ConnectionRefusedError")
