from ssl import CERT_REQUIRED
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from flask import Flask

from app.core.environment import Environment
from app.jobs import enqueue
from app.jobs.broker import ask_broker, connect, job_settings, make_celery
from tests.conftest import Call


def settings(**variables: str) -> tuple[dict[str, Any], list[str]]:
    env = Environment(variables)
    return job_settings(env, SimpleNamespace(NAVIGATION=())), env.problems


def test_address_that_is_none_is_refused_without_telling_it() -> None:
    assert settings(BROKER_URL="amqps://rabbit.example.com")[1] == []
    found, problems = settings(BROKER_URL="sqla+sqlite:///x")
    assert found["BROKER_URL"] == ""
    assert problems[0].startswith("BROKER_URL is no address of a broker")
    assert "sqla" not in problems[0]


def test_message_waits_longer_for_its_confirmation_than_a_job_takes(app: Flask) -> None:
    app.config |= {"BROKER_URL": "redis://127.0.0.1:1", "JOB_SECONDS": 100}
    celery = make_celery(app)
    limits = celery.conf.task_soft_time_limit, celery.conf.task_time_limit
    assert limits[0] == 100
    assert limits[0] < limits[1] < celery.conf.broker_transport_options["visibility_timeout"]


def test_rabbitmq_confirms_what_it_keeps_on_several_nodes(app: Flask) -> None:
    app.config["BROKER_URL"] = "amqp://127.0.0.1:1"
    celery = make_celery(app)
    assert celery.conf.broker_transport_options == {"confirm_publish": True}
    assert celery.conf.task_default_queue_type == "quorum"


def test_certificate_of_the_broker_is_checked(app: Flask) -> None:
    assert make_celery(app).conf.broker_use_ssl == {}
    app.config["BROKER_URL"] = "rediss://127.0.0.1:1"
    expected: dict[str, Any] = {"ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True}
    assert make_celery(app).connection_for_write().ssl == expected
    app.config["BROKER_URL"] = "amqps://127.0.0.1:1?ssl_ca_certs=/ca.pem"
    expected = {"cert_reqs": CERT_REQUIRED, "ca_certs": "/ca.pem", "server_hostname": "127.0.0.1"}
    assert make_celery(app).connection_for_write().ssl == expected


def test_broker_tells_what_waits(app: Flask, broker: Celery, call: Call) -> None:
    def two() -> None:
        enqueue(ask_nothing)
        enqueue(ask_nothing)
        state = ask_broker(patience=0.01)
        assert (state.waiting, state.workers) == (2, 0)

    call(two)


def ask_nothing() -> None:
    """Stands for a job."""


def test_broker_that_knows_no_queue_yet_has_nothing_waiting(
    app: Flask, broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), connect() as connection:
        missing = connection.channel_errors[0]
        channel = type(connection.default_channel)

        def refuse(*_: Any, **__: Any) -> None:
            raise missing

        monkeypatch.setattr(channel, "queue_declare", refuse)
        monkeypatch.setattr(broker.control, "ping", lambda **_: None)
        assert ask_broker().waiting == 0
