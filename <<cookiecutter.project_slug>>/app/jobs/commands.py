"""``flask jobs``: what waits, what has failed, and a worker for developers."""

import time

import click
from celery import Celery
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from app.extensions import db
from app.jobs.broker import ask_broker
from app.models import Job
from app.models.base import utc_now
from app.models.job import FAILED, QUEUED, STATES

from .queue import change, send
from .worker import Alone, work_off

jobs = AppGroup("jobs", help="Look after background jobs.")
NAP = 0.5  # seconds between two looks of the worker for developers


@jobs.command()
def status() -> None:
    """Say how many jobs are in which state; exit 1 when nobody works on them."""
    rows = db.session.execute(select(Job.state, func.count().label("number")).group_by(Job.state))
    counts = {row.state: row.number for row in rows}
    for state in STATES:
        click.echo(f"{state:<8} {counts.get(state, 0)}")
    if not current_app.config["BROKER_URL"]:
        click.echo("broker   none: flask jobs work does them")
        return
    try:
        broker = ask_broker()
    except Exception as error:
        click.echo(f"broker   no answer ({type(error).__name__})")
        raise SystemExit(1) from None
    click.echo(f"messages {broker.waiting}")
    click.echo(f"workers  {broker.workers}")
    if not broker.workers:
        raise SystemExit(1)


@jobs.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")
def failed(limit: int) -> None:
    """List the jobs that have failed for good, the last one first."""
    rows = db.session.scalars(
        select(Job).where(Job.state == FAILED).order_by(Job.finished.desc(), Job.id.desc()).limit(limit)
    ).all()
    for row in rows:
        when = row.finished.isoformat(" ", "seconds") if row.finished else ""
        click.echo(f"{row.id}  {when}  {row.name}  after {row.tries} tries  request {row.request_id or '-'}")
        click.echo(f"    {row.error}")
    if not rows:
        click.echo("No job has failed.")


@jobs.command()
@click.argument("job_id", type=int)
def retry(job_id: int) -> None:
    """Let a job that has failed be tried again, from the beginning."""
    sent = utc_now() if current_app.config["BROKER_URL"] else None
    anew = {"state": QUEUED, "tries": 0, "due": None, "sent": sent, "lease": None, "finished": None}
    done = change(Job.id == job_id, Job.state == FAILED, **anew)
    db.session.commit()
    job = db.session.get(Job, job_id)
    if not done or job is None:
        raise click.ClickException("No job with this number has failed.")
    if sent:
        send(job)
    click.echo(f"Job {job_id} is queued.")


@jobs.command()
@click.option("--once", is_flag=True, help="End when nothing waits.")
def work(once: bool) -> None:
    """Work on jobs without a broker, scheduled ones too; for development."""
    celery: Celery = current_app.extensions["celery"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    scheduler = Alone(celery)
    while True:
        with app.app_context():
            busy = work_off(celery)
        if once and not busy:
            return
        if not busy:
            scheduler.tick()
            time.sleep(NAP)
