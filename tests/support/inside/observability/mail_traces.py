"""Mails are part of the trace of the request that sends them."""

import pytest
from app.auth import mail
from app.observability import telemetry, tracing
from flask import Flask
from opentelemetry.trace import NonRecordingSpan, SpanContext, format_trace_id, use_span

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736


def test_mail_is_sent_in_the_trace_of_its_request(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def record_trace(*_message: str) -> None:
        seen.append(tracing.add_ids(None, "info", {})["trace_id"])

    monkeypatch.setattr(tracing, "ids", telemetry.current_ids)
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.extensions, "mail_sender", record_trace)
    with app.test_request_context(), use_span(NonRecordingSpan(SpanContext(TRACE, 1, is_remote=False))):
        mail.send_in_background("auth/email/added", "Hello", "ann@example.com", "", "Text")
    mail.executor().shutdown(wait=True)
    mail.executor.cache_clear()
    assert seen == [format_trace_id(TRACE)]
