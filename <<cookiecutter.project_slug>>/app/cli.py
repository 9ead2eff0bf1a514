"""Commands of the ``flask`` program."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from .core.doctor import doctor
from .seed import seed


def register_cli_commands(app: Flask) -> None:
    """Add the commands to ``app``."""
    app.cli.add_command(doctor)
    app.cli.add_command(hello)
    app.cli.add_command(seed)


@click.command()
@with_appcontext
def hello() -> None:
    """Say hello, and with it that the application can be made."""
    click.echo(f"Hello from {current_app.config['APP_NAME']}!")
