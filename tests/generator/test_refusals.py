"""What is refused, from wherever it comes: one line, exit code 1, nothing written, not even an empty folder."""

import json
import re
from pathlib import Path

import pytest
from workspace import TEMPLATE, Place

from flask_starter.answers import CHECKS, Refused

OPTIONS = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))

SLUG = "type lowercase words joined by hyphens"
WORD, MODULE, DEVICE = (
    "is a Python keyword",
    "Python's standard library",
    "a device name on Windows",
)
PACKAGE, LINE = "a package that the project installs", "type it as one line of text"
MAIL, HOST = "type an address such as you@example.com", "type a bare host name such as example.com"
# (option, answer) -> what the line says.
ANSWERS = {
    **{
        ("project_slug", slug): SLUG
        for slug in ("", ".", "..", "../x", "../../x", "/tmp/x", "~/x", "a/b", "a\\b")
    },
    **{
        ("project_slug", slug): SLUG
        for slug in ("C:\\x", "a b", "A", "-a", "a-", "a--b", "1a", "a_b", "a.b", "-f")
    },
    **{
        ("project_slug", slug): SLUG
        for slug in ("한국", "$(touch x)", "`touch x`", "<< 7*7 >>", "{{ 7*7 }}", "😀")
    },
    **{
        ("project_slug", slug): SLUG for slug in ("a\nb", "a;touch x", "'", '"', "%s", "__init__", "a\u202eb")
    },
    ("project_slug", "x" * 51): "has 51 characters: type at most 50",
    **{("project_slug", slug): WORD for slug in ("class", "async", "import", "nonlocal")},
    **{("project_slug", slug): MODULE for slug in ("json", "site", "venv")},
    **{("project_slug", slug): DEVICE for slug in ("nul", "con", "com1", "lpt9")},
    **{("project_slug", slug): PACKAGE for slug in ("flask", "flask-wtf", "sqlalchemy", "pytest")},
    # Nobody asks for these by name: they come with the others.
    **{
        ("project_slug", slug): PACKAGE
        for slug in ("werkzeug", "jinja2", "click", "alembic", "mako", "markupsafe")
    },
    **{("project_name", name): "is empty" for name in ("", "   ")},
    **{("project_name", name): LINE for name in ("a\nb", "a\tb", "a\x1b[31m", "a\x7f", "a\u2028b")},
    ("project_name", "x" * 1001): "has 1001 characters: type at most 1000",
    **{("description", text): LINE for text in ("a\r\nb", "a\u0085b", "a\x07")},
    **{("author_name", name): "type " for name in ("", "a\nb")},
    **{
        ("author_email", mail): MAIL
        for mail in ("", "x", "a@home", "@", "a@", "@b.c", "a b@c.d", "a@b@c", "a..b@c.d")
    },
    **{
        ("author_email", mail): MAIL
        for mail in ("a@b_c.d", 'a"@b.c', "a@b.c\n", "<< 7*7 >>", "$(touch x)@b.c")
    },
    **{("domain_name", host): HOST for host in ("", "a b", "https://a.b", "a.b/c", "a.b:80", "-a.b", "a..b")},
    **{
        ("domain_name", host): HOST
        for host in ("1.2.3.4", "a;b", "도메인.kr", "a.b\n", "*.a.b", "a" * 64 + ".b")
    },
}
# What goes through the command line: the first answer of each line, and those that a shell, Jinja or a path could read.
FIRST = {(option, line): (option, answer) for (option, answer), line in reversed(ANSWERS.items())}
TYPED = {
    key: line
    for key, line in ANSWERS.items()
    if key in FIRST.values()
    or key[1] in ("../../x", "/tmp/x", "~/x", "-f", "a\nb")
    or set("$`<{") & set(key[1])
}
# Words of the command line -> what the line says.
WORDS = {
    ("databse=sqlite",): "There is no option databse: did you mean database?",
    ("licence=mit",): "did you mean license?",
    ("zzz=1",): "There is no option zzz: the options are project_name,",
    ("_owned_paths=x",): "There is no option _owned_paths",
    ("_jinja2=x",): "There is no option _jinja2",
    ("__database_url=x",): "There is no option __database_url",
    ("-o", "/proc/nowhere"): "could not be written",
    ("-o", "/dev/null"): "Nothing can be written in /dev/null: choose another folder with -o",
}
FILES = {
    "database: oracle": "database cannot be 'oracle': type one of sqlite, postgresql",
    "install: perhaps": "install cannot be 'perhaps': type true or false",
    "databse: sqlite": "There is no option databse in answers.yaml: did you mean database?",
    "project_slug: ../x": f"project_slug cannot be '../x': {SLUG}",
    'author_email: "x"': f"author_email cannot be 'x': {MAIL}",
}
REPLAYED = {
    "project_slug": ("../../x", SLUG),
    "database": ("oracle", "type one of sqlite, postgresql"),
    "install": ("perhaps", "type true or false"),
    "python_version": ("2.7", "type one of 3.14,"),
}


def assert_refused(place: Place, done, line: str, *, lines: int = 1) -> None:
    """Hold what every refusal promises."""
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert line in said
    assert said.count("\n") == lines, said
    assert "Traceback" not in said
    assert [path.name for path in place.target.iterdir() if path.name != "answers.yaml"] == []
    assert place.outside() == []


def test_table_holds_at_least_sixty_bad_inputs():
    assert len(ANSWERS) + len(WORDS) + len(FILES) + len(REPLAYED) >= 60


@pytest.mark.parametrize(("option", "answer"), ANSWERS)
def test_bad_answer_is_refused_with_what_to_type(option: str, answer: str):
    with pytest.raises(Refused, match=re.escape(ANSWERS[option, answer])):
        CHECKS[option](answer)


@pytest.mark.parametrize(("option", "answer"), TYPED)
def test_bad_answer_ends_in_one_line_and_writes_nothing(place: Place, option: str, answer: str):
    done = place.run(f"{option}={answer}", "install=false")
    assert_refused(place, done, ANSWERS[option, answer])
    assert done.stdout.startswith(option)


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_bad_word_of_the_command_line_is_refused(place: Place, words: tuple[str, ...]):
    assert_refused(place, place.run(*words, "install=false"), WORDS[words])


@pytest.mark.parametrize("setting", FILES)
def test_bad_setting_of_a_configuration_file_is_refused(place: Place, setting: str):
    (place.target / "answers.yaml").write_text(f"default_context:\n  {setting}\n", encoding="utf-8")
    # Cookiecutter warns of a wrong choice in two lines before it loads anything of ours.
    done = place.run("--config-file", "answers.yaml", PYTHONWARNINGS="ignore")
    assert_refused(place, done, FILES[setting])


def test_settings_for_other_templates_are_none_of_our_business(place: Place):
    (place.target / "answers.yaml").write_text("default_context:\n  github_username: x\n  full_name: y\n")
    done = place.run("--config-file", "answers.yaml", "install=false")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("option", REPLAYED)
def test_bad_answer_of_a_replay_file_is_refused(place: Place, option: str, tmp_path: Path):
    answer, line = REPLAYED[option]
    first = {
        key: value[0] if isinstance(value, list) else value for key, value in OPTIONS.items() if key[0] != "_"
    }
    private = {key: value for key, value in OPTIONS.items() if key[0] == "_"}
    (tmp_path / "replay.json").write_text(
        json.dumps(
            {
                "cookiecutter": private
                | first
                | {"project_slug": "shop", "author_email": "a@b.c"}
                | {option: answer}
            }
        )
    )
    done = place.run("--replay-file", str(tmp_path / "replay.json"), answers="")
    assert_refused(place, done, line)


def test_existing_folder_is_refused_and_stays_byte_for_byte(place: Place):
    (place.target / "shop").mkdir()
    mine = place.target / "shop" / "mine"
    mine.write_text("mine")
    before = mine.stat()
    done = place.run("project_slug=shop", "install=false")
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (1, 1, "")
    assert "exists already; type another name" in done.stdout
    assert (mine.read_text(), mine.stat().st_mtime_ns, list((place.target / "shop").iterdir())) == (
        "mine",
        before.st_mtime_ns,
        [mine],
    )


def test_existing_folder_is_refused_before_the_other_questions(place: Place):
    (place.target / "shop").mkdir()
    done = place.run(answers="Shop\n\n")
    assert "exists already; type another name" in done.stdout
    assert "Database" not in done.stdout
    assert done.stdout.rstrip().endswith("Aborted!") or "Aborted!" in done.stderr


@pytest.mark.parametrize(
    "answer", ["database=oracle", "python_version=2.7", "install=perhaps", "api=V1", "_extensions=os"]
)
def test_unknown_choice_on_the_command_line_is_one_line_through_our_own_entry(place: Place, answer: str):
    """Cookiecutter compares choices before it loads anything of a template, and shows a traceback."""
    plain = place.run(answer)
    assert plain.returncode == 1
    assert plain.stderr.startswith("Traceback")
    assert plain.stderr.rstrip().split("\n")[-1].startswith("ValueError: ")
    ours = place.make_new(answer)
    assert_refused(place, ours, answer.partition("=")[2])
