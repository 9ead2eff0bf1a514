"""Health for machines: is the process alive, and can it serve?

Probes are answered in front of the application: no limit, host check, session or log line concerns them.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, json
from sqlalchemy import text

from app.extensions import db

from .security import constant_headers

SECONDS = 2.0  # for all services together


def init_health(app: Flask) -> None:
    """Answer ``/healthz`` and ``/readyz``."""
    checks = {"database": Check(app, ask_database)}
    app.wsgi_app = Probes(app.wsgi_app, checks, constant_headers(app))  # type: ignore[method-assign]


def ask_database() -> None:
    """Ask the database for the smallest answer it has."""
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


class Check:
    """One question to a backing service that may hang without holding up anybody.

    Parameters:
        app: the application in whose context the question is asked.
        ask: raises when the service does not answer as it should.
    """

    def __init__(self, app: Flask, ask: Callable[[], None]) -> None:
        self.app = app
        self.ask = ask
        self.asked: Future[None] | None = None

    def start(self) -> "Future[None]":
        """Ask in a thread of its own, unless the last question still waits for its answer."""
        if self.asked is None or self.asked.done():
            executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
            self.asked = executor.submit(self.run)
            executor.shutdown(wait=False)
        return self.asked

    def run(self) -> None:
        """Ask in the application's context."""
        with self.app.app_context():
            self.ask()


class Probes:
    """WSGI middleware that answers probes.

    ``/healthz`` touches nothing: a database that is down is no reason to restart the process. ``/readyz`` asks every
    service and answers 503 while one of them fails, so that a balancer sends requests elsewhere.

    Parameters:
        application: what answers everything else.
        checks: the services by name.
        headers: what every answer carries.
    """

    def __init__(
        self, application: WSGIApplication, checks: dict[str, Check], headers: dict[str, str]
    ) -> None:
        self.application = application
        self.checks = checks
        self.headers = headers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a probe, or pass the request on."""
        path = environ.get("PATH_INFO")
        if path not in ("/healthz", "/readyz"):
            return self.application(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            refusal = {"Allow": "GET, HEAD", "Content-Length": "0"}
            start_response("405 Method Not Allowed", list((self.headers | refusal).items()))
            return []
        body = self.answer(start_response, self.ask_all() if path == "/readyz" else {"status": "ok"})
        return [] if method == "HEAD" else [body]

    def ask_all(self) -> dict[str, str]:
        """Ask all services at once, and say of each whether it answers."""
        asked = {name: check.start() for name, check in self.checks.items()}
        wait(asked.values(), timeout=SECONDS)
        states = {name: state(future) for name, future in asked.items()}
        ready = all(word == "ok" for word in states.values())
        return {"status": "ok" if ready else "unavailable"} | states

    def answer(self, start_response: StartResponse, document: dict[str, str]) -> bytes:
        """Begin to answer, 200 or 503 by the status of a small document, and give that as JSON."""
        body = json.dumps(document).encode()
        status = "200 OK" if document["status"] == "ok" else "503 Service Unavailable"
        own = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
        }
        start_response(status, list((self.headers | own).items()))
        return body


def state(future: "Future[None]") -> str:
    """Put into a word what has become of a question."""
    if not future.done():
        return "timeout"
    return "unavailable" if future.exception() else "ok"
