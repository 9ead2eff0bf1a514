"""The setup of OpenTelemetry; imported by ``init_tracing`` only if an endpoint is set."""

import os
from contextlib import suppress
from multiprocessing.util import Finalize
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

# <% if cookiecutter.jobs == "celery" %>
from celery import signals
# <% endif %>
from flask import Flask, request
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
# <% if cookiecutter.jobs == "celery" %>
from opentelemetry.instrumentation.celery import CeleryInstrumentor
# <% endif %>
from opentelemetry.instrumentation.flask import FlaskInstrumentor
# <% if cookiecutter.cache == "redis" %>
from opentelemetry.instrumentation.redis import RedisInstrumentor
# <% endif %>
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.exceptions import SecurityError

from app.core.request_body import BodyRequest
from app.core.request_log import path_without_token
from app.extensions import db

SHUTDOWN_TIMEOUT_SECONDS = 3.0  # to export what is left when the process ends


class TracedRequest(BodyRequest):
    """A request whose URL can be read: the instrumentation does, even if the host is rejected."""

    @property
    def url(self) -> str:
        """The URL, empty if the host is not trusted."""
        with suppress(SecurityError):
            return super().url
        return ""


def instrument(app: Flask) -> None:
    """Instrument Flask and the libraries; exporting starts later, in each process.

    Parameters:
        app: the application, before its extensions are initialized, so that they are covered.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", "<< cookiecutter.project_slug >>")
    # The stable semantic conventions instead of the previous ones.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
    starter = Starter(app)
    app.before_request(starter.begin)  # before the request's span
    app.request_class = TracedRequest
    FlaskInstrumentor.instrument_app(app, response_hook=sanitize_span, enable_commenter=False)
    # <% if cookiecutter.cache == "redis" %>
    RedisInstrumentor().instrument()
    # <% endif %>
    # <% if cookiecutter.jobs == "celery" %>
    CeleryInstrumentor().instrument()
    # Celery's processes end without Python's exit handlers.
    signals.worker_process_init.connect(lambda **_: starter.begin(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: starter.finish(), weak=False)
    # <% endif %>


def sanitize_span(span: trace.Span, _status: str, _headers: list[tuple[str, str]]) -> None:
    """Remove query strings and tokens, which may be secret, from a span, and unknown paths from its name."""
    if span and "url.query" in (getattr(span, "attributes", None) or {}):
        span.set_attribute("url.query", "-")
    if span:
        span.set_attribute("url.path", path_without_token())
    if span and not request.url_rule:
        span.update_name("unknown route")


def current_ids() -> tuple[str, str] | None:
    """Return the ids of the current trace and span, or None."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


class Starter:
    """Starts exporting on the first request of a process.

    Servers load the application and fork: threads that were started before the fork do not exist in the
    workers.

    Parameters:
        app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.lock = Lock()
        self.process = 0
        self.end: Finalize | None = None

    def begin(self) -> None:
        """Start exporting, once per process."""
        if self.process != os.getpid():
            with self.lock:
                if self.process != os.getpid():
                    self.end = start(self.app)
                    self.process = os.getpid()

    def finish(self) -> None:
        """Shut the exporters of this process down, for processes that end without Python's exit handlers."""
        if self.end and self.process == os.getpid():
            self.end()


def start(app: Flask) -> Finalize:
    """Start exporting in the background: an unavailable collector delays no request.

    What cannot be exported is kept for a while, then dropped. At exit there are ``SHUTDOWN_TIMEOUT_SECONDS``
    for the rest.

    Parameters:
        app: the application, whose database engines are instrumented.

    Returns:
        A function that shuts the exporters down before the process ends.
    """
    defaults = {"deployment.environment.name": os.environ.get("APP_ENV") or "development"}
    # Each process has its own counters, and therefore its own instance id.
    instance = Resource.create({"service.instance.id": str(uuid4()), "process.pid": os.getpid()})
    resource = Resource(defaults).merge(instance)
    providers: list[Any] = []
    if os.environ.get("OTEL_TRACES_EXPORTER") != "none":
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(tracers)
        providers.append(tracers)
    if os.environ.get("OTEL_METRICS_EXPORTER") != "none":
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meters = MeterProvider(resource=resource, metric_readers=[reader], shutdown_on_exit=False)
        metrics.set_meter_provider(meters)
        providers.append(meters)
    end = finish_at_exit(providers)
    # SQLAlchemyInstrumentor supports SQLAlchemy 2.0 only; with 2.1 it fails without asyncio.
    scope = "opentelemetry.instrumentation.sqlalchemy"
    tracer, meter = trace.get_tracer(scope), metrics.get_meter(scope)
    usage = meter.create_up_down_counter("db.client.connections.usage", "connections")
    with app.app_context():
        for engine in db.engines.values():
            EngineTracer(tracer, engine, usage)
    return end


def finish_at_exit(providers: list[Any]) -> Finalize:
    """Shut the providers down when the process ends, with a timeout.

    Returns:
        A function that does so earlier.
    """
    requested, done = Event(), Event()

    def finish() -> None:
        requested.wait()
        for provider in providers:
            provider.shutdown()
        done.set()

    def end() -> None:
        requested.set()
        done.wait(SHUTDOWN_TIMEOUT_SECONDS)

    # Started now, because an exiting process cannot start threads.
    Thread(target=finish, name="telemetry", daemon=True).start()
    # Unlike atexit, it is also called in processes of multiprocessing.
    return Finalize(None, end, exitpriority=100)
