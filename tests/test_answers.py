"""Bad answers are refused in one line, with nothing written; good ones are never changed or executed."""

import json
import tomllib

import pytest
import support

from flask_starter import answers

REFUSED = {
    "project_slug": [
        *(
            "",
            ".",
            "..",
            "../x",
            "../../x",
            "/tmp/x",
            "a/b",
            "a\\b",
            "a b",
            "A",
            "-a",
            "a-",
            "a--b",
            "1a",
            "a_b",
        ),
        *("한국", "$(touch x)", "<< 7*7 >>", "{{ 7*7 }}", "x" * 51),
        *("class", "async", "json", "nul", "com1", "flask", "flask-wtf", "sqlalchemy", "pytest"),
    ],
    "project_name": ["", "   ", "a\nb", "a\tb", "a\x1b[31m", "a\x7f", "a\u2028b", "x" * 1001],
    "description": ["a\r\nb", "a\u0085b"],
    "author_name": ["", "a\nb"],
    "author_email": [
        "",
        "x",
        "@",
        "a@",
        "@b.c",
        "a b@c.d",
        "a@b@c",
        "a..b@c.d",
        "a@b_c.d",
        'a"@b.c',
        "a@b.c\n",
    ],
    "domain_name": [
        "",
        "a b",
        "https://a.b",
        "a.b/c",
        "a.b:80",
        "-a.b",
        "a..b",
        "1.2.3.4",
        "a;b",
        "도메인.kr",
        "a.b\n",
    ],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in REFUSED.items() for value in values]
)
def test_bad_answer_is_refused_with_a_hint_in_one_line(key, value):
    with pytest.raises(answers.Refused) as refused:
        answers.CHECKS[key](value)
    assert "type " in str(refused.value)
    assert "\n" not in str(refused.value)


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


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("project_slug=../../x", "project_slug cannot be '../../x': type lowercase words"),
        ("project_slug=class", "project_slug cannot be 'class', which is a word of the Python language"),
        ("author_email=<< 7*7 >>", "author_email cannot be '<< 7*7 >>'"),
        ("databse=sqlite", "There is no option databse: did you mean database?"),
        ("_owned_paths=x", "There is no option _owned_paths"),
    ],
)
def test_command_line_ends_in_one_line_and_writes_nothing(tmp_path, answer, line):
    target = tmp_path / "target"
    target.mkdir()
    done = support.cookiecutter(target, answer, "install=false")
    assert done.returncode == 1
    assert done.stdout.startswith(line)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert list(target.iterdir()) == []


def test_replay_is_checked_too(tmp_path):
    replay = tmp_path / "replay.json"
    known = json.loads((support.TEMPLATE / "cookiecutter.json").read_text())
    known |= {key: value[0] for key, value in known.items() if isinstance(value, list) and key[0] != "_"}
    replay.write_text(json.dumps({"cookiecutter": known | {"project_slug": "../../x"}}))
    target = tmp_path / "target"
    target.mkdir()
    done = support.cookiecutter(target, "--replay-file", str(replay), answers="")
    assert done.returncode == 1
    assert "project_slug cannot be '../../x'" in done.stdout
    assert list(target.iterdir()) == []


def test_existing_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine").write_text("mine")
    done = support.cookiecutter(tmp_path, "project_slug=shop", "install=false")
    assert done.returncode == 1
    assert "exists already" in done.stdout
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["mine"]


def test_prompt_asks_again_right_after_a_bad_answer(tmp_path):
    typed = [
        "Shop",
        "class",
        "shop",
        "",
        "",
        "nobody",
        "ann@example.com",
        "https://x",
        "shop.kr",
        *[""] * 7,
        "n",
    ]
    done = support.cookiecutter(tmp_path, "--default-config", answers="\n".join(typed) + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.index("project_slug cannot be 'class'") < done.stdout.index("One sentence about it")
    project = tomllib.loads((tmp_path / "shop" / "pyproject.toml").read_text())["project"]
    assert project["authors"] == [{"name": "Ann Author", "email": "ann@example.com"}]


def test_hostile_text_is_carried_and_never_rendered(tmp_path):
    text = 'O\'Neil "the" \\ 한국 😀 << 7*7 >> # <% for %> {{ 7*7 }} ${HOME} $(touch x) `touch x` """'
    done = support.cookiecutter(tmp_path, f"author_name={text}", f"description={text}", "install=false")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "my-flask-app"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["description"] == project["authors"][0]["name"] == text
    assert text in (folder / "LICENSE").read_text(encoding="utf-8")
    assert not list(tmp_path.rglob("x"))
