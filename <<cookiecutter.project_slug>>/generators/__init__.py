"""``flask generate`` and ``flask destroy``: write code like the code of this project, and remove it again.

For development only: ``app/cli.py`` adds the commands in debug mode, and no image contains this folder.
Each kind has a folder of templates, under the paths of their files; ``fields.jinja`` has the types of fields.
"""

from functools import partial
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext

from .names import __doc__ as FIELDS

DRY_RUN = click.Option(["--dry-run"], is_flag=True, help="Show the difference, write nothing.")
NAME = click.Argument(["name"])
TABLE = [
    NAME,
    click.Argument(["fields"], nargs=-1),
    click.Option(["--plural"], default="", help="The plural of NAME, if an s is not enough."),
    # <% if cookiecutter.auth %>
    click.Option(["--owned/--public"], default=True, help="Rows belong to accounts, or are shared by all."),
    # <% endif %>
]
SEARCH = click.Option(["--search"], default="", help="The texts that the list is searched by: title,body.")
BLUEPRINT = click.Option(["--blueprint"], default="main", show_default=True, help="Where it is written.")
SETTING_TYPES = {"str": click.STRING, "int": click.INT, "bool": click.BOOL, "secret": click.STRING}
TYPE = click.Argument(["type"], type=click.Choice(list(SETTING_TYPES)))
KINDS: dict[str, tuple[str, list[click.Parameter]]] = {
    "resource": ("Write a model, its migration, services, pages, API, sample data, tests.", [*TABLE, SEARCH]),
    "model": ("Write a model and its migration.", TABLE),
    "page": ("Write a page: view, template, a link in the header, a test.", [NAME, BLUEPRINT]),
    # <% if cookiecutter.api != "none" %>
    "endpoint": ("Write an endpoint in each version of the API, its schema and a test.", [NAME]),
    # <% endif %>
    # <% if cookiecutter.jobs == "celery" %>
    "task": ("Write a background task and a test.", [NAME, BLUEPRINT]),
    # <% endif %>
    "setting": (
        "Write a setting, and the line in .env.example that explains it.",
        [NAME, TYPE, click.Argument(["default"])],
    ),
}


def register_commands(app: Flask) -> None:
    """Add the commands to ``app``."""
    for kind, (text, parameters) in KINDS.items():
        run = with_appcontext(partial(write, kind))
        text += f"\n\n{FIELDS}" * ("fields" in [parameter.name for parameter in parameters])
        generate.add_command(click.Command(kind, None, run, [*parameters, DRY_RUN], text))
    app.cli.add_command(generate)
    app.cli.add_command(destroy)


@click.group(invoke_without_command=True)
@click.option("--list", "listing", is_flag=True, help="List what was generated.")
@click.pass_context
def generate(context: click.Context, *, listing: bool) -> None:
    """Write code like the code that is there."""
    from . import commands

    if context.invoked_subcommand is None:
        text = "\n".join(f"flask generate {command['line']}" for command in commands.generated().values())
        click.echo(text if listing else context.get_help())


def write(kind: str, *, dry_run: bool, **parameters: Any) -> None:
    """Run a generator."""
    from . import commands

    commands.write({"kind": kind, **parameters}, dry_run=dry_run)


@click.command(params=[DRY_RUN])
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("name")
@click.option("--force", is_flag=True, help="Do not ask.")
@with_appcontext
def destroy(kind: str, name: str, *, dry_run: bool, force: bool) -> None:
    """Remove what flask generate wrote; asks before it deletes what was edited, or drops a table."""
    from . import commands

    commands.destroy(kind, name, dry_run=dry_run, force=force)
