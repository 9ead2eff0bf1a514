"""Terminals that are narrow, plain, silent or gone, and a project that is written over."""

import json
import os

import pytest
from outcome import NOTHING, WHOLE, hold
from terminal import CTRL_C, in_terminal
from workspace import TEMPLATE, Place


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}], ids=str)
@pytest.mark.parametrize("columns", [20, 80])
def test_plain_and_narrow_terminals_get_plain_and_short_lines(
    place: Place, whole: set[str], variables, columns: int
):
    env = {name: value for name, value in place.env.items() if name != "NO_COLOR"} | variables
    code, said = in_terminal(
        place.target, "--no-input", "project_name=Shop", "install=false", env=env, columns=columns
    )
    hold(place, WHOLE, code, said, whole)
    assert "\033" not in said
    command = said.split("without questions")[1].replace("\r", "").split("\n")
    assert all(
        len(line) <= columns or " " not in line.strip().rstrip(" \\") or "'" in line for line in command
    )


def test_pipe_that_nobody_reads_keeps_the_project(place: Place, whole: set[str]):
    reader, writer = os.pipe()
    os.close(reader)
    done = place.run("project_name=Shop", "install=false", stdout=writer)
    hold(place, WHOLE, done.returncode, done.stderr, whole)


def test_questions_without_anybody_to_ask_end_in_one_line(place: Place, whole: set[str]):
    done = place.run(answers="")
    hold(place, NOTHING, done.returncode, done.stderr, whole)
    assert done.stderr.strip() == "Aborted!"


def test_interrupt_at_a_question_leaves_nothing(place: Place, whole: set[str]):
    typed = {"Project name": "Shop\n", "Folder name": CTRL_C}
    code, said = in_terminal(place.target, env=place.env | {"TERM": "xterm"}, typed=typed)
    hold(place, NOTHING, code, said, whole)
    assert "Aborted!" in said


@pytest.mark.parametrize("flags", [("-f",), ("-f", "-s")], ids=" ".join)
def test_writing_over_a_project_loses_nothing_of_the_users(place: Place, flags: tuple[str, ...]):
    place.run("project_name=Shop", "install=false", "api=v1")
    project = place.target / "shop"
    mine = {
        name: os.urandom(40)
        for name in ("instance/dev.db", "app/orders.py", "app/blueprints/api/v1/orders.py", "notes.txt")
    }
    for name, text in mine.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_bytes(text)
    (project / "wsgi.py").write_text("# mine\n")
    (project / "app/core/openapi.py").write_text("# mine\n")
    secret = (project / ".env").read_bytes()
    # Other answers, to which neither the API's folder nor openapi.py belongs.
    done = place.run("project_name=Shop", "install=false", "api=none", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: (project / name).read_bytes() for name in mine} == mine
    assert (project / ".env").read_bytes() == secret
    assert (project / "app/core/openapi.py").read_text() == "# mine\n"
    assert ((project / "wsgi.py").read_text() == "# mine\n") == ("-s" in flags)
    assert json.loads((place.home / ".cookiecutter_replay" / f"{TEMPLATE.name}.json").read_text())
    assert place.secrets_elsewhere() == []
