"""The libraries of OpenTelemetry, put together. Only ``init_tracing`` imports this, when there is somebody to tell."""

import os
from collections.abc import Iterable
from importlib import import_module
from multiprocessing.util import Finalize
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# <% if cookiecutter.jobs == "celery" %>
from celery import signals
# <% endif %>
from flask import Flask, request
from opentelemetry import metrics, trace
from opentelemetry.instrumentation import flask as flask_instrumentation
# <% if cookiecutter.jobs == "celery" %>
from opentelemetry.instrumentation.celery import CeleryInstrumentor
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from opentelemetry.instrumentation.redis import RedisInstrumentor
# <% endif %>
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from app.core.log_config import path_without_token
from app.extensions import db

from .settings import PROTOCOLS

SECONDS = 3.0  # at the most, to send what is still waiting when the process ends


def instrument(app: Flask) -> None:
    """Let the libraries measure themselves; nothing is started or sent yet.

    Parameters:
        app: what has no extension and no wrapper yet, so that they are measured too.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", "<< cookiecutter.project_slug >>")
    # The names that are settled; without it they would be those from before.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
    # To compare a request with this list it asks for its URL, and that of a host that is not trusted is an error.
    flask_instrumentation._excluded_urls_from_env = None  # type: ignore[assignment]
    flask_instrumentation.FlaskInstrumentor.instrument_app(app, response_hook=tidy, enable_commenter=False)
    # <% if cookiecutter.cache == "redis" %>
    if not RedisInstrumentor().is_instrumented_by_opentelemetry:
        RedisInstrumentor().instrument()
    # <% endif %>
    # Now, so that workers share what is loaded.
    for kind in ("trace_exporter", "metric_exporter"):
        import_module(f"{exporters()}.{kind}")
    starter = Starter(app, app.wsgi_app)
    app.wsgi_app = starter  # type: ignore[method-assign]
    # <% if cookiecutter.jobs == "celery" %>
    if not CeleryInstrumentor().is_instrumented_by_opentelemetry:
        CeleryInstrumentor().instrument()
    # Celery's processes end without what Python does at the end.
    signals.worker_process_init.connect(lambda **_: starter.begin(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: starter.finish(), weak=False)
    # <% endif %>


def exporters() -> str:
    """Give the package that speaks the protocol which was asked for."""
    return PROTOCOLS[os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]]


def tidy(span: trace.Span, _status: str, _headers: list[tuple[str, str]]) -> None:
    """Keep the query of an address to ourselves, where secrets may stand, and addresses that nobody has out of names."""
    if span and "url.query" in (getattr(span, "attributes", None) or {}):
        span.set_attribute("url.query", "-")
    if span and "token" in (request.view_args or {}):
        span.set_attribute("url.path", path_without_token())
    if span and not request.url_rule:
        span.update_name("unknown address")


def current_ids() -> tuple[str, str] | None:
    """Give the ids of the trace and the span in which this is called."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


class Starter:
    """Starts to send with the first thing that a process does; WSGI middleware for requests.

    Servers load the application and fork. Threads that were started before that would be missing in the workers, and
    their locks would not.

    Parameters:
        app: whose processes they are.
        application: what answers.
    """

    def __init__(self, app: Flask, application: WSGIApplication) -> None:
        self.app = app
        self.application = application
        self.turn = Lock()
        self.process = 0
        self.end: Finalize | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on."""
        self.begin()
        return self.application(environ, start_response)

    def begin(self) -> None:
        """Start, unless this process has."""
        if self.process != os.getpid():
            with self.turn:
                if self.process != os.getpid():
                    self.end = start(self.app)
                    self.process = os.getpid()

    def finish(self) -> None:
        """End what was started in this process, for those that end without Python's finalizers."""
        if self.end and self.process == os.getpid():
            self.end()


def start(app: Flask) -> Finalize:
    """Start to send what this process measures, beside its work: whether a collector is there delays nobody.

    What cannot be sent is kept for a while, then forgotten. A process that ends gives what waits ``SECONDS`` to leave.

    Parameters:
        app: whose statements are measured from now on.

    Returns:
        What ends it before the process ends, when it is called.
    """
    defaults = {"deployment.environment.name": os.environ.get("APP_ENV") or "development"}
    # Every process has an id, because each counts for itself.
    given = Resource.create({"service.instance.id": str(uuid4()), "process.pid": os.getpid()})
    resource = Resource(defaults).merge(given)
    providers: list[Any] = []
    if os.environ.get("OTEL_TRACES_EXPORTER") != "none":
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = import_module(f"{exporters()}.trace_exporter").OTLPSpanExporter()
        tracers.add_span_processor(BatchSpanProcessor(exporter))
        trace.set_tracer_provider(tracers)
        providers.append(tracers)
    if os.environ.get("OTEL_METRICS_EXPORTER") != "none":
        exporter = import_module(f"{exporters()}.metric_exporter").OTLPMetricExporter()
        reader = PeriodicExportingMetricReader(exporter)
        meters = MeterProvider(resource=resource, metric_readers=[reader], shutdown_on_exit=False)
        metrics.set_meter_provider(meters)
        providers.append(meters)
    end = finish_at_exit(providers)
    # By hand: the library vouches for SQLAlchemy 2.0 only, and its usual way imports what 2.1 has without asyncio.
    scope = "opentelemetry.instrumentation.sqlalchemy"
    tracer, meter = trace.get_tracer(scope), metrics.get_meter(scope)
    usage = meter.create_up_down_counter("db.client.connections.usage", "connections")
    with app.app_context():
        for engine in db.engines.values():
            EngineTracer(tracer, engine, usage)
    return end


def finish_at_exit(providers: list[Any]) -> Finalize:
    """Send what waits when the process ends, and go when that takes too long.

    Returns:
        What does it sooner, when it is called.
    """
    told, done = Event(), Event()

    def finish() -> None:
        told.wait()
        for provider in providers:
            provider.shutdown()
        done.set()

    def end() -> None:
        told.set()
        done.wait(SECONDS)

    # Now, because a process that is ending starts no threads.
    Thread(target=finish, name="telemetry", daemon=True).start()
    # Unlike atexit it is also called in processes that multiprocessing has started.
    return Finalize(None, end, exitpriority=100)
