"""The commands of the ``flask`` program."""

import click
from flask import Flask
from flask.cli import with_appcontext
from werkzeug.utils import import_string

# <% if cookiecutter.auth %>
from .auth.demo import act_as_demo_user
# <% endif %>
from .blueprints.main.services import greeting
from .blueprints.notes.seed import seed_notes
from .core.doctor import doctor


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
    click.echo(greeting())


@click.command()
@with_appcontext
def seed() -> None:
    """Add sample rows to the database, unless there are rows already."""
    # <% if cookiecutter.auth %>
    act_as_demo_user()
    # <% endif %>
    seed_notes()
