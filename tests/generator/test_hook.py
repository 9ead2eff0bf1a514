"""The hook prunes from the table, sets up, commits and reports, and never loses a project."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
import workspace

from flask_starter.gate import LEFTOVERS

IGNORED = LEFTOVERS | {".git"}
OPTIONS = json.loads((workspace.TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))


def bake(folder, *words, env=None):
    """Make a project without its environment in `folder`; return it and what was printed."""
    done = workspace.cookiecutter(folder, "project_name=Shop", "install=false", *words, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "shop", done.stdout


def choices(option):
    """Give the values of an option; a question for yes or no has both."""
    return [False, True] if isinstance(OPTIONS[option], bool) else OPTIONS[option]


def test_every_owned_path_exists_and_names_real_choices():
    for path, owners in OPTIONS["_owned_paths"].items():
        assert (workspace.TEMPLATE / "<<cookiecutter.project_slug>>" / path).exists(), path
        for option, values in owners.items():
            assert set(values) < set(choices(option)), path


@pytest.mark.parametrize(
    "option", sorted({key for owners in OPTIONS["_owned_paths"].values() for key in owners})
)
def test_files_of_other_choices_are_gone_with_their_folders(tmp_path, option):
    choice = choices(option)[-1]
    project, _ = bake(tmp_path, f"{option}={choice}")
    answers = {name: choices(name)[0] for name in OPTIONS if isinstance(OPTIONS[name], list | bool)}
    answers |= {option: choice, "install": False}
    for path in OPTIONS["_owned_paths"]:
        # A file belongs to the owners of its folders, too.
        parts = [str(part) for part in (Path(path), *Path(path).parents)]
        owners = [item for part in parts for item in OPTIONS["_owned_paths"].get(part, {}).items()]
        wanted = all(answers[name] in values for name, values in owners)
        assert (project / path).exists() == wanted, path
    folders = (path for path in project.rglob("*") if path.is_dir() and not IGNORED.intersection(path.parts))
    assert [path for path in folders if not any(path.iterdir())] == []


def test_secret_is_fresh_private_and_out_of_git(tmp_path):
    env = workspace.home(tmp_path / "home")
    project, _ = bake(tmp_path, env=env)
    secret = (project / ".env").read_text().split("SECRET_KEY=")[1].split("\n")[0]
    assert len(bytes.fromhex(secret)) >= 32
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    tracked = subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, text=True).stdout.split()
    assert ".env.example" in tracked
    assert ".env" not in tracked
    replays = (tmp_path / "home" / ".cookiecutter_replay").iterdir()
    assert secret not in "".join(path.read_text() for path in replays)


def test_first_commit_holds_everything(tmp_path):
    project, said = bake(tmp_path)
    log = subprocess.run(["git", "log", "--format=%an %s"], cwd=project, capture_output=True, text=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True)
    assert log.stdout == "Ann Author Start the project\n"
    assert status.stdout == ""
    assert "Still to do" not in said


def test_inside_a_repository_git_is_left_alone(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    project, said = bake(tmp_path)
    assert not (project / ".git").exists()
    assert "Still to do" not in said


def test_panel_is_plain_and_narrow_without_a_terminal(tmp_path):
    _, said = bake(tmp_path)
    assert "\033" not in said
    assert max(len(line) for line in said.split("\n") if str(workspace.TEMPLATE) not in line) <= 110


def test_leftovers_of_running_the_tree_in_place_stay_out(tmp_path):
    template = tmp_path / "template"
    workspace.copy_template(template)
    cache = template / "<<cookiecutter.project_slug>>" / "app" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "x.pyc").write_bytes(b"\x92" * 600)
    done = workspace.cookiecutter(tmp_path, "install=false", template=template)
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "my-flask-app").rglob("*.pyc"))


def test_folder_is_named_as_seen_from_where_the_user_stands(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to("deep/er")
    env = workspace.home(tmp_path / "home") | {"PWD": str(tmp_path / "link")}
    _, said = bake(tmp_path / "link", env=env)
    assert "\nCreated shop in " in said
    assert " -o " not in said
