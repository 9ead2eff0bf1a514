"""What CI of a project would run: the files are valid, pinned and without holes, and their commands work."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from ci_checkers import SCHEMAS, schema, zizmor
from postgres import Postgres
from project import Project
from workspace import TEMPLATE, Place

# Each value that the files of CI branch on, once.
ANSWERS = [
    ("dependency_manager=venv", "database=sqlite", "deployment=compose"),
    ("dependency_manager=uv", "database=postgresql", "deployment=kubernetes"),
    ("dependency_manager=poetry", "database=postgresql", "deployment=systemd"),
    ("dependency_manager=venv", "database=sqlite", "deployment=none"),
]
Projects = dict[str, list[Path]]

WORKFLOW, DEPENDABOT = ".github/workflows/ci.yml", ".github/dependabot.yml"
# Judge, file, what is written, what it becomes, and a word of the verdict.
DEFECTS = [
    ("zizmor", WORKFLOW, r"@[0-9a-f]{40} # v6.0.2", "@v6", "unpinned-uses"),
    ("zizmor", WORKFLOW, r"postgres:17@sha256:\w+", "postgres:17", "unpinned-images"),
    ("zizmor", WORKFLOW, r"run: make check", "run: echo ${{ github.head_ref }}", "template-injection"),
    ("zizmor", WORKFLOW, r"        with:\n          persist-credentials: false\n", "", "artipacked"),
    ("zizmor", WORKFLOW, r"permissions: {}", "permissions: write-all", "excessive-permissions"),
    ("zizmor", DEPENDABOT, r"    cooldown: .*\n", "", "dependabot-cooldown"),
    ("vendor.github-workflows", WORKFLOW, r"runs-on", "run-on", "run-on"),
    (
        "custom.github-workflows-require-timeout",
        WORKFLOW,
        r"    timeout-minutes: .*\n",
        "",
        "timeout-minutes",
    ),
    ("vendor.dependabot", DEPENDABOT, r"interval: weekly", "interval: often", "often"),
    ("vendor.gitlab-ci", ".gitlab-ci.yml", r"\ncontainer:", r"\nimage:", "$.image"),
    ("vendor.renovate", "renovate.json", r'"enabled": false', '"enabled": "no"', "enabled"),
    ("vendor.compose-spec", "ci/compose.yaml", r"network_mode", "network-mode", "network-mode"),
]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Projects:
    """Projects without an environment, by their CI."""
    made: Projects = {"github": [], "gitlab": []}
    for ci, folders in made.items():
        for answers in ANSWERS:
            place = Place(tmp_path_factory.mktemp(ci))
            done = place.run("project_name=Shop", "install=false", f"ci={ci}", *answers)
            assert done.returncode == 0, done.stderr
            folders.append(place.target / "shop")
    return made


def load(path: Path) -> Any:
    """Read YAML."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(project: Path) -> list[list[str]]:
    """Give what each job runs, without what only prepares the machine of GitLab."""
    if (project / ".gitlab-ci.yml").exists():
        scripts = [job["script"] for job in load(project / ".gitlab-ci.yml").values() if "script" in job]
    else:
        jobs = [
            job for path in sorted(project.glob(".github/workflows/*")) for job in load(path)["jobs"].values()
        ]
        scripts = [[step["run"] for step in job["steps"] if "run" in step] for job in jobs]
    told = [[line.replace(" --root-user-action ignore", "") for line in script] for script in scripts]
    return sorted([line for line in script if not line.startswith(("apk", "/syft"))] for script in told)


@pytest.mark.xdist_group("ci")
def test_no_workflow_has_a_hole(projects: Projects):
    done = zizmor(*projects["github"], TEMPLATE / ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.xdist_group("ci")
@pytest.mark.parametrize("name", SCHEMAS)
def test_files_follow_their_schema(projects: Projects, name: str):
    done = schema(name, *projects["github"], *projects["gitlab"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_own_workflows_follow_their_schema():
    done = schema("vendor.github-workflows", TEMPLATE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.xdist_group("ci")
@pytest.mark.parametrize(("judge", "file", "written", "wrong", "verdict"), DEFECTS)
def test_judges_notice(
    projects: Projects, tmp_path: Path, judge: str, file: str, written: str, wrong: str, verdict: str
):
    ci = "gitlab" if "git" not in file or "gitlab" in file else "github"
    folder = Path(shutil.copytree(projects[ci][1], tmp_path / "shop"))
    text = (folder / file).read_text(encoding="utf-8")
    spoilt, count = re.subn(written, wrong, text, count=1)
    assert count, "the defect does not fit the file any more"
    (folder / file).write_text(spoilt, encoding="utf-8")
    done = zizmor(folder) if judge == "zizmor" else schema(judge, folder)
    assert done.returncode != 0
    assert verdict in done.stdout + done.stderr


@pytest.mark.xdist_group("ci")
def test_github_and_gitlab_run_the_same(projects: Projects):
    for github, gitlab in zip(projects["github"], projects["gitlab"], strict=True):
        same = [script for script in commands(gitlab) if script]
        assert commands(github) == same
        assert ["make image", "make scan"] in same or not (github / "Dockerfile").exists()
        assert ["python -m pip install --requirement ci/requirements.txt", "make check"] in same


@pytest.mark.xdist_group("ci")
def test_database_service_is_the_one_that_the_settings_name(projects: Projects):
    github, gitlab = projects["github"][1], projects["gitlab"][1]
    check, job = load(github / WORKFLOW)["jobs"]["check"], load(gitlab / ".gitlab-ci.yml")["check"]
    configured = re.search(r'^DATABASE_URL="(.*)"$', (github / ".env.example").read_text(), re.M)
    assert configured
    for service, urls in (
        (check["services"]["postgres"]["env"], [configured[1], check["env"]["TEST_DATABASE_URL"]]),
        (job["variables"], [job["variables"]["DATABASE_URL"], job["variables"]["TEST_DATABASE_URL"]]),
    ):
        # The image makes a database that is named like the user, beside the one named postgres.
        user = service["POSTGRES_USER"]
        assert [urlsplit(url).path for url in urls] == [f"/{user}", "/postgres"]
        for url in map(urlsplit, urls):
            assert (url.username, url.password) == (user, service["POSTGRES_PASSWORD"])


def test_both_services_use_the_same_images(projects: Projects):
    github, gitlab = projects["github"][1], projects["gitlab"][1]
    jobs = load(gitlab / ".gitlab-ci.yml")
    service = load(github / WORKFLOW)["jobs"]["check"]["services"]["postgres"]
    assert jobs["check"]["services"] == [{"name": service["image"], "alias": "postgres"}]
    # Where GitLab runs a script, the image must bring a shell, so it is another one of the same version.
    syft = load(gitlab / "ci/compose.yaml")["services"]["syft"]["image"].partition("@")[0]
    assert jobs["sbom"]["image"]["name"] == f"{syft}-debug"


@pytest.mark.parametrize("project", ["api"], indirect=True)
def test_steps_of_the_workflow_pass_in_a_clone(project: Project, postgres: Postgres, tmp_path: Path):
    """Runs what GitHub would, with a Python as bare as there; of the project's own tests only a few."""
    subprocess.run(["git", "clone", "--quiet", project.path, tmp_path / "clone"], check=True)
    clone = Project(tmp_path / "clone", project.answers)
    job = load(clone.path / WORKFLOW)["jobs"]["check"]
    service = job["services"]["postgres"]["env"]
    with postgres.connect() as connection:
        role, password = service["POSTGRES_USER"], service["POSTGRES_PASSWORD"]
        connection.execute(f"""CREATE ROLE "{role}" LOGIN SUPERUSER PASSWORD '{password}'""")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    clone.environment = {
        "CI": "true",
        "PATH": f"{tmp_path / 'python/bin'}:/usr/bin:/bin",
        "DATABASE_URL": postgres.create_database("checked"),
        "TEST_DATABASE_URL": job["env"]["TEST_DATABASE_URL"].replace(
            "localhost:5432", f"localhost:{postgres.port}"
        ),
        "PYTEST_ADDOPTS": "--cov-fail-under=0 tests/core/test_migrations.py tests/test_main.py",
    }
    steps = [step["run"] for step in job["steps"] if "run" in step]
    said = [clone.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step) for step in steps]
    assert re.search(r"^=+ \d+ passed in ", said[-1], re.MULTILINE), (
        "nothing is skipped: the database is there"
    )
    assert clone.run("git", "status", "--porcelain") == ""
