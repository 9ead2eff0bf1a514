"""`make up` for every manager and for every server: what a client gets through Nginx, and how the containers stop."""

from pathlib import Path

import pytest
from compose_stack import bake_for_image, stacked, stop, visit, wait_for_export
from compose_stack import missing as missing_engine
from project import free_port
from workspace import missing

# The default project is in test_compose_faults.py, Hypercorn with everything that can be chosen in test_compose_full.py.
STACKS = [
    ("venv", "postgresql", "granian"),
    ("poetry", "sqlite", "uwsgi"),
    ("uv", "sqlite", "waitress"),
]
# What some of them have besides.
MORE = {("uv", "sqlite"): ("jobs=celery",)}


@pytest.mark.linux
@pytest.mark.xdist_group("containers")
@pytest.mark.parametrize(("manager", "database", "server"), STACKS)
def test_stack_serves_and_stops(tmp_path: Path, manager: str, database: str, server: str):
    if lacking := missing_engine():
        missing(lacking)
    answers = (f"dependency_manager={manager}", f"database={database}", f"wsgi_server={server}")
    more = MORE.get((manager, database), ())
    services = ["nginx", "web"]
    with stacked(
        bake_for_image(tmp_path, f"Up-{server}", *answers, *more), free_port(), free_port()
    ) as stack:
        stack.make("up")
        visit(stack)
        if "jobs=celery" in more:
            ordered = stack.ask("POST", "/api/v1/exports/")
            assert ordered.status == 202
            assert wait_for_export(stack, ordered.headers["Location"]) == ["한국 😀"]
            services += ["worker", "scheduler"]
        codes = {service: stop(stack, service) for service in services}
        assert set(codes.values()) == {"0"}, (codes, stack.compose("logs", *services))
