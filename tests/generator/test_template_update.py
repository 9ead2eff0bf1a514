"""A project takes a newer version of the template by `make template-update`: what its owner did stays."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import workspace
from household import ADDRESS, TREE, Household, edit
from workspace import Place


@pytest.fixture
def household(place: Place) -> Household:
    return Household(place)


def test_state_is_what_cruft_would_have_written(household: Household):
    household.generate("cache=redis")
    ours = (household.project / ".cruft.json").read_text(encoding="utf-8")
    program = Path(sys.executable).with_name("cruft")
    asked = json.dumps({"project_name": "Shop", "install": "false", "cache": "redis"})
    words = ("create", "--no-input", ADDRESS, "--extra-context", asked)
    other = household.place.root / "other"
    other.mkdir()
    workspace.output_of((program, *words), cwd=other, env=household.env)
    assert ours == (other / "shop/.cruft.json").read_text(encoding="utf-8")
    assert household.state() == ""
    workspace.output_of((program, "check"), cwd=household.project, env=household.env)
    secret = next(
        line for line in (household.project / ".env").read_text().splitlines() if "SECRET_KEY=" in line
    )
    assert secret.partition("=")[2].strip('"') not in ours
    assert str(household.place.root) not in ours


@pytest.mark.parametrize("reason", ["no history", "private address", "changed", "unpublished"])
def test_template_that_nobody_else_can_fetch_is_not_named(household: Household, reason: str):
    household.git("clone", "--quiet", ADDRESS, str(household.clone), cwd=household.place.root)
    if reason == "no history":
        shutil.rmtree(household.clone / ".git")
    elif reason == "private address":
        household.git("remote", "set-url", "origin", "/home/ann/template", cwd=household.clone)
    else:
        edit(household.clone / "README.md", "\n", "\n\n")
    if reason == "unpublished":
        household.git("commit", "--quiet", "--all", "--message", "Mine", cwd=household.clone)
    words = ("project_name=Shop", "install=false")
    done = workspace.cookiecutter(household.place.target, *words, env=household.env, template=household.clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no .cruft.json: this template has no public address" in done.stdout
    assert not (household.project / ".cruft.json").exists()
    code, said = household.update()
    assert code != 0
    assert "There is no .cruft.json: 'cruft link ADDRESS' writes it" in said


def test_project_without_history_is_linked_and_updated(household: Household):
    household.git("clone", "--quiet", ADDRESS, str(household.clone), cwd=household.place.root)
    shutil.rmtree(household.clone / ".git")
    given = ("project_name=Shop", "install=false", "cache=redis")
    workspace.cookiecutter(household.place.target, *given, env=household.env, template=household.clone)
    program, asked = Path(sys.executable).with_name("cruft"), {"project_name": "Shop", "cache": "redis"}
    words = ("link", ADDRESS, "--no-input", "--extra-context", json.dumps(asked))
    workspace.output_of((program, *words), cwd=household.project, env=household.env)
    household.save("Link")
    edit(household.template / TREE / "manage.py", '"""', '"""Theirs. ')
    household.publish("v1.1.0")
    code, said = household.update()
    assert code == 0, said
    assert "Theirs. " in (household.project / "manage.py").read_text()
    assert '"cache": "redis"' in (household.project / ".cruft.json").read_text()


def test_update_merges_what_is_new_and_keeps_what_is_the_owners(household: Household):
    household.generate()
    project, tree = household.project, household.template / TREE
    # A month of ordinary work: a page of one's own, a changed line, a removed file, a package, a setting.
    (project / "app/mine.py").write_text('"""Mine."""\n', encoding="utf-8")
    edit(project / "wsgi.py", "import create_app\n", "import create_app  # mine\n")
    edit(project / "app/blueprints/main/services.py", '"""', '"""Mine. ')
    (project / "docs/extending.md").unlink()
    edit(project / "pyproject.toml", '"flask>=', '"flask-mine>=1",\n    "flask>=')
    edit(project / "app/models/__init__.py", "from .note", "from .mine import Mine as Mine\nfrom .note")
    household.save()
    # The next version moves a file, changes a line, edits what the owner removed, and has news.
    household.git(
        "mv", f"{TREE}/app/blueprints/main/services.py", f"{TREE}/app/notes.py", cwd=household.template
    )
    edit(tree / "manage.py", '"""', '"""Theirs. ')
    edit(tree / "docs/extending.md", "# ", "# Theirs: ")
    edit(tree / "app/models/__init__.py", "from .note", "from .theirs import Theirs as Theirs\nfrom .note")
    edit(household.template / "CHANGELOG.md", "\n## ", "\n- Faster.\n\n## ")
    household.publish("v1.1.0")

    code, said = household.update()
    assert code == 0, said
    assert "- Faster." in said
    assert "left out, because it was removed here: docs/extending.md" in said
    assert (project / "app/notes.py").read_text().count("Mine. ") >= 1
    assert not (project / "app/blueprints/main/services.py").exists()
    assert "Theirs. " in (project / "manage.py").read_text()
    assert "create_app  # mine" in (project / "wsgi.py").read_text()
    # Lines that both have added at the same place.
    assert "both have added lines: app/models/__init__.py" in said
    models = (project / "app/models/__init__.py").read_text()
    assert "from .theirs import Theirs as Theirs\nfrom .mine import Mine as Mine\nfrom .note" in models
    assert "flask-mine" in (project / "pyproject.toml").read_text()
    assert (project / "app/mine.py").exists()
    assert not (project / "docs/extending.md").exists()
    household.save("Update")
    assert household.update() == (0, "Nothing is new in the template.\n")


def write_migration(folder: Path, name: str, after: str) -> None:
    text = f'"""{name}."""\n\nrevision = "{name}"\ndown_revision = "{after}"\n\n\ndef upgrade() -> None:\n    """Do nothing."""\n'
    (folder / "migrations/versions" / f"{name}.py").write_text(text, encoding="utf-8")


def test_conflict_is_named_with_what_to_type(household: Household):
    household.generate()
    project, tree = household.project, household.template / TREE
    edit(project / "manage.py", '"""', '"""Mine. ')
    household.save()
    edit(tree / "manage.py", '"""', '"""Theirs. ')
    household.publish("v1.1.0")
    (project / "README.md").write_text("in the middle of something")
    code, said = household.update()
    assert (code != 0, "Commit or stash your changes first" in said) == (True, True)
    household.git("checkout", "--", ".", cwd=project)
    # A failure of git is none of the conflicts that it leaves.
    (project / ".git/index.lock").touch()
    code, said = household.update()
    assert (code != 0, "git cannot merge" in said, "index.lock" in said) == (True, True, True)
    (project / ".git/index.lock").unlink()
    assert household.state() == ""

    code, said = household.update()
    assert code != 0
    assert "conflict in manage.py: edit it, then git add manage.py" in said
    assert "<<<<<<<" in (project / "manage.py").read_text()
    household.git("reset", "--hard", "--quiet", cwd=project)
    assert household.state() == ""


def test_new_migrations_follow_the_owners(household: Household):
    household.generate()
    project = household.project
    write_migration(project, "mine", "0001")
    household.save()
    write_migration(household.template / TREE, "9001_theirs", "0001")
    household.publish("v1.1.0")
    code, said = household.update()
    assert code == 0, said
    theirs = project / "migrations/versions/9001_theirs.py"
    assert 'down_revision = "mine"' in theirs.read_text()
    household.save("Update")
    # An answer brings migrations that would stand before: they come last.
    code, said = household.update("jobs=celery", "auth=true")
    assert code == 0, said
    order = {path.stem[:4]: path.read_text() for path in (project / "migrations/versions").glob("000*.py")}
    assert 'down_revision = "9001_theirs"' in order["0002"]
    assert 'down_revision = "0003"' in order["0004"]
    assert "Revision: 0002, after 9001_theirs" in order["0002"]
    household.save("Options")
    assert household.update() == (0, "Nothing is new in the template.\n")
    # Who has left two heads behind is told how they become one.
    write_migration(project, "other", "0002")
    household.save()
    (household.template / TREE / "README.md").write_text("new")
    household.publish("v1.2.0")
    code, said = household.update()
    assert code != 0
    assert "2 heads, 0007, other" in said
    assert "flask db merge heads" in said


def test_answer_is_changed_and_a_wrong_one_refused(household: Household):
    household.generate()
    code, said = household.update("chache=redis")
    assert (code != 0, "There is no option chache" in said) == (True, True)
    code, said = household.update("cache=memcached")
    assert (code != 0, "memcached" in said, household.state()) == (True, True, "")
    code, said = household.update("cache=redis", "wsgi_server=granian")
    assert code == 0, said
    assert (household.project / "app/cache").is_dir()
    assert not (household.project / "gunicorn.conf.py").exists()
    assert '"cache": "redis"' in (household.project / ".cruft.json").read_text()
