"""Answers that are derived, asked again at the prompt, or carried as they are; what is refused stands elsewhere."""

import tomllib

import pytest
import workspace
from contexts import TABLE

from flask_starter import answers

QUESTIONS = [name for name in TABLE if not name.startswith("_")]
# Enter for each question after the folder's name, but no set-up.
ENTER = ["n" if name == "install" else "" for name in QUESTIONS[2:]]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Flask App", "my-flask-app"),
        ("한국 가게", "hangug-gage"),
        ("Ünï çödé", "uni-code"),
        ("!!! 😀", "flask-app"),
        ("", "flask-app"),
        ("Flask", "flask-app"),
        ("class", "class-app"),
        ("JSON", "json-app"),
        ("3D Shop", "app-3d-shop"),
        ("x" * 500, "x" * 46),
    ],
)
def test_derived_slug_is_one_that_is_accepted(name, slug):
    assert answers.slug(name) == slug
    answers.CHECKS["project_slug"](slug)


def test_prompt_asks_again_right_after_a_bad_answer(tmp_path):
    typed = [
        "Shop",
        "class",
        "shop",
        *[""] * len(QUESTIONS[QUESTIONS.index("database") : QUESTIONS.index("install")]),
        "n",
        "",
        "https://x",
        "shop.kr",
        "",
        "nobody",
        "ann@example.com",
    ]
    done = workspace.cookiecutter(tmp_path, "--default-config", answers="\n".join(typed) + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.index("It cannot be 'class'") < done.stdout.index("Database")
    project = tomllib.loads((tmp_path / "shop" / "pyproject.toml").read_text())["project"]
    assert project["authors"] == [{"name": "Ann Author", "email": "ann@example.com"}]


def test_enter_after_a_bad_answer_takes_the_default(tmp_path):
    done = workspace.cookiecutter(
        tmp_path,
        "--default-config",
        answers="\n".join(["Shop", "class", "", *ENTER]) + "\n",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "shop").is_dir()


def test_enter_after_a_folder_that_exists_takes_the_first_free_one(tmp_path):
    for name in ("shop", "shop-2"):
        (tmp_path / name).mkdir()
    answers = "\n".join(["Shop", "", "", *ENTER]) + "\n"
    done = workspace.cookiecutter(tmp_path, "--default-config", answers=answers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "shop-3" / "wsgi.py").is_file()
    assert not list((tmp_path / "shop-2").iterdir())
