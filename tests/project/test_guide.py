"""Every part of the guide behind this template is in a project and does what the guide says, under the names it uses.

Where a project has a better form of a part, the test accepts that form and its docstring or a comment says why. The
contexts are the defaults (venv, SQLite) and `full` (Poetry, PostgreSQL, everything on).
"""

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from compose_stack import bake
from contexts import CONTEXTS, OPTIONS
from production import in_production
from project import Project, get
from workspace import TEMPLATE, missing

guided = pytest.mark.parametrize("project", ["defaults", "full"], indirect=True)

TREE = [
    "pyproject.toml",
    ".env",
    ".env.example",
    ".flaskenv",
    ".gitignore",
    "README.md",
    "LICENSE",
    "Makefile",
    "wsgi.py",
    "manage.py",
    "gunicorn.conf.py",
    "app/__init__.py",
    "app/config.py",
    "app/extensions.py",
    "app/cli.py",
    "app/blueprints/main/__init__.py",
    "app/blueprints/main/views.py",
    "app/blueprints/main/forms.py",
    "app/blueprints/main/services.py",
    "app/blueprints/api/v1/__init__.py",
    # Its schema and its resources; the guide has one file for each of both, a generated resource is one file.
    "app/blueprints/api/v1/notes.py",
    "app/templates/base.html",
    "app/static/css/app.css",
    "migrations/env.py",
    "scripts/backup_data.py",
    "Dockerfile",
    "tests/conftest.py",
    "tests/test_main.py",
]

# Prints as JSON, on the last line, what the guide says of the application.
PROBE = """
import inspect, json, os
from flask import g
from app import create_app
from app.blueprints.api.v1 import api_v1_bp
from app.blueprints.main import main_bp
from app.cli import register_cli_commands
from app.config import BaseConfig, DevelopmentConfig, ProductionConfig, TestingConfig, load_config
from app.core.errors import register_error_handlers
from app.extensions import db, init_extensions, migrate
from wsgi import app as wsgi_app

def chosen(environment):
    os.environ["APP_ENV"] = environment
    return load_config()

app = create_app("testing")
app.add_url_rule("/guide/request-id", view_func=lambda: g.request_id)
with app.app_context():
    db.create_all()
client = app.test_client()
ids = [client.get("/guide/request-id", headers=sent) for sent in ({"X-Request-ID": "guide-1"}, {}, {})]
missing = client.get("/api/v1/nothing", headers={"Accept": "text/html"})
print()
print(json.dumps({
    "signature": str(inspect.signature(create_app)),
    "wsgi": type(wsgi_app).__name__,
    "instance_relative": app.config.root_path == app.instance_path,
    "blueprints": sorted(app.blueprints),
    "registered": [app.blueprints["main"] is main_bp, app.blueprints["api_v1"] is api_v1_bp],
    "api_rules": [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api_v1.")],
    "rules": [rule.rule for rule in app.url_map.iter_rules()],
    "layers": [issubclass(c, BaseConfig) for c in (DevelopmentConfig, ProductionConfig, TestingConfig)],
    "settings": sorted(load_config("testing")),
    "testing": [chosen("testing").get("TESTING"), load_config("testing")["SQLALCHEMY_DATABASE_URI"]],
    "development": chosen("development").get("DEBUG"),
    "extensions": sorted(app.extensions),
    "commands": sorted(app.cli.commands),
    "functions": [f.__name__ for f in (init_extensions, register_error_handlers, register_cli_commands)],
    "ids": [answer.text for answer in ids],
    "echoed": ids[0].headers.get("X-Request-ID"),
    "missing": [missing.status_code, missing.mimetype, missing.get_json()],
    "css": client.get("/static/css/app.css").status_code,
}))
"""


@cache
def probe(folder: Path) -> dict[str, Any]:
    """Return what PROBE prints in a project."""
    printed = Project(folder, {}).run(".venv/bin/python", "-c", PROBE)
    facts: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return facts


def tracked(project: Project) -> set[str]:
    """Return the paths under version control."""
    return set(project.run("git", "ls-files", "-z").strip("\0").split("\0"))


def nginx(project: Project) -> str:
    """Return the directives of Nginx, without comments."""
    files = sorted((project.path / "deploy" / "nginx").rglob("*.conf"))
    return re.sub(r"(^|\s)#.*", "", "\n".join(path.read_text() for path in files))


def python(project: Project, source: str, **variables: str) -> str:
    """Run Python in a project and return the last line that it prints."""
    return project.run(".venv/bin/python", "-c", source, **variables).splitlines()[-1]


# The tree and its names


@guided
def test_tree_has_the_parts_of_the_guide(project: Project):
    assert [part for part in TREE if not (project.path / part).stat().st_size] == []
    # `tests/web/test_api.py` has a name for each version of the API, because versions end at different times.
    assert list((project.path / "tests").rglob("test_api*.py"))
    lock = "poetry.lock" if project.answers["dependency_manager"] == "poetry" else "requirements.txt"
    assert lock in tracked(project)


@guided
def test_factory_takes_the_name_of_a_configuration_and_blueprints_stand_where_expected(project: Project):
    facts = probe(project.path)
    assert facts["signature"] == "(config_name: str | None = None) -> flask.app.Flask"
    assert facts["wsgi"] == "Flask"
    assert facts["registered"] == [True, True]
    assert "/" in facts["rules"]
    assert facts["api_rules"]
    assert all(rule.startswith("/api/v1/") for rule in facts["api_rules"])
    v2 = project.answers["api"] == "v1-v2"
    assert ("api_v2" in facts["blueprints"]) == v2 == any(r.startswith("/api/v2/") for r in facts["rules"])
    assert facts["functions"] == ["init_extensions", "register_error_handlers", "register_cli_commands"]
    assert {"sqlalchemy", "migrate"} <= set(facts["extensions"])


@guided
def test_configuration_has_layers_chosen_by_app_env(project: Project):
    """`FLASK_ENV` is gone since Flask 2.3, so APP_ENV alone decides."""
    facts = probe(project.path)
    assert facts["layers"] == [True, True, True]
    assert {"SECRET_KEY", "SQLALCHEMY_DATABASE_URI"} <= set(facts["settings"])
    assert all(name.isupper() for name in facts["settings"])
    assert facts["testing"] == [True, "sqlite:///:memory:"]
    assert facts["development"] is True
    assert facts["instance_relative"]


@guided
def test_unknown_environment_is_refused(project: Project):
    """The guide falls back to development, which would serve a debugger in production."""
    script = "from app import create_app; create_app('produktion')"
    assert "APP_ENV" in project.run(".venv/bin/python", "-c", script, check=False).splitlines()[-1]


@guided
def test_production_refuses_to_start_without_its_settings_and_reads_no_env_file(project: Project):
    """`.env` of a new project holds both."""
    assert "SECRET_KEY=" in (project.path / ".env").read_text()
    script = "from app import create_app; create_app('production')"
    printed = project.run(".venv/bin/python", "-c", script, check=False, DATABASE_URL="")
    assert "Error" in printed
    assert "SECRET_KEY" in printed
    assert "DATABASE_URL" in printed


@guided
def test_backing_services_are_replaced_by_their_urls(project: Project):
    url = "sqlite:////srv/other.db"
    script = (
        "from app.config import load_config; print(load_config('development')['SQLALCHEMY_DATABASE_URI'])"
    )
    assert python(project, script, DATABASE_URL=url) == url


# Context


@guided
def test_request_id_is_in_g_before_every_request(project: Project):
    """Without the header the guide says `unknown`; here each such request has an id of its own to search the logs for."""
    sent, first, second = probe(project.path)["ids"]
    assert sent == probe(project.path)["echoed"] == "guide-1"
    assert first != second
    assert min(len(first), len(second)) >= 16


@guided
def test_services_know_the_application_and_never_the_request(project: Project):
    services = sorted((project.path / "app" / "blueprints").rglob("services.py"))
    assert services
    for path in services:
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "flask"
            for name in node.names
        }
        assert not imported & {"request", "session"}, path
    assert re.search(r"from flask import .*\b(current_app|g)\b", services[-1].read_text())


# Commands


@guided
def test_commands_of_the_guide_work(project: Project):
    assert {"hello", "db"} <= set(probe(project.path)["commands"]) | {"db"}
    assert "Hello from" in project.run(".venv/bin/flask", "hello")
    assert "main.index" in project.run(".venv/bin/flask", "routes")
    assert "upgrade" in project.run(".venv/bin/flask", "db", "--help")
    assert "Hello from" in project.run(".venv/bin/python", "manage.py", "hello")


@guided
def test_flask_command_finds_the_application_by_flaskenv(project: Project):
    lines = (project.path / ".flaskenv").read_text().splitlines()
    assert {"FLASK_APP=wsgi.py", "FLASK_DEBUG=1"} <= set(lines)


@guided
def test_env_file_stays_out_of_git_and_its_example_lists_the_variables(project: Project):
    assert ".env" not in tracked(project)
    assert project.run("git", "check-ignore", ".env").strip() == ".env"
    assert {".env.example", ".flaskenv"} <= tracked(project)
    example = (project.path / ".env.example").read_text()
    redis = ["REDIS_URL"] if project.answers["cache"] == "redis" else []
    for name in ["APP_ENV", "SECRET_KEY", "DATABASE_URL", *redis]:
        assert re.search(rf"^(# )?{name}=", example, re.MULTILINE), name
    # A key that everybody knows is worse than none.
    assert re.search(r"^SECRET_KEY=$", example, re.MULTILINE)


@guided
def test_dependencies_are_declared_in_three_groups(project: Project):
    tables = tomllib.loads((project.path / "pyproject.toml").read_text())
    listed = {"main": tables["project"]["dependencies"], **tables["dependency-groups"]}
    names = {
        group: {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements}
        for group, requirements in listed.items()
    }
    assert {
        "flask",
        "flask-sqlalchemy",
        "flask-migrate",
        "flask-wtf",
        "marshmallow",
        "python-dotenv",
    } <= names["main"]
    assert "gunicorn" in names["prod"] - names["main"]
    # Ruff formats and sorts imports as Black and isort do; they are the other value of the option `linter`.
    assert {"pytest", "pytest-cov", "mypy", "ruff"} <= names["dev"] - names["main"] - names["prod"]


def test_black_and_isort_are_there_for_the_asking(tmp_path: Path):
    path = bake(tmp_path, "Formatted", "install=false", "linter=black-isort")
    dev = tomllib.loads((path / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    assert {"black", "isort"} <= {re.split(r"[<>=]", requirement)[0] for requirement in dev}


def rows(project: Project, url: str, then: str = "") -> int:
    """Count the notes in a database, run the statement `then`."""
    count = "db.session.scalar(select(func.count()).select_from(Note))"
    script = f"""
from sqlalchemy import delete, func, select
from app import create_app
from app.extensions import db
from app.models import Note
with create_app().app_context():
    count = {count}
    {then or "pass"}
    db.session.commit()
print(count)
"""
    return int(python(project, script, DATABASE_URL=url))


@guided
def test_backup_script_works_in_an_application_context(
    project: Project, tmp_path: Path, request: pytest.FixtureRequest
):
    url = f"sqlite:///{tmp_path / 'guide.db'}"
    if project.answers["database"] == "postgresql":
        url = request.getfixturevalue("postgres").create_database("guide")
    for command in (["db", "upgrade"], ["seed"]):
        project.run(".venv/bin/flask", *command, DATABASE_URL=url)
    script = [".venv/bin/python", "-m", "scripts.backup_data"]
    assert "app_context()" in (project.path / "scripts" / "backup_data.py").read_text()
    project.run(*script, "backup", str(tmp_path / "backup"), DATABASE_URL=url)
    before = rows(project, url, then="db.session.execute(delete(Note))")
    assert before > 0
    assert rows(project, url) == 0
    project.run(*script, "restore", "--yes", str(tmp_path / "backup"), DATABASE_URL=url)
    assert rows(project, url) == before


# Production


@guided
def test_gunicorn_has_the_options_of_the_guide(project: Project):
    """The access log is the application's own line for each request, on stdout; see the next test."""
    printed = project.run(
        ".venv/bin/gunicorn", "--print-config", "wsgi:app", WEB_CONCURRENCY="3", PORT="8123"
    )
    config = dict(re.findall(r"^(\w+) += (.*)$", printed, re.MULTILINE))
    assert config["bind"] == "['127.0.0.1:8123']"
    assert config["workers"] == "3"
    assert int(config["threads"]) >= 2
    assert config["timeout"] == "30"
    assert 0 < int(config["graceful_timeout"]) <= 30
    assert config["errorlog"] == "-"
    settings = ast.parse((project.path / "gunicorn.conf.py").read_text()).body
    named = {
        t.id for n in settings if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    assert {"bind", "workers", "threads", "timeout", "graceful_timeout"} <= named


@guided
def test_access_and_error_logs_are_structured_events_on_stdout(project: Project, tmp_path: Path):
    database = {"DATABASE_URL": project.environment.get("DATABASE_URL") or f"sqlite:///{tmp_path / 'x.db'}"}
    with in_production(project, tmp_path / "log", **database) as server:
        assert get(f"{server.url}/guide", X_Request_ID="guide-2").status == 404
    lines = server.lines()  # each is an object of JSON
    [access] = [line for line in lines if line.get("path") == "/guide"]
    assert access["status"] == 404
    assert access["request_id"] == "guide-2"
    assert any("gunicorn" in line.get("event", "").lower() for line in lines)


@guided
def test_nginx_passes_requests_on_as_the_guide_does(project: Project):
    config = nginx(project)
    assert {"/", "/static/"} <= set(re.findall(r"location\s+(\S+)\s*\{", config))
    assert re.search(r"client_max_body_size\s+(16m|16777216);", config)
    assert re.search(r"server_name\s+example\.com\b", config)
    assert re.search(r"proxy_pass\s+http://", config)
    # No X-Real-IP: one header says who the client is, and the application reads X-Forwarded-For alone. It is set and
    # not appended to, so that no client can make up an address.
    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Proto"):
        assert re.search(rf"proxy_set_header\s+{header}\s+\$", config), header
    [seconds] = re.findall(r"proxy_read_timeout\s+(\d+)s?;", config)
    assert int(seconds) >= 60


@guided
def test_nginx_serves_static_files_itself_and_lets_browsers_keep_them(project: Project):
    """The guide's `expires 7d` is a year here, because a file's URL names its digest."""
    [block] = re.findall(r"location\s+/static/\s*\{(.*?)\}", nginx(project), re.DOTALL)
    assert re.search(r"^\s*(root|alias)\s+/", block, re.MULTILINE)
    days = [int(day) for day in re.findall(r"expires\s+(\d+)d", block)]
    days += [int(seconds) // 86400 for seconds in re.findall(r"max-age=(\d+)", block)]
    assert max(days) >= 7
    assert probe(project.path)["css"] == 200


@guided
def test_image_is_built_in_stages_and_runs_in_production(project: Project):
    """A virtual environment comes out of the builder stage instead of wheels, which would be installed once more."""
    stages = (project.path / "Dockerfile").read_text().split("\nFROM ")[1:]
    names = [found[1] for stage in stages if (found := re.match(r"\S+ AS (\w+)", stage))]
    assert "builder" in names
    builder, last = next(s for s in stages if " AS builder" in s.splitlines()[0]), stages[-1]
    assert re.search(r"pip\b.*\binstall.* -r requirements\.txt|uv sync|poetry install", builder, re.DOTALL)
    assert "COPY --from=builder" in last
    assert not re.search(r"pip\b.* install|build-essential|gcc|-dev\b", last)
    for variable in ("PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1", "APP_ENV=production"):
        assert variable in last
    assert re.search(r'^CMD \["gunicorn", .*"wsgi:app"\]$', last, re.MULTILINE)
    ignored = (project.path / ".dockerignore").read_text().splitlines()
    assert ".env" in ignored or "*" in ignored or ".env*" in ignored


@pytest.mark.parametrize(
    ("server", "package"),
    [("uwsgi", "pyuwsgi"), ("waitress", "waitress"), ("hypercorn", "hypercorn"), ("granian", "granian")],
)
def test_other_servers_are_options(tmp_path: Path, server: str, package: str):
    """Each is started and asked for a page in test_matrix.py."""
    assert server in OPTIONS["wsgi_server"]
    path = bake(tmp_path, "Served", "install=false", f"wsgi_server={server}")
    groups = tomllib.loads((path / "pyproject.toml").read_text())["dependency-groups"]
    assert [name for name in groups["prod"] if name.startswith(package)]
    serve = (path / "Makefile").read_text().partition("\nserve:")[2].partition("\n\n")[0]
    assert server in serve
    assert not (path / "gunicorn.conf.py").exists()


# Tests of the project and errors


@guided
def test_projects_tests_have_the_fixtures_app_and_client(project: Project):
    printed = project.run(
        ".venv/bin/pytest", "--fixtures", "-q", "-p", "no:cacheprovider", "tests/test_main.py"
    )
    for fixture in ("app", "client"):
        assert re.search(rf"^{fixture} -- tests/conftest\.py", printed, re.MULTILINE), fixture
    assert " passed" in project.run(".venv/bin/pytest", "-q", "-p", "no:cacheprovider", "tests/test_main.py")


@guided
def test_api_tells_in_json_that_something_is_missing(project: Project):
    """The guide's `{"error": "Not Found"}` has the form of RFC 9457 here."""
    status, mimetype, document = probe(project.path)["missing"]
    assert (status, mimetype) == (404, "application/problem+json")
    assert (document["title"], document["status"]) == ("Not Found", 404)


# What the mission names of the template itself


def test_repository_has_the_parts_that_cookiecutter_users_look_for():
    for name in (
        "cookiecutter.json",
        "<<cookiecutter.project_slug>>",
        "hooks",
        "tests",
        "README.md",
        "LICENSE",
    ):
        assert (TEMPLATE / name).exists(), name
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^cookiecutter gh:\S+$", readme, re.MULTILINE)
    assert re.search(r"^make run\b", readme, re.MULTILINE)


@pytest.mark.parametrize("manager", OPTIONS["dependency_manager"])
def test_one_command_leaves_a_project_that_runs(manager: str, tmp_path: Path):
    """The hook makes `.env`, the environment, its lock and the database of every manager."""
    if manager == "poetry" and not shutil.which("poetry"):
        missing("Poetry")
    project = Project(bake(tmp_path, "Shop", f"dependency_manager={manager}"), {})
    assert re.search(r"^SECRET_KEY=\S{43,}$", (project.path / ".env").read_text(), re.MULTILINE)
    assert "No new upgrade operations" in project.run(".venv/bin/flask", "db", "check")
    with project.serving("run") as url:
        assert get(url).status == 200


# A check that cannot fail is worse than none: one defect each, and the test that must see it.


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces a regular expression in the files of a pattern."""

    def edit(folder: Path) -> None:
        changed = 0
        for path in folder.glob(name):
            text, count = re.subn(old, new, path.read_text(), flags=re.MULTILINE)
            path.write_text(text)
            changed += count
        assert changed, f"the defect found nothing to spoil: {old} in {name}"

    return edit


DEFECTS: list[tuple[Callable[[Project], None], Callable[[Path], None]]] = [
    (test_tree_has_the_parts_of_the_guide, replace("manage.py", r"[\s\S]+", "")),
    (
        test_factory_takes_the_name_of_a_configuration_and_blueprints_stand_where_expected,
        replace("app/blueprints/main/__init__.py", r"\bmain_bp\b", "pages"),
    ),
    (
        test_factory_takes_the_name_of_a_configuration_and_blueprints_stand_where_expected,
        replace("app/__init__.py", "config_name: str", "config: str"),
    ),
    (test_configuration_has_layers_chosen_by_app_env, replace("app/config.py", ":memory:", "test.db")),
    (
        test_configuration_has_layers_chosen_by_app_env,
        replace("app/__init__.py", "instance_relative_config=True", ""),
    ),
    (test_request_id_is_in_g_before_every_request, replace("app/core/*.py", '"X-Request-ID"', '"X-Id"')),
    (
        test_services_know_the_application_and_never_the_request,
        replace("app/blueprints/main/services.py", "^from flask import ", "from flask import request, "),
    ),
    (test_commands_of_the_guide_work, replace("manage.py", "main\\(\\)", "pass")),
    (test_flask_command_finds_the_application_by_flaskenv, replace(".flaskenv", "FLASK_APP", "FLASK_APPS")),
    (
        test_env_file_stays_out_of_git_and_its_example_lists_the_variables,
        replace(".gitignore", r"^/?\.env.*$", ""),
    ),
    (
        test_env_file_stays_out_of_git_and_its_example_lists_the_variables,
        replace(".env.example", "^SECRET_KEY=", "SECRET_KEY=change-me"),
    ),
    (test_dependencies_are_declared_in_three_groups, replace("pyproject.toml", '"gunicorn', '"gunicorns')),
    (test_dependencies_are_declared_in_three_groups, replace("pyproject.toml", '"pytest-cov', '"cov')),
    (test_gunicorn_has_the_options_of_the_guide, replace("gunicorn.conf.py", "^threads = ", "_threads = ")),
    (
        test_nginx_passes_requests_on_as_the_guide_does,
        replace("deploy/nginx/*.conf", r"X-Forwarded-Proto +\$scheme", 'X-Forwarded-Proto ""'),
    ),
    (
        test_nginx_passes_requests_on_as_the_guide_does,
        replace("deploy/nginx/*.conf", "client_max_body_size +16", "client_max_body_size 17"),
    ),
    (
        test_nginx_serves_static_files_itself_and_lets_browsers_keep_them,
        replace("deploy/nginx/*.conf", r"max-age=\d+", "max-age=60"),
    ),
    (
        test_image_is_built_in_stages_and_runs_in_production,
        replace("Dockerfile", "APP_ENV=production", "APP_ENV=development"),
    ),
    (
        test_projects_tests_have_the_fixtures_app_and_client,
        replace("tests/conftest.py", r"def client\(", "def browser("),
    ),
    (
        test_api_tells_in_json_that_something_is_missing,
        replace("app/__init__.py", r"^ +register_error_handlers\(app\)\n", ""),
    ),
    (
        test_production_refuses_to_start_without_its_settings_and_reads_no_env_file,
        replace("app/config.py", '"SECRET_KEY"', '"APP_NAME"'),
    ),
]


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Project], Project]]:
    """Return what clones a project, with its environment, to be spoiled."""
    folder = tmp_path_factory.mktemp("spoiled")
    clones: dict[Path, Project] = {}

    def clone(project: Project) -> Project:
        if project.path not in clones:
            copy = folder / project.path.name
            subprocess.run(["git", "clone", "--quiet", project.path, copy], check=True)
            (copy / ".venv").symlink_to(project.path / ".venv")
            shutil.copy(project.path / ".env", copy)
            clones[project.path] = Project(copy, project.answers, project.environment)
        return clones[project.path]

    yield clone
    probe.cache_clear()


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
@pytest.mark.parametrize(("check", "defect"), DEFECTS)
def test_seeded_defect_turns_its_check_red(
    project: Project,
    spoiled: Callable[[Project], Project],
    check: Callable[[Project], None],
    defect: Callable[[Path], None],
):
    copy = spoiled(project)
    probe.cache_clear()
    try:
        defect(copy.path)
        with pytest.raises((AssertionError, ValueError)):
            check(copy)
    finally:
        copy.run("git", "checkout", "--quiet", "--", ".")
    probe.cache_clear()


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_clone_without_a_defect_passes(project: Project, spoiled: Callable[[Project], Project]):
    """Otherwise a red check above would prove nothing."""
    for check in dict(DEFECTS):
        check(spoiled(project))


def test_contexts_of_the_guide_differ_in_manager_and_database():
    for option in ("dependency_manager", "database", "auth", "api"):
        assert CONTEXTS["defaults"][option] != CONTEXTS["full"][option], option
