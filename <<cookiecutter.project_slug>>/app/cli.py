"""The commands of the ``flask`` program."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from werkzeug.utils import import_string

# <% if cookiecutter.auth %>
from .auth.demo import act_as_demo_user
# <% endif %>
from .blueprints.main import services
from .core.doctor import doctor

SAMPLE_NOTES = (
    ("Start here", "Open app/__init__.py: create_app() lists every part of the application."),
    ("Follow one note", "Page, form, service, model, migration, API and tests: each layer has one example."),
    ("Make it yours", "Delete the notes once your first model is in place."),
)


def register_cli_commands(app: Flask) -> None:
    """Add the commands to ``app``."""
    for command in (doctor, hello, seed):
        app.cli.add_command(command)
    if app.debug and (register := import_string("generators:register_commands", silent=True)):
        register(app)


@click.command()
@with_appcontext
def hello() -> None:
    """Say hello."""
    click.echo(f"Hello from {current_app.config['APP_NAME']}!")


@click.command()
@click.option("--count", default=len(SAMPLE_NOTES), show_default=True, type=click.IntRange(1, 10_000))
@with_appcontext
def seed(count: int) -> None:
    """Add sample notes to the database."""
    # <% if cookiecutter.auth %>
    act_as_demo_user()
    # <% endif %>
    for number in reversed(range(count)):  # the newest is shown first
        title, body = SAMPLE_NOTES[number % len(SAMPLE_NOTES)]
        services.create_note(title=title, body=body)
    click.echo(f"{count} notes added.")
