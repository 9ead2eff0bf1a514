"""A host of our own: installed by the project's one command, then upgraded, killed and rolled back under load."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from compose_stack import missing as missing_engine
from project import wait_until_ready
from systemd_host import MIGRATION, Host, clone, retitle, running, visitors
from workspace import Place, missing

pytestmark = [pytest.mark.linux, pytest.mark.xdist_group("systemd-host")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it is cloned to a host."""
    return clone(Place(tmp_path_factory.mktemp("host")))


@pytest.fixture(scope="module")
def host(project: Path) -> Iterator[Host]:
    """A host on which the project is installed."""
    if lacking := missing_engine():
        missing(lacking)
    with running("example.com") as host:
        host.copy(project)
        assert "is in service" in host.install()
        # All visitors come from one address here.
        host.run("sh", "-c", "echo RATELIMIT_DEFAULT=1000000 per second >>/etc/shop/env")
        host.run("sh", "-c", "echo WEB_CONCURRENCY=2 >>/etc/shop/env")
        host.run("systemctl", "restart", "shop")
        yield host


def test_site_and_its_static_files_are_served_over_tls(host: Host):
    assert host.ask().status == 200
    assert json.loads(wait_until_ready(host.ask).text) == {"status": "ok", "database": "ok"}
    style = host.ask(host.style(), Accept_Encoding="gzip")
    assert (style.status, style.headers["Content-Encoding"]) == (200, "gzip")
    assert style.headers["X-Content-Type-Options"] == "nosniff"


def test_units_are_sound_and_sandboxed_where_they_run(host: Host):
    units = ("shop.service", "shop.socket", "shop-backup.service", "shop-backup.timer")
    assert host.run("systemd-analyze", "verify", *units) == ""
    for service in ("shop.service", "shop-backup.service"):
        host.run("systemd-analyze", "security", "--no-pager", "--threshold=20", service)
    pid = host.run("systemctl", "show", "--value", "--property=MainPID", "shop").strip()
    status = dict(line.split(":\t") for line in host.run("cat", f"/proc/{pid}/status").splitlines())
    assert "0" not in status["Uid"].split()
    assert (int(status["CapBnd"], 16), status["NoNewPrivs"], status["Seccomp"]) == (0, "1", "2")


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("open('/etc/shop/env').read()", id="read the settings"),
        pytest.param("open('app/x', 'w')", id="write into the code"),
        pytest.param("open('/srv/shop/x', 'w')", id="change what Nginx serves"),
        pytest.param("__import__('os').setuid(0)", id="become root"),
        pytest.param(
            "import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 80))",
            id="call another machine",
        ),
    ],
)
def test_code_in_the_sandbox_cannot(host: Host, attempt: str):
    said = host.install("run", "python", "-c", attempt, check=False)
    assert re.search("PermissionError|Read-only file system", said), said


def kill_worker(host: Host) -> None:
    """Kill one of the workers, which cannot say good-bye."""
    pid = host.run("systemctl", "show", "--value", "--property=MainPID", "shop").strip()
    workers = host.run("cat", f"/proc/{pid}/task/{pid}/children").split()
    host.run("sh", "-c", f"kill -9 {workers[0]}")


EVENTS: dict[str, Callable[[Host], object]] = {
    "restart": lambda host: host.run("systemctl", "restart", "shop"),
    "reload of Nginx": lambda host: host.run("systemctl", "reload", "nginx"),
}


@pytest.mark.parametrize("event", EVENTS)
def test_no_visitor_notices(host: Host, event: str):
    with visitors(host) as answers:
        EVENTS[event](host)
        time.sleep(2)
    answered = Counter(answers)
    assert answered["200"] > 20
    assert set(answered) == {"200"}, answered


def test_worker_that_is_killed_loses_at_most_the_requests_that_it_held(host: Host):
    with visitors(host) as answers:
        kill_worker(host)
        time.sleep(2)
    answered = Counter(answers)
    assert answered.pop("200") > 20
    assert set(answered) <= {"502"}, answered
    assert answered["502"] <= 8, "more than a worker has threads"


def test_server_that_is_killed_is_started_again_and_nobody_is_refused(host: Host):
    host.run("systemctl", "kill", "--signal=KILL", "shop")
    assert [host.ask().status for _ in range(3)] == [200, 200, 200]


def state(host: Host) -> tuple[str, str]:
    """Give what an installation must leave as it is: the settings and the first of the data."""
    settings = host.run("sh", "-c", "cd /etc/shop && stat --format='%a %U' env && sha256sum env")
    return settings, host.ask("/api/v1/notes/1").text


def test_upgrade_reaches_every_visitor_and_keeps_settings_and_data(host: Host, project: Path):
    host.install("run", "flask", "seed")
    before, address = state(host), host.style()
    assert before[0].startswith("600 root")
    old = host.kept(address)
    retitle(project, "Second")
    with (project / "app/static/css/app.css").open("a") as style:
        style.write("/* Second */\n")
    (project / "migrations/versions/0002_second.py").write_text(MIGRATION)
    host.copy(project)
    with visitors(host) as answers:
        host.install()
    assert set(answers) == {"200"}, Counter(answers)
    assert "<title>Second" in host.ask().text
    assert state(host) == before
    # Pages of both releases find what they refer to; an address that no release gave is not to be kept.
    assert host.kept(host.style()) == (f"{old[0]}/* Second */\n", True)
    assert host.kept(address) == old == (old[0], True)
    assert host.kept("/static/css/app.css?v=0123456789ab") == (f"{old[0]}/* Second */\n", False)


def test_release_and_its_migration_are_taken_back_while_visitors_ask(host: Host):
    host.install("run", "flask", "db", "downgrade", "0001")
    address = host.style()
    new = host.kept(address)
    with visitors(host) as answers:
        host.install("rollback")
    assert set(answers) == {"200"}, Counter(answers)
    assert "<title>Second" not in host.ask().text
    assert "0001" in host.install("run", "flask", "db", "current")
    assert host.kept(address) == new == (new[0], True)
    assert host.kept(host.style()) == (new[0].removesuffix("/* Second */\n"), True)


def test_rollback_leads_to_what_served_before_and_retention_spares_it(host: Host):
    good = host.release()
    newer = [f"20990101T00000{number}Z" for number in range(5)]
    host.run("sh", "-c", f"cd /opt/shop/releases && mkdir {' '.join(newer)}")
    host.install()
    third = host.release()
    assert host.run("ls", "/opt/shop/releases").split() == [good, third, *newer[2:]]
    host.install("rollback")
    assert host.release() == good
    assert "this release does not exist" in host.install("rollback", check=False)
    host.run("sh", "-c", f"cd /opt/shop/releases && rmdir {' '.join(newer[2:])}")


def test_release_that_does_not_come_up_is_taken_back(host: Host, project: Path):
    before = host.release()
    wrong = project / "gunicorn.conf.py"
    text = wrong.read_text()
    wrong.write_text(f"{text}\nraise SystemExit('broken')\n")
    host.copy(project)
    said = host.install(check=False)
    wrong.write_text(text)
    host.copy(project)
    assert f"did not start: {before} is in service" in said
    assert (host.release(), host.ask().status) == (before, 200)


def test_migration_that_fails_changes_nothing(host: Host, project: Path):
    before = host.release(), host.run("ls", "/opt/shop/releases")
    again = MIGRATION.replace('"0002", "0001"', '"0003", "0002"').replace('"second"', '"notes"')
    (project / "migrations/versions/0003_again.py").write_text(again)
    host.copy(project)
    assert "nothing has changed" in host.install(check=False)
    assert (host.release(), host.run("ls", "/opt/shop/releases")) == before


def test_session_survives_the_rotation_of_its_key(host: Host):
    def session(cookie: str = "") -> str:
        """Return what is in the session of a form, without its signature; `cookie` is sent, and kept unless replaced."""
        given = host.ask("/notes/new", Cookie=cookie).headers["Set-Cookie"]
        return str(given or cookie).partition(";")[0]

    before = session()
    key = host.run("sed", "-n", "s/^SECRET_KEY=//p", "/etc/shop/env").strip()
    host.run("sed", "-i", f"s/^SECRET_KEY=.*/SECRET_KEY={'0123456789abcdef' * 4}/", "/etc/shop/env")
    host.run("sh", "-c", f"echo SECRET_KEY_FALLBACKS={key} >>/etc/shop/env")
    host.run("systemctl", "restart", "shop")
    after = session(before)
    # The same content; signed by the new key, where the server has signed it again.
    assert after.partition(".")[0] == before.partition(".")[0]
    assert session().partition(".")[0] != before.partition(".")[0]
    host.run("sed", "-i", "/^SECRET_KEY_FALLBACKS=/d", "/etc/shop/env")
    host.run("systemctl", "restart", "shop")
    assert session(before).partition(".")[0] != before.partition(".")[0]


def test_log_is_in_the_journal_and_names_no_secret(host: Host):
    lines = host.run("journalctl", "--unit=shop", "--output=cat", "--no-pager")
    requests = [json.loads(line) for line in lines.splitlines() if line.startswith('{"method"')]
    assert requests[-1]["client"] != "127.0.0.1"
    key = host.run("sed", "-n", "s/^SECRET_KEY=//p", "/etc/shop/env").strip()
    assert len(key) == 64
    assert key not in lines + host.run("systemctl", "show", "shop")


def test_whoever_is_not_root_is_told_what_to_type(host: Host):
    said = host.run(
        "setpriv", "--reuid=1000", "sh", "/opt/shop/current/deploy/systemd/install.sh", check=False
    )
    assert "sudo sh /opt/shop/current/deploy/systemd/install.sh" in said
