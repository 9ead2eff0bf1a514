"""Every part that the guide behind this template names is in a project, and each does what the guide says."""

import json
import tomllib
from pathlib import Path

import pytest
from project import Project

# The parts of the guide's project, each with the tests of the project that miss it when it is gone.
PARTS = {
    "pyproject.toml": None,
    ".env.example": "tests/core/test_env_example.py",
    ".flaskenv": "tests/core/test_cli.py",
    "README.md": None,
    "wsgi.py": "tests/core/test_gunicorn.py",
    "manage.py": "tests/core/test_cli.py",
    "app/__init__.py": "tests/test_main.py",
    "app/config.py": "tests/core/test_config.py",
    "app/extensions.py": "tests/core/test_extensions.py",
    "app/cli.py": "tests/core/test_cli.py",
    "app/blueprints/main/__init__.py": "tests/test_main.py",
    "app/blueprints/main/views.py": "tests/test_notes.py",
    "app/blueprints/main/forms.py": "tests/test_notes.py",
    "app/blueprints/main/services.py": "tests/test_notes.py",
    "app/blueprints/api/v1/__init__.py": "tests/test_api_v1.py",
    "app/blueprints/api/v1/resources.py": "tests/test_api_v1.py",
    "app/blueprints/api/v1/schemas.py": "tests/test_api_v1.py",
    "app/blueprints/api/v2/resources.py": "tests/test_api_v2.py",
    "app/templates/base.html": "tests/test_main.py",
    "app/static/css/app.css": "tests/core/test_security.py",
    "scripts/backup_data.py": "tests/core/test_backup_data.py",
    "tests/conftest.py": None,
    "gunicorn.conf.py": "tests/core/test_gunicorn.py",
}
MODULES = {part for part in PARTS if part.startswith("app/") and part.endswith(".py")}
NAMES = """
from app import create_app
from app.blueprints.api.v1 import api_v1_bp
from app.blueprints.main import main_bp
from app.cli import register_cli_commands
from app.config import BaseConfig, DevelopmentConfig, ProductionConfig, TestingConfig, load_config
from app.errors import register_error_handlers
from app.extensions import db, init_extensions, migrate
app = create_app("testing")
rules = sorted(rule.rule for rule in app.url_map.iter_rules())
import json
print(json.dumps([sorted(app.blueprints), rules, load_config("testing")["SQLALCHEMY_DATABASE_URI"]]))
"""
with_everything = pytest.mark.parametrize("project", ["full"], indirect=True)


@with_everything
@pytest.mark.parametrize("part", PARTS)
def test_part_is_there(project: Project, part: str):
    assert (project.path / part).stat().st_size


# What nothing imports; without a module of the application no test of it could even begin.
@pytest.mark.parametrize("project", ["defaults"], indirect=True)
@pytest.mark.parametrize("part", [part for part in PARTS if PARTS[part] and part not in MODULES])
def test_part_that_is_gone_is_missed_by_the_projects_tests(project: Project, part: str):
    command = [".venv/bin/pytest", "-x", "-q", "-p", "no:cacheprovider", str(PARTS[part])]
    aside = (project.path / part).rename(project.path / "aside")
    try:
        said = project.run(*command, check=False)
    finally:
        aside.rename(project.path / part)
    assert " failed" in said or " error" in said, said


@with_everything
def test_names_that_users_know_can_be_imported(project: Project):
    blueprints, rules, url = json.loads(project.run(".venv/bin/python", "-c", NAMES).splitlines()[-1])
    assert {"main", "api_v1", "api_v2"} <= set(blueprints)
    assert {"/", "/api/v1/notes/", "/api/v2/notes/"} <= set(rules)
    assert url == "sqlite:///:memory:"


@with_everything
def test_dependencies_are_declared_in_three_groups(project: Project):
    tables = tomllib.loads((project.path / "pyproject.toml").read_text())
    names = {
        group: {requirement.partition(">")[0] for requirement in requirements}
        for group, requirements in {
            "main": tables["project"]["dependencies"],
            **tables["dependency-groups"],
        }.items()
    }
    assert {"flask", "python-dotenv"} <= names["main"]
    assert names["prod"] == {"gunicorn"}
    assert {"pytest", "pytest-cov", "mypy"} <= names["dev"]


@with_everything
def test_commands_of_the_guide_work(project: Project, tmp_path: Path):
    assert "Hello from" in project.run(".venv/bin/flask", "hello")
    assert "main.index" in project.run(".venv/bin/flask", "routes")
    assert "Hello from" in project.run(".venv/bin/python", "manage.py", "hello")
    backup = str(tmp_path / "backup.gz")
    assert "Saved" in project.run(".venv/bin/python", "-m", "scripts.backup_data", "backup", backup)
    assert "Restored" in project.run(".venv/bin/python", "-m", "scripts.backup_data", "restore", backup)
