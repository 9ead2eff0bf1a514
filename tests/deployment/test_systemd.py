"""The units of a project, as systemd itself judges them without running them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from contexts import CONTEXTS, OPTIONS
from workspace import TEMPLATE, Place, missing

pytestmark = pytest.mark.linux
UNITS = Path("/usr/lib/systemd/system")
TREE = TEMPLATE / "<<cookiecutter.project_slug>>"
# systemd's word for 2.0: the lower, the better.
THRESHOLD = 20


@pytest.fixture(scope="module", autouse=True)
def analyze() -> None:
    """Look for the program that judges."""
    if not shutil.which("systemd-analyze") or not UNITS.exists():
        missing("systemd")


class Root:
    """The root of a file system on which a project's units are installed.

    Parameters:
        folder: the root.
        name: the project's slug.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.units = folder / "etc/systemd/system"

    def fill(self, project: Path) -> None:
        """Copy what install.sh would install, and what the units lean on."""
        source = project / "deploy/systemd"
        shutil.copytree(UNITS, self.folder / UNITS.relative_to("/"), symlinks=True)
        for path in source.glob("*.service"):
            copied = self.copy(path)
            (self.units / f"{copied.name}.d").mkdir()
            shutil.copy(source / "sandbox.conf", self.units / f"{copied.name}.d")
        for kind in ("socket", "timer"):
            for path in source.glob(f"*.{kind}"):
                self.copy(path)
        programs = [
            line.partition("=")[2].split()[0]
            for path in self.units.glob("*.service")
            for line in path.read_text().splitlines()
            if line.startswith("Exec")
        ]
        for program in programs:
            (self.folder / program[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(shutil.which("true") or "", self.folder / program[1:])

    def copy(self, path: Path) -> Path:
        """Install a unit under the name that install.sh gives it."""
        stem = self.name if path.stem == "web" else f"{self.name}-{path.stem}"
        self.units.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(path, self.units / f"{stem}{path.suffix}"))

    def analyze(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run systemd-analyze on this root."""
        command = ["systemd-analyze", f"--root={self.folder}", "--no-pager", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def installed(self, *kinds: str) -> list[str]:
        """Name the units of some kinds."""
        return sorted(path.name for kind in kinds for path in self.units.glob(f"*.{kind}"))

    def complaints(self) -> str:
        """Give what systemd finds wrong with the units. It ignores what it cannot read, and exits 0."""
        names = self.installed("service", "socket", "timer")
        done = self.analyze("verify", "--recursive-errors=one", *names)
        return done.stdout + done.stderr

    def exposed(self) -> list[str]:
        """Name the services that may do more than they should."""
        words = ("security", "--offline=true", f"--threshold={THRESHOLD}")
        return [name for name in self.installed("service") if self.analyze(*words, name).returncode]


def bake(place: Place, **answers: Any) -> Root:
    """Make a project and the root on which it is installed."""
    words = [f"{name}={value}" for name, value in (answers | {"install": False}).items()]
    done = place.run(*words)
    assert done.returncode == 0, done.stderr
    root = Root(place.root / "root", answers["project_slug"])
    root.fill(place.target / answers["project_slug"])
    return root


BASE = {"project_slug": "shop", "deployment": "systemd"}
SERVERS = {server: BASE | {"wsgi_server": server} for server in OPTIONS["wsgi_server"]}
SYSTEMD = {name: answers for name, answers in CONTEXTS.items() if answers["deployment"] == "systemd"}


@pytest.mark.parametrize("context", [*SYSTEMD, *SERVERS])
def test_units_are_sound_and_sandboxed(context: str, place: Place):
    root = bake(place, **(SYSTEMD | SERVERS)[context])
    assert root.complaints() == ""
    assert root.exposed() == []


@pytest.fixture
def root(place: Place) -> Root:
    """The units of a project with a socket."""
    return bake(place, **BASE)


@pytest.mark.parametrize(
    ("unit", "right", "wrong"),
    [
        ("shop.service", "KillMode=mixed", "KillMode=mixedup"),
        ("shop.service", "/bin/gunicorn", "/bin/unicorn"),
        ("shop.service", "Requires=shop.socket", "Requires=shopp.socket"),
        ("shop.service.d/sandbox.conf", "ProtectHome=yes", "ProtectHomes=yes"),
        ("shop.socket", "ListenStream=/run", "ListenStream=run"),
        ("shop-backup.timer", "OnCalendar=daily", "OnCalendar=dayly"),
    ],
)
def test_defect_in_a_unit_is_seen(root: Root, unit: str, right: str, wrong: str):
    path = root.units / unit
    path.write_text(path.read_text().replace(right, wrong))
    assert "shop" in root.complaints()


def test_service_without_its_sandbox_is_seen(root: Root):
    (root.units / "shop-backup.service.d/sandbox.conf").unlink()
    assert root.exposed() == ["shop-backup.service"]


def test_script_is_sound(tmp_path: Path):
    """Before rendering it holds the lines of every manager."""
    if not shutil.which("shellcheck"):
        missing("shellcheck")
    script = TREE / "deploy/systemd/install.sh"
    wrong = tmp_path / "wrong.sh"
    wrong.write_text(script.read_text().replace('"$unfinished"', "$unfinished"))
    codes = [subprocess.run(["shellcheck", path], capture_output=True).returncode for path in (script, wrong)]
    assert codes == [0, 1]


def test_long_name_gives_a_user_that_systemd_accepts(place: Place):
    name = "a" + "-very" * 9
    assert bake(place, **BASE | {"project_slug": name}).complaints() == ""
    line = (place.target / name / "deploy/systemd/sysusers.conf").read_text().splitlines()[-1]
    assert len(line.split()[1]) == 31
