"""The hook prunes from the table, sets up, commits and reports, and never loses a project."""

import json
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import support

from flask_starter.gate import LEFTOVERS

IGNORED = LEFTOVERS | {".git"}
OPTIONS = json.loads((support.TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))


def tree(folder):
    """Return the contents of every file of the project in `folder`, but for what may differ."""
    files = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and not IGNORED.intersection(path.parts)
    )
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name != ".env"}


def only(folder, *hidden):
    """Return a PATH on which every program is found but `hidden`."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in hidden:
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program)
    return str(folder)


def bake(folder, *words, env=None):
    """Make a project without its environment in `folder`; return it and what was printed."""
    done = support.cookiecutter(folder, "project_name=Shop", "install=false", *words, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "shop", done.stdout


def test_every_owned_path_exists_and_names_real_choices():
    for path, owners in OPTIONS["_owned_paths"].items():
        assert (support.TEMPLATE / "<<cookiecutter.project_slug>>" / path).exists(), path
        for option, values in owners.items():
            assert set(values) < set(OPTIONS[option]), path


@pytest.mark.parametrize(
    "option", sorted({key for owners in OPTIONS["_owned_paths"].values() for key in owners})
)
def test_files_of_other_choices_are_gone_with_their_folders(tmp_path, option):
    choice = OPTIONS[option][-1]
    project, _ = bake(tmp_path, f"{option}={choice}")
    for path, owners in OPTIONS["_owned_paths"].items():
        if list(owners) == [option]:
            assert (project / path).exists() == (choice in owners[option]), path
    folders = (path for path in project.rglob("*") if path.is_dir() and not IGNORED.intersection(path.parts))
    assert [path for path in folders if not any(path.iterdir())] == []


def test_secret_is_fresh_private_and_out_of_git(tmp_path):
    env = support.home(tmp_path / "home")
    project, _ = bake(tmp_path, env=env)
    secret = (project / ".env").read_text().split("SECRET_KEY=")[1].split("\n")[0]
    assert len(bytes.fromhex(secret)) >= 32
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    tracked = subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, text=True).stdout.split()
    assert ".env.example" in tracked
    assert ".env" not in tracked
    replays = (tmp_path / "home" / ".cookiecutter_replay").iterdir()
    assert secret not in "".join(path.read_text() for path in replays)


def test_writing_over_a_project_keeps_its_secret(tmp_path):
    project, _ = bake(tmp_path)
    before = (project / ".env").read_bytes()
    bake(tmp_path, "-f")
    assert (project / ".env").read_bytes() == before


def test_repeat_command_gives_the_same_project(tmp_path):
    author = 'O\'Neil "the" \\ 한국 $(touch x)'
    project, said = bake(tmp_path, f"author_name={author}", "api=v1-v2", "license=gpl-3.0")
    words = shlex.split(said.split("without questions\n")[1].replace("\\\n", ""))
    assert words[0] == "cookiecutter"
    again = tmp_path / "again"
    again.mkdir()
    assert support.cookiecutter(again, *words[2:]).returncode == 0
    assert tree(again / "shop") == tree(project)


def test_first_commit_holds_everything(tmp_path):
    project, said = bake(tmp_path)
    log = subprocess.run(["git", "log", "--format=%an %s"], cwd=project, capture_output=True, text=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True)
    assert log.stdout == "Ann Author Start the project\n"
    assert status.stdout == ""
    assert "Still to do" not in said


def test_without_an_identity_nothing_is_committed_and_it_says_so(tmp_path):
    project, said = bake(tmp_path, env=support.home(tmp_path / "home", git=""))
    assert (project / ".git").is_dir()
    assert "git does not know your name and e-mail" in said
    assert "Your Name" in (project / "LICENSE").read_text()


def test_inside_a_repository_git_is_left_alone(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    project, said = bake(tmp_path)
    assert not (project / ".git").exists()
    assert "Still to do" not in said


def test_without_git_the_project_is_whole(tmp_path):
    env = support.home(tmp_path / "home") | {"PATH": only(tmp_path / "bin", "git")}
    project, said = bake(tmp_path, env=env)
    assert (project / ".env").exists()
    assert "git is not installed" in said


@pytest.mark.parametrize("manager", ["poetry", "uv"])
def test_missing_manager_is_named_with_its_command(tmp_path, manager):
    env = support.home(tmp_path / "home") | {"PATH": only(tmp_path / "bin", manager)}
    project, said = bake(tmp_path, f"dependency_manager={manager}", "install=true", env=env)
    assert f"pipx install {manager} && make setup" in said
    assert (project / "pyproject.toml").exists()
    assert (project / ".git").is_dir()


def test_without_a_network_the_project_is_kept(tmp_path):
    env = support.home(tmp_path / "home") | {"PATH": only(tmp_path / "bin", "uv")}
    env = {name: value for name, value in env.items() if not name.startswith(("PIP_", "UV_"))}
    env |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    project, said = bake(tmp_path, "install=true", env=env)
    assert "make setup" in said
    assert "Traceback" not in said
    assert (project / ".git").is_dir()


def test_panel_is_plain_and_narrow_without_a_terminal(tmp_path):
    _, said = bake(tmp_path)
    assert "\033" not in said
    assert max(len(line) for line in said.split("\n") if str(support.TEMPLATE) not in line) <= 110


def test_leftovers_of_running_the_tree_in_place_stay_out(tmp_path):
    template = tmp_path / "template"
    shutil.copytree(support.TEMPLATE, template, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv"))
    cache = template / "<<cookiecutter.project_slug>>" / "app" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "x.pyc").write_bytes(b"\x92" * 600)
    done = support.cookiecutter(tmp_path, "install=false", template=template)
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "my-flask-app").rglob("*.pyc"))


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6, 0.9, 1.5, 2.5])
def test_interrupt_leaves_nothing_or_a_whole_project(tmp_path, seconds):
    target = tmp_path / "target"
    target.mkdir()
    command = [sys.executable, "-m", "cookiecutter", str(support.TEMPLATE), "--no-input", "-o", str(target)]
    process = subprocess.Popen(
        [*command, "project_name=Shop"],
        env=support.home(tmp_path / "home"),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    if list(target.iterdir()):
        assert process.returncode == 0, said
        assert (target / "shop" / ".env").exists()
        assert (target / "shop" / ".git").is_dir()
        assert "make setup" in said or "ok  database" in said or "make migrate" in said
    else:
        assert process.returncode != 0
