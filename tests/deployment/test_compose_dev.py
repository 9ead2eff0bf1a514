"""Development in containers: the page reloads, and nothing in the working copy belongs to root."""

import os
import subprocess
import time
from http.client import HTTPException
from pathlib import Path

import pytest
from compose_stack import bake_for_image, stacked
from compose_stack import missing as missing_engine
from project import free_port, get
from workspace import missing

# Somebody who is not root; who runs the tests, where that is so.
USER = os.geteuid() or 12345


@pytest.mark.linux
@pytest.mark.xdist_group("containers")
def test_working_copy_is_served_and_stays_the_users(tmp_path: Path):
    if lacking := missing_engine():
        missing(lacking)
    project = bake_for_image(tmp_path, "Dev", "database=postgresql")
    if not os.geteuid():
        subprocess.run(["chown", "-R", str(USER), project], check=True)
        for folder in project.parents:
            folder.chmod(folder.stat().st_mode | 0o755)
    port = free_port()
    file = {"COMPOSE_FILE": "compose.dev.yaml", "FLASK_RUN_PORT": str(port)}
    with stacked(project, 0, 0, DEV_UID=str(USER), DEV_GID="0", **file) as stack:
        stack.compose("up", "--build", "--detach", "--wait")
        address = f"http://127.0.0.1:{port}/"
        assert "now in a new light" not in get(address).text
        services = project / "app" / "blueprints" / "main" / "services.py"
        services.write_text(services.read_text().replace("Hello from", "now in a new light, from"))
        deadline = time.monotonic() + 60
        while "now in a new light" not in fetch(address):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        # A file that Python was writing may be gone meanwhile.
        found = [path for path in project.rglob("*") if path != services and path.exists()]
        owners = {path.stat().st_uid for path in found}
        assert owners == {USER}


def fetch(address: str) -> str:
    """Give a page, or nothing while the server restarts."""
    try:
        return get(address).text
    except (OSError, HTTPException):
        return ""
