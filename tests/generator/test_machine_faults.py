"""Faults of the machine that have to be built: a Python that is not whole, a disk that is full."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from outcome import NOTHING, WHOLE, hold
from workspace import TEMPLATE, Place, missing, only

DISKS = ("size=100k", "size=30m", "ro")


def test_python_without_ensurepip_is_named_and_another_one_works(place: Place):
    place.run("project_name=Shop", "install=false")
    broken = place.root / "python"
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (broken / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.base_prefix, "bin", name), broken / "bin" / name)
    (broken / "lib" / name).mkdir(parents=True)
    for path in Path(sys.base_prefix, "lib").glob("libpython*"):
        (broken / "lib" / path.name).symlink_to(path)
    for path in Path(os.__file__).parent.iterdir():
        if path.name != "ensurepip":
            (broken / "lib" / name / path.name).symlink_to(path)
    project, env = place.target / "shop", place.env | {"PATH": only(place.root / "bin", "uv")}
    make = ["make", "setup", f"PYTHON={broken / 'bin' / name}"]
    done = subprocess.run(make, cwd=project, env=env, capture_output=True, text=True)
    assert "ensurepip" in done.stderr, done.stderr
    assert f"sudo apt install {name}-venv && make setup" in done.stderr
    # With uv the same interpreter will do.
    if shutil.which("uv"):
        done = subprocess.run(make, cwd=project, env=place.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.linux
@pytest.mark.parametrize("options", DISKS)
def test_full_or_read_only_disk(place: Place, whole: set[str], options: str):
    """A real file system; who is not root mounts it as root of a namespace of users."""
    disk = place.root / "disk"
    disk.mkdir()
    alone = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    if not shutil.which("unshare"):
        missing("unshare")
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "none", disk], capture_output=True).returncode:
        missing("the right to mount a file system")
    script = f"""mount -t tmpfs -o {options} none {disk} || exit
        {sys.executable} -m cookiecutter "$@"; code=$?
        cp -a {disk}/. {place.target}; exit $code"""
    words = [str(TEMPLATE), "--no-input", "-o", str(disk), "project_name=Shop"]
    env = place.env | {"PATH": only(place.root / "bin", "uv")}
    done = subprocess.run([*alone, "sh", "-c", script, "sh", *words], env=env, capture_output=True, text=True)
    outcome = WHOLE if options == "size=30m" else NOTHING
    hold(place, outcome, done.returncode, done.stdout + done.stderr, whole)
    if outcome == WHOLE:
        assert "No space left on device" in done.stdout
        repaired = subprocess.run(
            ["make", "setup"], cwd=place.target / "shop", env=place.env, capture_output=True, text=True
        )
        assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    else:
        assert (done.stdout + done.stderr).count("\n") == 1
