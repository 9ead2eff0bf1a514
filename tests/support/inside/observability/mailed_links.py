"""Links in mails do not appear in traces."""

from app.observability.telemetry import sanitize_span
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider


def test_link_of_a_mail_is_not_in_a_trace(app: Flask) -> None:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span("GET")
    assert isinstance(span, ReadableSpan)
    token = "sesame" * 10
    for path, expected in ((f"/account/reset/{token}", "/account/reset/..."), ("/account/", "/account/")):
        span.set_attribute("url.path", path)
        with app.test_request_context(path):
            sanitize_span(span, "200 OK", [])
        assert dict(span.attributes or {}) == {"url.path": expected}
