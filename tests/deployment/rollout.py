"""Roll a project out on a real cluster, change it under load, break it, and count what was lost.

    KUBECTL="kubectl --context kind-trial" PYTHONPATH=tests/support python tests/deployment/rollout.py [postgresql] [sqlite]

For a look by hand or a slow job, not for every run: it builds images, and makes and removes three namespaces. The nodes
must see this machine's Docker images, `postgres:17` among them.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cluster import finished, kubectl, wait_until
from cluster_trial import SPACE, Trial, pods, ready, remove

CLIENTS, SECONDS = 20, 60


def say(what: str, **figures: Any) -> None:
    """Print what was seen."""
    print(f"{what}: {json.dumps(figures)}", flush=True)


def lost_nothing(what: str, report: dict[str, Any], **figures: Any) -> None:
    """Print how the clients fared, and fail when one of them got anything but its page."""
    say(what, **figures, **report)
    for pod in pods() if report["failed"] else []:
        log = kubectl("--namespace", SPACE, "logs", pod["metadata"]["name"], check=False)
        print(*[line for line in log.splitlines() if '"level":"info"' not in line], sep="\n")
    assert report["requests"] > 500, "that was no load"
    assert not report["failed"], report


def serves(trial: Trial) -> None:
    """Ask for everything that a visitor does."""
    assert trial.ask("/readyz") == {"status": "ok", "database": "ok"}
    assert "<h1" in trial.ask("/")
    assert "<h1" in trial.ask("/notes/")
    assert "{" in trial.ask("/static/css/app.css")
    assert trial.ask("/api/v1/notes/", {"title": "한국 😀"})["title"] == "한국 😀"
    assert [note["title"] for note in trial.ask("/api/v1/notes/")] == ["한국 😀"]


def has_no_rights(trial: Trial) -> None:
    """Look from inside."""
    status = trial.inside("cat", "/proc/1/status")
    assert "CapEff:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    assert trial.inside("id", "-u").strip() == "10001"
    assert "refused" in trial.inside("sh", "-c", "touch /srv/app/x 2>/dev/null || echo refused")
    assert "none" in trial.inside("sh", "-c", "ls /var/run/secrets/kubernetes.io 2>/dev/null || echo none")


def comes_back(trial: Trial) -> None:
    """Back up, lose the rows, restore: by the CronJobs, and by way of this machine as the page says."""
    for name in ("backup", "restore"):
        kubectl("--namespace", SPACE, "create", "job", f"{name}-trial", f"--from=cronjob/{name}")
        say(name, said=finished(SPACE, f"{name}-trial").strip())
        if name == "backup":
            trial.inside("python", "-c", FORGET)
            assert trial.ask("/api/v1/notes/") == []
    page = (trial.path / "deploy/k8s/README.md").read_text()
    there, back = (line for line in page.splitlines() if line.endswith("data.backup"))
    trial.shell(there)
    trial.inside("python", "-c", FORGET)
    trial.shell(back)
    assert [note["title"] for note in trial.ask("/api/v1/notes/")] == ["한국 😀"]


def kill(trial: Trial, *how: str) -> None:
    """Take a pod away."""
    kubectl("--namespace", SPACE, "delete", "pod", pods()[0]["metadata"]["name"], *how)


FORGET = (
    "from app import create_app\nfrom app.extensions import db\nfrom app.models import Note\n"
    "with create_app().app_context():\n    db.session.execute(db.delete(Note)); db.session.commit()"
)
MIGRATION = '''"""A column for the trial."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Add it."""
    op.add_column("notes", sa.Column("trial", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("notes", "trial")
'''


def on_a_server(trial: Trial) -> None:
    """Everything that a database server allows."""
    say("first release", seconds=round(trial.release(), 1))
    wait_until("two pods are ready", lambda: ready(2))
    serves(trial)
    has_no_rights(trial)

    versions = trial.path / "migrations/versions"
    (versions / "0002_trial.py").write_text(MIGRATION)
    trial.build("2")
    with trial.load(SECONDS, CLIENTS) as report:
        seconds = trial.release()
    lost_nothing("release with a migration, a connection for each request", report, seconds=round(seconds, 1))
    assert "0002" in trial.inside("flask", "db", "current")

    with trial.load(SECONDS, CLIENTS, "kept") as report:
        trial.inside("flask", "db", "downgrade", "0001")
        kubectl("--namespace", SPACE, "rollout", "undo", "deployment/web")
        kubectl("--namespace", SPACE, "rollout", "status", "deployment/web", "--timeout=5m")
    lost_nothing("migration and release rolled back, connections kept", report)
    assert "0001" in trial.inside("flask", "db", "current")

    wait_until("two pods are ready", lambda: ready(2))
    with trial.load(30, CLIENTS) as report:
        kill(trial)
    lost_nothing("pod deleted", report)
    wait_until("two pods are ready", lambda: ready(2))
    with trial.load(30, CLIENTS) as report:
        kill(trial, "--force", "--grace-period=0")
    say("pod killed without grace", **report)

    (versions / "0003_fails.py").write_text(MIGRATION.replace("0002", "0003").replace("0001", "0002"))
    trial.build("3")  # 0003 adds the column of 0002 once more
    names = {pod["metadata"]["name"] for pod in pods()}
    with pytest.raises(RuntimeError, match="stay live"):
        trial.release()
    assert names == {pod["metadata"]["name"] for pod in pods()}
    say("a migration that failed stopped its release", ready=trial.ask("/readyz")["status"])


def in_a_file(trial: Trial) -> None:
    """Everything that a database in a file allows."""
    say("first release", seconds=round(trial.release(), 1))
    serves(trial)
    has_no_rights(trial)
    kill(trial)
    wait_until("the pod is back", lambda: ready(1))
    assert len(trial.ask("/api/v1/notes/")) == 1

    (trial.path / "migrations/versions/0002_trial.py").write_text(MIGRATION)
    trial.build("2")
    with trial.load(SECONDS, CLIENTS) as report:
        seconds = trial.release()
    say("release with a migration, one pod", seconds=round(seconds, 1), **report)
    assert "0002" in trial.inside("flask", "db", "current")


STORIES = {"postgresql": on_a_server, "sqlite": in_a_file}


def main(databases: list[str]) -> None:
    """Try each kind of project, and leave nothing behind."""
    for database in databases:
        print(database)
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(Path(folder), database)
            trial.build("1")
            trial.prepare()
            STORIES[database](trial)
            comes_back(trial)
        remove()
        for tag in "123":
            subprocess.run(["docker", "image", "rm", "--force", f"rollout:{tag}"], capture_output=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(STORIES))
