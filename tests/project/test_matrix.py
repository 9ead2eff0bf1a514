"""Everything that must hold for every context; each is baked once and everything is asked of it."""

import json
import re
import subprocess
import tomllib
from html import unescape

import pytest
import yaml
from contexts import CONTEXTS, FILES_ONLY, OPTIONS, RENDERED, RUNNING, TABLE, coverage
from option_words import foreign
from postgres import Postgres
from project import PRODUCTION, Project, get, wait_until_ready
from raw_tree import files as raw_files
from rendering import files as versioned
from types_cache import TypesCache
from workspace import TEMPLATE

every_context = pytest.mark.parametrize("project", [*CONTEXTS, *RENDERED], indirect=True)
every_running_context = pytest.mark.parametrize("project", CONTEXTS, indirect=True)
# Their own tests run on a server, as in CI; those of other projects with PostgreSQL on SQLite, as without one.
ON_POSTGRESQL = ["api", "full"]
# What would tell that a template existed.
LEFTOVERS = ("<<", "# <%", "# <#", "cookiecutter", "flask-starter", "flask_starter")

# A path as pages and comments write it.
PATH = re.compile(r"(?<![\w/.{}$*-])(?:app|tests|scripts|deploy|migrations|ci)/[\w./-]*\w")
LOCKS = ("requirements.txt", "requirements-dev.txt", "poetry.lock", "uv.lock")


def files(project: Project) -> list[str]:
    """Return the files under version control, but for the one that names a template with a public address."""
    return versioned(project.path)


def test_contexts_cover_every_pair_of_options():
    assert coverage([*CONTEXTS.values(), *RENDERED.values()], list(OPTIONS)) == 1
    assert coverage(list(CONTEXTS.values()), RUNNING) == 1


def test_coverage_notices_a_pair_that_is_missing():
    assert coverage([CONTEXTS["defaults"]], RUNNING) < 1


@pytest.mark.parametrize("option", FILES_ONLY)
def test_option_that_is_not_run_in_pairs_reaches_no_code(option: str):
    naming = re.compile(rf"cookiecutter\.(?:__)?{option}\b")
    modules = [path for path in raw_files() if path.suffix == ".py"]
    assert not [path for path in modules if naming.search(path.read_text(encoding="utf-8"))]


@every_context
def test_project_holds_exactly_the_files_of_its_answers(project: Project):
    tree = TEMPLATE / "<<cookiecutter.project_slug>>"
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=tree, capture_output=True, text=True
    )
    expected = set(listed.stdout.strip("\0").split("\0"))
    for path, owners in TABLE["_owned_paths"].items():
        if not all(project.answers[option] in values for option, values in owners.items()):
            expected = {name for name in expected if name != path and not name.startswith(f"{path}/")}
    lock = {
        "venv": ["requirements.txt", "requirements-dev.txt"],
        "poetry": ["poetry.lock"],
        "uv": ["uv.lock"],
    }
    # What is only rendered has no lock.
    expected |= (
        set(lock[project.answers["dependency_manager"]]) if (project.path / ".venv").exists() else set()
    )
    assert set(files(project)) == expected
    made_by_tools = {".git", ".venv", ".ruff_cache", "__pycache__", "instance"}
    folders = [
        path for path in project.path.rglob("*") if path.is_dir() and not made_by_tools & set(path.parts)
    ]
    assert not [path for path in folders if not any(path.iterdir())]


@every_context
def test_project_does_not_know_that_a_template_existed(project: Project):
    telling = [word for word in LEFTOVERS if word not in project.answers["project_name"]]
    for name in files(project):
        text = (project.path / name).read_text(encoding="utf-8")
        assert not [word for word in telling if word in text], name
        assert "\r" not in text, name


@every_context
def test_option_that_is_off_leaves_no_trace(project: Project):
    words = foreign(project.answers)
    for name in set(files(project)) - set(LOCKS) - {"LICENSE"}:  # licences speak of redistribution
        text = (project.path / name).read_text(encoding="utf-8")
        assert not [word for word in words if word in text], name


@every_context
def test_project_names_no_file_that_belongs_to_another_answer(project: Project):
    tree = TEMPLATE / "<<cookiecutter.project_slug>>"
    for name in set(files(project)) - set(LOCKS):
        named = PATH.findall((project.path / name).read_text(encoding="utf-8"))
        strange = [path for path in named if (tree / path).exists() and not (project.path / path).exists()]
        assert not strange, name


@every_context
def test_files_parse_and_carry_the_text_as_typed(project: Project):
    for name in files(project):
        text = (project.path / name).read_text(encoding="utf-8")
        if name.endswith((".yaml", ".yml")):
            list(yaml.safe_load_all(text))
        elif name.endswith((".toml", ".lock")) and name != "uv.lock":
            tomllib.loads(text)
        elif name.endswith(".json"):
            json.loads(text)
        elif name.endswith(".py"):
            compile(text, name, "exec")
    metadata = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["description"] == project.answers["description"]
    assert metadata["authors"][0]["name"] == project.answers["author_name"]


@every_context
def test_secret_is_in_the_env_file_alone(project: Project):
    env = project.path / ".env"
    secret = next(line for line in env.read_text().splitlines() if line.startswith("SECRET_KEY=")).partition(
        "="
    )[2]
    assert len(secret.strip("\"'")) >= 43
    assert env.stat().st_mode & 0o777 == 0o600
    assert ".env" not in files(project)
    assert not [
        name for name in files(project) if secret in (project.path / name).read_text(encoding="utf-8")
    ]


@every_running_context
def test_code_is_linted_and_formatted(project: Project):
    project.make("lint")


@every_running_context
def test_types_are_strict(project: Project, types_cache: TypesCache):
    types_cache.check(project)


@pytest.mark.parametrize("project", [name for name in CONTEXTS if name not in ON_POSTGRESQL], indirect=True)
def test_own_tests_pass_and_cover(project: Project, request: pytest.FixtureRequest):
    # To measure the coverage takes as long again; for accounts it is done once, below, or with --whole.
    if project.answers["auth"] and not request.config.getoption("--whole"):
        project.run(".venv/bin/pytest")
    else:
        project.make("test")


@pytest.mark.parametrize("project", ON_POSTGRESQL, indirect=True)
def test_own_tests_pass_and_cover_on_postgresql(project: Project, postgres: Postgres):
    project.make("test", TEST_DATABASE_URL=postgres.create_database("own-tests"))


@every_running_context
def test_models_and_migrations_agree(project: Project):
    assert "No new upgrade operations detected" in project.run(".venv/bin/flask", "db", "check")


@every_running_context
def test_development_server_shows_the_page(project: Project):
    with project.serving("run") as url:
        assert project.answers["project_name"] in unescape(get(url).text)
        if project.answers["api"] != "none":
            answer = json.loads(get(f"{url}/api/v1/notes/").text)
            assert answer["status"] == 401 if project.answers["auth"] else isinstance(answer, list)


@every_running_context
def test_production_server_answers(project: Project):
    database = project.environment.get("DATABASE_URL") or f"sqlite:///{project.path / 'instance' / 'dev.db'}"
    with project.serving("serve", **PRODUCTION, DATABASE_URL=database) as url:
        page, health = get(url), wait_until_ready(lambda path: get(url + path))
    assert (page.status, health.status) == (200, 200)
    assert page.headers["Strict-Transport-Security"]
