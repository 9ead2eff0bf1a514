"""What ``flask generate`` and ``flask destroy`` do: plan changes in memory, then write all or none."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import rev_id
from click import ClickException
from flask import current_app
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db, migrate
from app.models import Base

from . import SETTING_TYPES, generate
from .names import Name, parse_field, parse_name
from .tree import ROOT, Insertion, Tree

HERE = Path(__file__).resolve().parent
GENERATED = "generators/generated.txt"  # each command that was run, so that it can be undone
VERSIONS = sorted(path.name for path in ROOT.glob("app/blueprints/*/v[0-9]") if path.is_dir())
FOLDERS = {"model": "resource/app/models"}  # of a kind's templates, if not its own

environment = Environment(  # noqa: S701  (it writes code)
    *("[%", "%]", "[[", "]]", "[#", "#]"),  # not Jinja's own delimiters: templates write templates
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    loader=FileSystemLoader(HERE),
)
environment.filters["py"] = repr

Command = dict[str, Any]  # the kind, and the parameters by name


def write(command: Command, *, dry_run: bool) -> None:
    """Write what a command describes.

    Raises:
        ClickException: a name or a field cannot be used; nothing was changed.
    """
    values = values_of(command)
    check_free(values)
    tree, shared = Tree(), shared_files(values)
    for path, content in rendered(values).items():
        if path not in shared:
            tree.create(path, content)
    for insertion in insertions(values):
        tree.insert(insertion)
    if "fields" in values:
        tree.create(*migration(values, drop=False))
    tree.changes[GENERATED] = f"{tree.read(GENERATED)}{line_of(command)}\n"
    finish(tree, dry_run=dry_run)
    if not dry_run:
        click.echo(f"Next: {'make migrate, then ' * ('fields' in values)}make check.")


def destroy(kind: str, text: str, *, dry_run: bool, force: bool) -> None:
    """Remove what a command wrote.

    Raises:
        ClickException: no command wrote it, or another one needs it; nothing was changed.
    """
    command = generated().get((kind, text))
    if command is None:
        raise ClickException(f"No {kind} {text!r} was generated: flask generate --list shows what was.")
    for other, name in generated():
        if text in [parse_field(word).target for word in generated()[other, name].get("fields", ())]:
            raise ClickException(f"{name} refers to it: flask destroy {other} {name} first.")
    values = values_of(command)
    written, tree, shared = Tree(), Tree(), shared_files(values)
    for path, content in rendered(values).items():
        if path not in shared:
            written.create(path, content, may_exist=True)
    script = created_by(values["name"]) if "fields" in values else None
    stays = script is not None and (not script.is_head or is_applied(script.revision))
    if stays:
        tree.create(*migration(values, drop=True))
    elif script:
        path = Path(script.path).relative_to(ROOT).as_posix()
        written.create(path, migration(values, drop=False, script=script)[1], may_exist=True)
    written.clean()
    files = [path for path in written.changes if (ROOT / path).exists()]
    tree.changes.update(dict.fromkeys(files))
    for insertion in reversed(insertions(values)):
        tree.remove(insertion)
    tree.changes[GENERATED] = tree.read(GENERATED).replace(f"{command['line']}\n", "", 1) or None
    if not dry_run and not force:
        if edits := written.diff(files):
            click.confirm(f"{edits}\nDelete these changes?", abort=True)
        if stays:
            click.confirm(f"Add a migration that drops the table {values['name'].plural}?", abort=True)
    finish(tree, dry_run=dry_run)


def finish(tree: Tree, *, dry_run: bool) -> None:
    """Show or write the changes of a tree."""
    tree.clean()
    click.echo(tree.diff(tree.changes) if dry_run else "\n".join(tree.write()))


def migration(values: dict[str, Any], *, drop: bool, script: Script | None = None) -> tuple[str, str]:
    """Return the path and the text of a new migration, or of ``script``, named after the others."""
    number = len(list((ROOT / "migrations/versions").glob("*.py"))) + 1
    path = f"migrations/versions/{number:04}_{'drop_' if drop else ''}{values['name'].plural}.py"
    head = ScriptDirectory(migrate.directory).get_current_head()
    revisions = (script.revision, script.down_revision) if script else (rev_id(), head)
    return path, environment.get_template("migration.py.jinja").render(values, revisions=revisions, drop=drop)


def created_by(name: Name) -> Script | None:
    """Return the migration that created a table."""
    pattern = re.compile(rf'def upgrade.*create_table\(\s*"{name.plural}".*def downgrade', re.DOTALL)
    scripts = ScriptDirectory(migrate.directory).walk_revisions()
    return next((script for script in scripts if pattern.search(Path(script.path).read_text("utf-8"))), None)


def is_applied(revision: str) -> bool:
    """Check whether the development database is at a revision; one that cannot be reached may be."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return False
    try:
        with db.engine.connect() as connection:
            return revision in MigrationContext.configure(connection).get_current_heads()
    except SQLAlchemyError:
        return True


def line_of(command: Command) -> str:
    """Return a command as it is typed."""
    words = [command[key] for key in ("kind", "name", "type", "default") if key in command]
    options = [f"--{key}={command[key]}" for key in ("plural", "search", "blueprint") if command.get(key)]
    options += ["--public"] * (command.get("owned") is False)
    return shlex.join([*words, *command.get("fields", ()), *options])


def generated() -> dict[tuple[str, str], Command]:
    """Return the commands that were run and not undone, by kind and name."""
    found = {}
    for line in Tree().read(GENERATED).splitlines():
        kind, *words = shlex.split(line)
        parameters = generate.commands[kind].make_context(kind, words).params
        found[kind, parameters["name"]] = {"kind": kind, "line": line, **parameters}
    return found


def values_of(command: Command) -> dict[str, Any]:
    """Return what templates know.

    Raises:
        ClickException: the fields contradict each other or the project.
    """
    name = parse_name(command["name"], command.get("plural"))
    values = {**command, "name": name, "versions": VERSIONS}
    if "type" in command:
        values["value"] = SETTING_TYPES[command["type"]](command["default"])
    return values | table_of(command, name) if "fields" in command else values


def table_of(command: Command, name: Name) -> dict[str, Any]:
    """Return what templates know of a table.

    Raises:
        ClickException: the fields contradict each other or the project.
    """
    fields = [parse_field(word) for word in command["fields"]]
    keys = [field.key for field in fields]
    for key in keys:
        if keys.count(key) > 1 or key in (name.singular, name.plural):
            raise ClickException(f"{key!r} is taken: type another name for the field.")
    for field in [field for field in fields if field.target]:
        target = generated().get(("resource", field.target))
        if target is None or field.target == name.singular:
            hint = f"flask generate resource {field.target} first; a resource cannot refer to itself"
            raise ClickException(f"There is no other resource {field.target!r}: {hint}.")
        if target.get("owned") and not command["owned"]:
            raise ClickException(f"Rows of {field.target} belong to accounts: leave --public out.")
        field.other = parse_name(field.target, target["plural"])
        field.back = f"{name.plural}_as_{field.name}".removesuffix(f"_as_{field.target}")
    search = [word for word in command.get("search", "").split(",") if word]
    labels = [field for field in fields if field.is_text and not field.optional]
    if not labels or not {field.name for field in fields if field.is_text} >= set(search):
        raise ClickException("Type a required text that names a row, like name:string; --search takes texts.")
    return {"fields": fields, "label": labels[0], "search": search, "owned": command.get("owned", False)}


def check_free(values: dict[str, Any]) -> None:
    """Reject a name that is taken.

    Raises:
        ClickException: a setting, a table, a model or a name of the templates has it.
    """
    name = values["name"]
    words = [name.model, name.models, name.singular, name.plural] if "fields" in values else []
    words += [name.singular.upper()] * (values["kind"] == "setting")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in HERE.rglob("*.jinja"))
    imported = "\n".join(line for line in sources.splitlines() if "import " in line)
    taken = {*re.findall(r"\w+", imported), *db.metadata.tables, *current_app.config}
    taken.update(mapper.class_.__name__ for mapper in Base.registry.mappers)
    for word in words:
        if word in taken:
            raise ClickException(f"{word!r} is taken: type another name, my_{name.singular} for example.")


def rendered(values: dict[str, Any]) -> dict[str, str]:
    """Return the files of a generator, by path."""
    files = {}
    for template in sorted((HERE / FOLDERS.get(values["kind"], values["kind"])).rglob("*.jinja")):
        source = template.relative_to(HERE).as_posix()
        for version in VERSIONS if "version" in source else [""]:
            path = environment.from_string(source.removesuffix(".jinja")).render(values, version=version)
            content = environment.get_template(source).render(values, version=version)
            if content:
                files[path.partition("/")[2]] = content  # without the folder of the kind
    return files


def shared_files(values: dict[str, Any]) -> set[str]:
    """Return the paths of files that other resources have written too."""
    others = [values_of(other) for other in generated().values() if other["name"] != values["name"].singular]
    return {path for other in others for path in rendered(other) if path.startswith("app/core/")}


def insertions(values: dict[str, Any]) -> list[Insertion]:
    """Return what a generator adds to files that exist."""
    blocks = environment.get_template("insertions.jinja").render(values).strip("\n").split("\n\n")
    heads = [block.lstrip("\n").partition("\n")[::2] for block in blocks]
    return [Insertion(*head.partition(": ")[::2], code) for head, code in heads]
