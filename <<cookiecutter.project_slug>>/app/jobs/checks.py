"""What ``flask doctor`` looks at."""

from collections.abc import Iterator

from flask import current_app

from app.core.findings import Finding, error, warning
from app.jobs.broker import ask_broker


def check_broker() -> Iterator[Finding]:
    """Look at whether the broker answers and somebody works on jobs."""
    if not current_app.config["BROKER_URL"]:
        yield warning("BROKER_URL", "only flask jobs work does jobs", "start Redis or RabbitMQ and name it")
        return
    try:
        broker = ask_broker()
    except Exception as problem:  # each broker's library has its own
        yield error("broker", f"no answer ({type(problem).__name__})", "start it or mend BROKER_URL")
        return
    if not broker.workers:
        yield warning("jobs", f"{broker.waiting} messages wait and no worker answers", "start a worker")
