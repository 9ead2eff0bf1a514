"""The tree before rendering is a Flask application itself, with every option on."""

import compileall
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from project import Project
from raw_tree import TREE, files
from workspace import TEMPLATE

# Where an answer may decide about lines; everywhere else it decides about whole files.
SEAMS = {
    ".env.example",
    # A service or a job that another answer asks for.
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    # What a release is deployed to.
    ".github/workflows/image.yml",
    ".gitlab-ci.yml",
    "AGENTS.md",
    "Dockerfile",
    # A script that only Nginx needs.
    ".dockerignore",
    "Makefile",
    "README.md",
    "docs/accounts.md",
    "docs/cache.md",
    "docs/database.md",
    "docs/extending.md",
    "docs/observability.md",
    "docs/operations.md",
    "app/__init__.py",
    "app/blueprints/api/__init__.py",
    # Where there are accounts, a token is required.
    "app/blueprints/api/blueprint.py",
    "app/blueprints/api/v1/__init__.py",
    "app/blueprints/api/v2/__init__.py",
    "app/models/__init__.py",
    "app/core/doctor.py",
    # Whose jobs and exports they are, where there are accounts.
    "app/blueprints/exports/__init__.py",
    "app/blueprints/exports/services.py",
    "app/blueprints/exports/tasks.py",
    "app/models/export.py",
    "migrations/versions/0006_note_exports.py",
    "app/observability/error_reports.py",
    "migrations/versions/0004_jobs.py",
    # The image is tried with what its production demands.
    "ci/compose.yaml",
    # Removes the gauges of workers that have ended.
    "gunicorn.conf.py",
    # Who may ask, and whose notes they see.
    "app/auth/setup.py",
    # The ids of traces are on every line of the log.
    "app/core/log_config.py",
    "deploy/nginx/site.conf",
    "deploy/nginx/upstream.conf",
    "app/cache/__init__.py",
    # Whether errors of Redis are counted.
    "app/cache/backend.py",
    "app/models/note.py",
    "migrations/versions/0002_accounts.py",
    "migrations/versions/0007_account_versions.py",
    "app/cli.py",
    "app/config.py",
    # Listens to the connections of the database that there is.
    "app/extensions.py",
    # What is told of a line, of settings and of Redis depends on who listens.
    "app/observability/__init__.py",
    "app/observability/settings.py",
    "app/observability/telemetry.py",
    # Whose notes they are, and how many.
    "app/blueprints/notes/__init__.py",
    "app/blueprints/notes/services.py",
    "app/blueprints/notes/views.py",
    "app/templates/notes/index.html",
    "tests/test_notes.py",
    "tests/test_notes_api_v1.py",
    "tests/test_notes_api_v2.py",
    # The menu of the account, and the first steps.
    "app/static/js/app.js",
    "app/templates/base.html",
    "app/templates/main/index.html",
    # What pages of accounts alone use.
    "app/templates/_ui.html",
    "deploy/k8s/README.md",
    # List one more component, and the key that it reads.
    "deploy/k8s/overlays/production/kustomization.yaml",
    "deploy/k8s/overlays/staging/kustomization.yaml",
    "deploy/k8s/postgresql/secret.example.yaml",
    "deploy/k8s/sqlite/secret.example.yaml",
    "compose.dev.yaml",
    "compose.yaml",
    "deploy/compose/prepare.sh",
    # Workers are replaced after the tables.
    "deploy/k8s/release.sh",
    "pyproject.toml",
    # Say what the chosen server can do, wait on a socket for example, and what it needs on the host.
    "deploy/systemd/README.md",
    # A trace begins at the edge.
    "deploy/nginx/proxy.conf",
    # Where the application is found.
    "deploy/prometheus/README.md",
    "deploy/prometheus/prometheus.yaml",
    "deploy/systemd/env.example",
    "deploy/systemd/web.service",
    # Their metrics have ports beside the server's.
    "deploy/systemd/scheduler.service",
    "deploy/systemd/worker.service",
    # Carry the chosen manager's steps and no other's.
    "deploy/systemd/install.sh",
    # Instances that migrate at once wait for each other, each database in its way.
    "migrations/env.py",
    "scripts/bootstrap.py",
    "scripts/backup_data.py",
    # Write what there is: an API, owners, a cache, the chosen formatter.
    "generators/__init__.py",
    "generators/insertions.jinja",
    "generators/migration.py.jinja",
    "generators/tree.py",
    "generators/resource/app/blueprints/[[ name.plural ]]/__init__.py.jinja",
    "generators/resource/app/blueprints/[[ name.plural ]]/services.py.jinja",
    "generators/resource/app/blueprints/[[ name.plural ]]/views.py.jinja",
    "generators/resource/app/core/fields.py.jinja",
    "generators/resource/app/models/[[ name.singular ]].py.jinja",
    "generators/resource/app/templates/[[ name.plural ]]/index.html.jinja",
    "generators/resource/tests/test_[[ name.plural ]].py.jinja",
    "generators/resource/tests/test_[[ name.plural ]]_api_[[ version ]].py.jinja",
    "tests/conftest.py",
    "tests/test_exports.py",
    "tests/support/exported.py",
    "tests/support/production.py",
    # Migrations are tried on the database that they are written for.
    "tests/core/test_migrations.py",
}


def test_every_python_file_compiles(tmp_path: Path):
    copy = shutil.copytree(TREE, tmp_path / "tree")
    assert compileall.compile_dir(copy, quiet=1, force=True)


def test_only_the_seams_branch():
    branching = {
        path.relative_to(TREE).as_posix()
        for path in files()
        if re.search(r"# <% *(if|for|elif)", path.read_text(encoding="utf-8"))
    }
    assert branching == SEAMS, "give the option a file of its own, or add the file to SEAMS with a reason"


def test_nothing_needs_the_raw_escape():
    assert not [path for path in files() if re.search(r"{% *raw|<% *raw", path.read_text(encoding="utf-8"))]


def test_links_lead_nowhere_inside_the_tree():
    assert not [path for path in files() if path.is_symlink()]


@contextmanager
def everything(python: Path, folder: Path) -> Iterator[None]:
    """Let an environment find the library beside its own that another value of an option would have installed."""
    [needed] = re.findall(r'"(prometheus-client.*)"', (TREE / "pyproject.toml").read_text(encoding="utf-8"))
    uv = TEMPLATE / ".venv" / "bin" / "uv"
    command = [uv, "pip", "install", "--quiet", "--python", python, "--target", folder / "other", needed]
    subprocess.run(command, check=True)
    # Processes that tests start with an environment of their own find it, too.
    [packages] = python.parent.parent.glob("lib/python*/site-packages")
    (packages / "other.pth").write_text(f"{folder / 'other'}\n")
    try:
        yield
    finally:
        (packages / "other.pth").unlink()


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_own_tests_pass_in_place(project: Project, tmp_path: Path):
    """An editor that opens the tree sees an application that imports and passes tests; the others run rendered."""
    copy = Path(shutil.copytree(TREE, tmp_path / "tree"))
    python = project.path / ".venv" / "bin" / "python"
    owned = [path.relative_to(copy) for path in copy.glob("tests/test_*.py")]
    with everything(python, tmp_path):
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core", *owned],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
