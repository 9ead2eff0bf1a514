"""Manifests that Kubernetes takes, that are safe, and whose parts find each other; rollout.py tries them on a cluster."""

import os
import shutil
import subprocess
from pathlib import Path

import kustomize
import pytest
import yaml
from contexts import OPTIONS
from kubernetes_checkers import VERSIONS, checkov, validate
from manifest_checks import problems
from manifest_defects import DEFECTS
from manifests import Manifests
from workspace import Place, missing

DATABASES = OPTIONS["database"]
# What each project is made of besides: between them, every component.
MORE = {
    "sqlite": ("auth=true", "cache=redis", "jobs=celery", "observability=prometheus"),
    "postgresql": ("observability=opentelemetry",),
}
OVERLAYS = [(database, overlay) for database in DATABASES for overlay in ("production", "staging")]
# Images by digest, and asked for at every start: tags are not moved, and a pod starts while the registry is away.
IMAGES = {"CKV_K8S_15", "CKV_K8S_43"}
# Nobody sends requests to a worker or waits until it is ready, and the scheduler is restarted when it ends.
UNSERVED = {"CKV_K8S_9 Deployment/worker", "CKV_K8S_9 Deployment/scheduler", "CKV_K8S_8 Deployment/scheduler"}
MEANT = {"sqlite": UNSERVED, "postgresql": set()}


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The manifests of two projects, one for each database."""
    if not kustomize.command():
        missing("Kustomize 4 or later (kustomize or kubectl)")
    made = {}
    for database in DATABASES:
        place = Place(tmp_path_factory.mktemp(database))
        words = [f"database={database}", "deployment=kubernetes", "install=false", *MORE[database]]
        done = place.run("project_name=Shop", "project_slug=shop", "domain_name=Shop.Example.com", *words)
        assert done.returncode == 0, done.stderr
        made[database] = place.target / "shop" / "deploy" / "k8s"
    return made


@pytest.fixture(scope="session")
def rendered(projects: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the manifests of every overlay."""
    folder = tmp_path_factory.mktemp("rendered")
    for database, overlay in OVERLAYS:
        text = kustomize.render(projects[database] / "overlays" / overlay)
        (folder / f"{database}-{overlay}.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(("database", "overlay"), OVERLAYS)
def test_parts_find_each_other(rendered: Path, database: str, overlay: str):
    manifests = Manifests((rendered / f"{database}-{overlay}.yaml").read_text())
    assert problems(manifests) == []
    spaces = {item["metadata"].get("namespace") for item in manifests.objects if item["kind"] != "Namespace"}
    assert spaces == {manifests.of("Namespace")[0]["metadata"]["name"]}


@pytest.mark.parametrize("database", DATABASES)
def test_previous_key_reaches_every_container_while_it_is_replaced(
    projects: dict[str, Path], tmp_path: Path, database: str
):
    folder = shutil.copytree(projects[database], tmp_path / "k8s")
    settings = folder / "base" / "settings.env"
    settings.write_text(
        settings.read_text().replace("# SECRET_KEY_FALLBACKS_FILE=", "SECRET_KEY_FALLBACKS_FILE=")
    )
    manifests = Manifests(kustomize.render(folder / "overlays" / "production"))
    assert problems(manifests) == []
    path, _, key = manifests.settings()["SECRET_KEY_FALLBACKS_FILE"].rpartition("/")
    # The key that the commands of the README write.
    assert f'\\"{key}\\"' in (folder / "README.md").read_text()
    for name, pod in manifests.pods():
        secrets = [each["name"] for each in pod["spec"]["volumes"] if "secret" in each]
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
            assert [mounted[path]] == secrets, name
            assert container["envFrom"], name


@pytest.mark.parametrize("defect", DEFECTS)
def test_part_that_cannot_be_found_is_noticed(projects: dict[str, Path], tmp_path: Path, defect: str):
    name, right, wrong, said = DEFECTS[defect]
    whose = next(each for each in ("postgresql", "sqlite") if (projects[each] / name).exists())
    folder = shutil.copytree(projects[whose], tmp_path / "k8s")
    text = (folder / name).read_text()
    assert right in text
    (folder / name).write_text(text.replace(right, wrong, 1))
    rendered = [kustomize.render(folder / "overlays" / overlay) for overlay in ("production", "staging")]
    noticed = [problem for text in rendered for problem in problems(Manifests(text))]
    assert any(said in problem for problem in noticed), noticed


# What a cluster says of the Job and of its pods, and what the release does then.
TURNS = {
    "succeeds": ("known Complete", "Succeeded", ""),
    "fails": ("known Failed", "Failed", "The migration failed"),
    "is removed": ("", "", "The Job of the migration was deleted"),
    "has no image": ("known ", "Pending", "timed out"),
    "never ends": ("known ", "Running", "timed out"),
    "cannot be seen": ("away", "", "timed out"),
}
STUBS = {
    "kubectl": """echo "$*" >>"$LOG"
case $* in
    *"get job"*) [ "$JOB" != away ] && printf %s "$JOB" ;;
    *"get pods"*phase*) printf %s "$PHASE" ;;
    *"get pods"*) echo SHOWN ;;
esac""",
    # A minute goes by from one look to the next.
    "date": 'echo x >>"$LOG.minutes"; expr 60 "*" "$(wc -l <"$LOG.minutes")"',
    "sleep": "",
}


@pytest.mark.parametrize("turn", TURNS)
def test_release_ends_whatever_becomes_of_its_migration(projects: dict[str, Path], tmp_path: Path, turn: str):
    job, phase, said = TURNS[turn]
    for name, text in STUBS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": f"{tmp_path}/log", "JOB": job, "PHASE": phase}
    done = subprocess.run(
        ["sh", projects["postgresql"] / "release.sh", "production"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, said in done.stderr, "SHOWN" in done.stderr) == (
        bool(said),
        True,
        bool(said),
    ), done
    applied = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("apply")]
    assert len(applied) == (1 if said else 2)


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_knows_every_key(rendered: Path, projects: dict[str, Path], version: str):
    examples = [folder / database / "secret.example.yaml" for database, folder in projects.items()]
    verdict = validate(version, *rendered.iterdir(), *examples)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("right", "wrong"), [("replicas: 1", "replica: 1"), ("replicas: 1", "replicas: one")]
)
def test_key_or_value_that_kubernetes_does_not_know_is_noticed(
    rendered: Path, tmp_path: Path, right: str, wrong: str
):
    text = (rendered / "sqlite-production.yaml").read_text()
    assert right in text
    (tmp_path / "wrong.yaml").write_text(text.replace(right, wrong))
    assert validate(VERSIONS[-1], tmp_path / "wrong.yaml").returncode != 0


def test_checkov_objects_to_nothing_but_what_is_meant_to_be(rendered: Path, tmp_path: Path):
    folder = shutil.copytree(rendered, tmp_path / "judged")
    unsafe = (folder / "postgresql-production.yaml").read_text()
    right, wrong = "readOnlyRootFilesystem: true", "privileged: true"
    assert right in unsafe
    (folder / "unsafe.yaml").write_text(unsafe.replace(right, wrong))
    verdicts = checkov(folder)
    planted = verdicts.pop("unsafe.yaml")
    assert {"CKV_K8S_16 Deployment/web", "CKV_K8S_22 Deployment/web"} <= planted["failed"]
    assert len(verdicts) == len(OVERLAYS)
    for name, verdict in verdicts.items():
        others = {objection for objection in verdict["failed"] if objection.partition(" ")[0] not in IMAGES}
        assert others == MEANT[name.partition("-")[0]], name
        assert len(verdict["passed"]) > 60, name


@pytest.mark.parametrize("database", DATABASES)
def test_example_of_the_secret_holds_what_the_settings_look_for(
    projects: dict[str, Path], rendered: Path, database: str
):
    settings = Manifests((rendered / f"{database}-production.yaml").read_text()).of("ConfigMap")[0]["data"]
    example = yaml.safe_load((projects[database] / database / "secret.example.yaml").read_text())
    files = {value.rpartition("/")[2] for value in settings.values() if value.startswith("/run/secrets/")}
    assert files == set(example["stringData"])


@pytest.mark.parametrize("database", DATABASES)
def test_way_for_error_reports_is_opened_by_a_line(projects: dict[str, Path], tmp_path: Path, database: str):
    folder = shutil.copytree(projects[database], tmp_path / "k8s")
    overlay = folder / "overlays" / "production"
    closed = Manifests(kustomize.render(overlay))
    text = (overlay / "kustomization.yaml").read_text()
    (overlay / "kustomization.yaml").write_text(
        text.replace("# - ../../error-reports", "- ../../error-reports")
    )
    opened = Manifests(kustomize.render(overlay))
    assert problems(opened) == []
    names = [{item["metadata"]["name"] for item in each.of("NetworkPolicy")} for each in (closed, opened)]
    assert names[1] - names[0] == {"error-reports"}
    assert "SENTRY_DSN_FILE" in opened.of("ConfigMap")[0]["data"]
    (tmp_path / "rendered.yaml").write_text(kustomize.render(overlay))
    verdict = validate(VERSIONS[-1], tmp_path / "rendered.yaml")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
