"""Connections to PostgreSQL: those that a release may open at once are fewer than the server grants."""

import os
import re
import runpy
from pathlib import Path

import kustomize
import pytest
import yaml
from manifests import Manifests
from workspace import Place, missing

# superuser_reserved_connections.
RESERVED = 3
WORKER_CONCURRENCY = 2


def rendered(folder: Path, *words: str) -> Path:
    """Render a project with PostgreSQL and jobs."""
    place = Place(folder)
    words = ("database=postgresql", "cache=redis", "jobs=celery", "install=false", *words)
    done = place.run("project_name=Shop", "project_slug=shop", *words)
    assert done.returncode == 0, done.stderr
    return place.target / "shop"


def pool_size(project: Path) -> int:
    """Return how many connections a process may open."""
    source = (project / "app/core/postgres.py").read_text()
    assert '"max_overflow": 0' in source
    return int(re.search(r'"pool_size": (\d+)', source)[1])


def during_a_release(web: int, worker: int) -> int:
    """Return the sum of old and new containers, two schedulers, a migration and a backup."""
    return web + worker * WORKER_CONCURRENCY + 2 + 1 + 1


@pytest.mark.parametrize("cpus", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("replicas", [1, 3])
def test_compose_grants_what_a_release_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpus: int, replicas: int
):
    project = rendered(tmp_path, "wsgi_server=gunicorn")
    monkeypatch.setattr(os, "cpu_count", lambda: cpus)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    processes = runpy.run_path(str(project / "gunicorn.conf.py"))["workers"]
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"]
    granted = int(services["postgres"]["command"][-1].removeprefix("max_connections=")) - RESERVED
    opened = during_a_release(2 * replicas * processes * pool_size(project), worker=2)
    assert opened <= granted, (processes, opened)
    # The page for operators says the sums.
    page = (project / "docs/operations.md").read_text()
    assert f"max_connections={granted + RESERVED}" in page
    if cpus == 16:
        assert f"| {opened} |" in page


def test_kubernetes_opens_less_than_a_server_grants_by_default(tmp_path: Path):
    if not kustomize.command():
        missing("Kustomize 4 or later (kustomize or kubectl)")
    project = rendered(tmp_path, "deployment=kubernetes")
    manifests = Manifests(kustomize.render(project / "deploy/k8s/overlays/production"))
    web, worker = manifests.one("Deployment", "web"), manifests.one("Deployment", "worker")
    pods = manifests.of("HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"]
    pods += web["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    processes = int(manifests.settings()["WEB_CONCURRENCY"])
    # A Deployment starts a quarter more, at least one.
    opened = during_a_release(pods * processes * pool_size(project), worker["spec"]["replicas"] + 1)
    assert opened <= 100 - RESERVED, opened
    assert f"{opened} of" in (project / "deploy/k8s/README.md").read_text()
