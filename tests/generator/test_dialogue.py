"""The dialogue of `make new`: few questions, the same answers as the presets, nothing written before the review."""

import json
import re
import signal
import sys
from pathlib import Path

import pytest
import yaml
from outcome import NOTHING, hold
from terminal import CTRL_C, in_terminal
from workspace import TEMPLATE, Place

ENTER, DOWN = "\r", "\x1b[B"
# What each question begins with, in their order for a web app whose author git does not know.
QUESTIONS = ("Project name", "building?", "Database", "User accounts", "Author", "Create it?")
DIALOGUE = (sys.executable, "-m", "flask_starter", str(TEMPLATE), "-o", ".")


@pytest.fixture
def environment(place: Place) -> dict[str, str]:
    """A user who wants no environment made, and whom git does not know."""
    config = place.root / "cookiecutter.yaml"
    config.write_text("default_context: {install: false}\n", encoding="utf-8")
    (place.home / ".gitconfig").write_text("", encoding="utf-8")
    return place.env | {
        "PYTHONPATH": str(TEMPLATE),
        "COOKIECUTTER_CONFIG": str(config),
        "PWD": str(place.target),
        "TERM": "xterm",
        "GIT_CONFIG_GLOBAL": str(place.home / ".gitconfig"),
    }


def answers(place: Place) -> dict[str, object]:
    """Return what Cookiecutter was answered."""
    [replay] = (place.home / ".cookiecutter_replay").glob("*.json")
    context: dict[str, object] = json.loads(replay.read_text(encoding="utf-8"))["cookiecutter"]
    return context


def defaults() -> dict[str, object]:
    """Return the first value of each option that is a choice."""
    table = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    return {
        option: value[0] if isinstance(value, list) else value
        for option, value in table.items()
        if isinstance(value, list | bool) and not option.startswith("_")
    }


def test_arrow_keys_answer_six_questions(place: Place, environment: dict[str, str]):
    typed = [
        ("Project name", f"Coffee Club{ENTER}"),
        ("building?", ENTER),
        ("Database", DOWN + ENTER),
        ("User accounts", DOWN + ENTER),
        ("Author", f"Ann Author{ENTER}"),
        ("Create it?", ENTER),
    ]
    assert [text for text, _ in typed] == list(QUESTIONS)
    code, said = in_terminal(place.target, env=environment, typed=typed, command=DIALOGUE)
    assert (code, "Created coffee-club in" in re.sub(r"\x1b\[[0-9;]*m", "", said)) == (0, True), said
    given = answers(place)
    expected = defaults() | {"database": "postgresql", "auth": True, "install": False}
    assert {option: given[option] for option in expected} == expected
    assert (given["project_name"], given["author_name"]) == ("Coffee Club", "Ann Author")


@pytest.mark.parametrize(("number", "kind"), [(2, "minimal"), (3, "api"), (4, "full")])
def test_numbers_answer_where_there_is_no_cursor_to_move(
    place: Place, environment: dict[str, str], number: int, kind: str
):
    preset = yaml.safe_load((TEMPLATE / f"presets/{kind}.yaml").read_text(encoding="utf-8"))
    asked = ["Accounts"] if kind == "api" else []
    lines = ["Shop", str(number), *["" for _ in asked], "Ann Author", ""]
    done = place.dialogue(*lines, env=environment | {"TERM": "dumb"})
    assert done.returncode == 0, done.stdout + done.stderr
    given = answers(place)
    expected = defaults() | preset["default_context"] | {"install": False}
    managers = {expected.pop("dependency_manager"), "venv"}  # where Poetry or uv is missing
    assert given["dependency_manager"] in managers
    assert {option: given[option] for option in expected} == expected


def test_review_can_change_an_answer_and_refuses_what_the_options_refuse(
    place: Place, environment: dict[str, str]
):
    (place.target / "shop").mkdir()
    lines = ["Shop", "2", "Ann Author", "2", "2", "class", "shop", "market", ""]
    done = place.dialogue(*lines, env=environment | {"TERM": "dumb"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It cannot be 'class', which is a Python keyword" in done.stdout
    assert "It cannot be 'shop': that folder exists already" in done.stdout
    assert "Shop, in shop-2" in done.stdout
    assert sorted(path.name for path in place.target.iterdir()) == ["market", "shop"]
    assert not any((place.target / "shop").iterdir())


def test_cancel_and_the_end_of_the_input_write_nothing(place: Place, environment: dict[str, str]):
    for lines in (["Shop", "2", "Ann Author", "3"], ["Shop"]):
        done = place.dialogue(*lines, env=environment | {"TERM": "dumb"})
        assert (done.returncode, done.stderr.splitlines()[-1]) == (130, "Aborted: nothing was written.")
        assert list(place.target.iterdir()) == []


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
@pytest.mark.parametrize("number", range(len(QUESTIONS)), ids=QUESTIONS)
def test_interrupt_at_each_question_is_one_line_of_ours(
    place: Place, environment: dict[str, str], whole: set[str], number: int, terminal: str, tmp_path: Path
):
    recipe = re.search(r"^new:.*\n\t@\$\(BIN\)python (.*)", (TEMPLATE / "Makefile").read_text(), re.M)
    assert recipe
    line = recipe[1].replace("-o ..", "-o .").replace("flask_starter . ", f"flask_starter {TEMPLATE} ")
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"new:\n\t@{sys.executable} {line}\n", encoding="utf-8")
    typed = [*((text, ENTER) for text in QUESTIONS[:number]), (QUESTIONS[number], CTRL_C)]
    code, said = in_terminal(
        place.target,
        env=environment | {"TERM": terminal},
        typed=typed,
        command=("make", "-f", str(makefile), "new"),
    )
    # The key ends the dialogue alone; as a signal it reaches make too, which then ends by it.
    assert code in (0, -signal.SIGINT), said
    hold(place, NOTHING, NOTHING, said, whole)
    assert "make: ***" not in said, said
    assert said.split("\n")[-2].strip() == "Aborted: nothing was written.", said
