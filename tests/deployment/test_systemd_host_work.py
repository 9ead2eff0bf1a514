"""What a host does besides answering: jobs, scheduled ones too, and backups."""

import json
import time
from collections.abc import Iterator

import pytest
from compose_stack import missing as missing_engine
from systemd_host import Host, clone, running
from workspace import Place, missing

pytestmark = [pytest.mark.linux, pytest.mark.xdist_group("systemd-host")]
BACKUPS = "/var/lib/shop/backups"
UNITS = ("shop-worker.service", "shop-scheduler.service")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with a Redis, on which a project with jobs is installed."""
    if lacking := missing_engine():
        missing(lacking)
    project = clone(Place(tmp_path_factory.mktemp("work")), "jobs=celery", "observability=prometheus")
    with running("example.com") as host:
        host.run("systemctl", "start", "redis-server")
        host.copy(project)
        assert "is in service" in host.install()
        yield host


def wait_for(host: Host, said: str, *command: str) -> None:
    """Ask on the host until it is said, a minute at the most."""
    deadline = time.monotonic() + 60
    while said not in (answer := host.run(*command, check=False)):
        assert time.monotonic() < deadline, answer + host.run("journalctl", "--no-pager", "--lines=50")
        time.sleep(0.5)


def test_export_is_made_by_the_worker_and_seen_by_the_scheduler(host: Host):
    ordered = host.ask("/api/v1/exports/", "POST")
    assert ordered.status == 202
    deadline = time.monotonic() + 60
    while json.loads(host.ask(ordered.headers["Location"]).text)["state"] != "done":
        assert time.monotonic() < deadline, host.run("journalctl", "--no-pager", "--lines=50")
        time.sleep(0.5)
    assert "1 node online" in host.install("run", "celery", "-A", "worker", "status")
    curl = ("curl", "--silent", "--max-time", "5")
    wait_for(host, 'outcome="done"', *curl, "http://127.0.0.1:8002/metrics")
    wait_for(host, 'jobs_in_state{state="done"} ', *curl, "http://127.0.0.1:8003/metrics")


def test_units_of_jobs_are_sandboxed_where_they_run_and_end_when_told(host: Host):
    for unit in UNITS:
        host.run("systemd-analyze", "security", "--no-pager", "--threshold=20", unit)
        host.run("systemctl", "stop", unit)
        shown = host.run("systemctl", "show", "--property=Result,NRestarts", unit)
        assert set(shown.split()) == {"Result=success", "NRestarts=0"}
    host.run("systemctl", "start", *UNITS)


def test_backups_are_made_kept_for_a_month_and_restored(host: Host):
    host.run("systemctl", "start", "shop-backup.service")
    (first,) = host.run("ls", BACKUPS).split()
    host.run("mv", f"{BACKUPS}/{first}", f"{BACKUPS}/old.backup")
    host.run("touch", "--date=31 days ago", f"{BACKUPS}/old.backup")
    host.run("systemctl", "start", "shop-backup.service")
    (made,) = host.run("ls", BACKUPS).split()
    said = host.install("run", "python", "-m", "scripts.backup_data", "restore", "--yes", f"{BACKUPS}/{made}")
    assert "Restored" in said
    assert "shop-backup.timer" in host.run("systemctl", "list-timers", "--no-pager")


def test_backup_that_fails_leaves_the_old_ones(host: Host):
    host.run("touch", "--date=31 days ago", f"{BACKUPS}/old.backup")
    host.run("mv", "/var/lib/shop/data.db", "/var/lib/shop/away.db")
    host.run("mkdir", "/var/lib/shop/data.db")
    host.run("systemctl", "start", "shop-backup.service", check=False)
    host.run("rmdir", "/var/lib/shop/data.db")
    host.run("mv", "/var/lib/shop/away.db", "/var/lib/shop/data.db")
    assert "old.backup" in host.run("ls", BACKUPS)
