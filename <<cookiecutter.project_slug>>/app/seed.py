"""Sample data for a new database."""

import click
from flask.cli import with_appcontext

# <% if cookiecutter.auth %>
from .auth.demo import act_as_somebody
# <% endif %>
from .blueprints.main import services

SAMPLE_NOTES = (
    ("Start here", "Start in app/__init__.py: the factory lists what the application is made of."),
    ("Follow one note", "Page, form, service, model, migration, API and tests: each layer has one example."),
    ("Make it yours", "Delete the notes when the first model of your own stands."),
)


@click.command()
@click.option("--count", default=len(SAMPLE_NOTES), show_default=True, type=click.IntRange(1, 10_000))
@with_appcontext
def seed(count: int) -> None:
    """Fill the database with sample notes."""
    # <% if cookiecutter.auth %>
    act_as_somebody()
    # <% endif %>
    for number in range(count):
        title, body = SAMPLE_NOTES[number % len(SAMPLE_NOTES)]
        services.create_note(title, body)
    click.echo(f"{count} notes added.")
