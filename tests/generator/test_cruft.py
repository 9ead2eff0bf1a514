"""cruft creates from the template, checks and updates, and never sees a secret."""

import subprocess
import sys
from pathlib import Path

import pytest
import workspace


@pytest.fixture
def template(tmp_path):
    """Return a repository of its own with the template as it is now."""
    folder = tmp_path / "template"
    workspace.copy_template(folder)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder, *words):
    subprocess.run(["git", *words], cwd=folder, env=workspace.home(folder.parent / "home"), check=True)


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def cruft(folder, *words):
    # By its own name, as users call it: the hook looks at that.
    command = [Path(sys.executable).with_name("cruft"), *words]
    env = workspace.home(folder.parent / "home")
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_update_keeps_edits_and_the_secret(template, tmp_path):
    code, said = cruft(
        tmp_path,
        "create",
        "--no-input",
        str(template),
        "--extra-context",
        '{"install": "false", "project_slug": "shop"}',
    )
    assert code == 0, said
    project = tmp_path / "shop"
    secret = tmp_path / "shop" / ".env"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert "cruft adds .cruft.json at the end" in said
    before = secret.read_bytes()
    assert before not in (project / ".cruft.json").read_bytes()
    assert b".env" not in (project / ".cruft.json").read_bytes()
    git(project, "init", "--quiet")
    commit(project)
    assert cruft(project, "check")[0] == 0

    (project / "wsgi.py").write_text((project / "wsgi.py").read_text() + "# mine\n")
    commit(project)
    tree = template / "<<cookiecutter.project_slug>>"
    (tree / "manage.py").write_text((tree / "manage.py").read_text() + "# << 'theirs' | shout >>\n")
    # The new version brings a filter that the old one, rendered in the same process, does not have.
    filters = template / "flask_starter" / "filters.py"
    filters.write_text(filters.read_text() + "\n    environment.filters['shout'] = str.upper\n")
    commit(template)
    assert cruft(project, "check")[0] == 1

    code, said = cruft(project, "update", "--skip-apply-ask")
    assert code == 0, said
    assert (project / "manage.py").read_text().endswith("# THEIRS\n")
    assert (project / "wsgi.py").read_text().endswith("# mine\n")
    assert secret.read_bytes() == before
    assert not list(project.rglob("*.rej"))


def test_answer_is_changed_in_a_project_that_exists(template, tmp_path):
    words = ["create", "--no-input", str(template), "--extra-context"]
    code, said = cruft(tmp_path, *words, '{"install": "false", "project_slug": "shop"}')
    assert code == 0, said
    project = tmp_path / "shop"
    (project / "wsgi.py").write_text((project / "wsgi.py").read_text() + "# mine\n")
    git(project, "init", "--quiet")
    commit(project)
    words = ["update", "--skip-apply-ask", "--refresh-private-variables", "--variables-to-update"]
    code, said = cruft(project, *words, '{"cache": "redis", "wsgi_server": "granian"}')
    assert code == 0, said
    assert (project / "app" / "cache").exists()
    assert not (project / "gunicorn.conf.py").exists()
    assert "granian --interface wsgi" in (project / "Makefile").read_text()
    assert (project / "wsgi.py").read_text().endswith("# mine\n")
    assert not list(project.rglob("*.rej"))
