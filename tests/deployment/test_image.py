"""The image of a project: built and tried as its CI does, and run as narrowly as a cluster may."""

import time
from collections.abc import Iterator

import pytest
from compose_stack import bake
from compose_stack import missing as missing_engine
from project import Project, get, wait_until_ready
from workspace import missing

pytestmark = [pytest.mark.linux, pytest.mark.xdist_group("containers")]
SETTINGS = (
    "SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL=sqlite:////tmp/app.db",
    "TRUSTED_HOSTS=localhost",
)


@pytest.fixture(scope="module")
def imaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose image is called like it."""
    if lacking := missing_engine():
        missing(lacking)
    project = Project(bake(tmp_path_factory.mktemp("image"), "Imaged", "deployment=kubernetes"), {})
    try:
        yield project
    finally:
        project.run("docker", "rmi", "--force", "imaged", check=False)


def test_image_is_built_and_asked(imaged: Project):
    deaf = imaged.path / "Dockerfile.deaf"
    deaf.write_text("FROM imaged\nENV BIND_HOST=127.0.0.1\n")
    assert "200 /\n" in imaged.make("image")
    imaged.run("docker", "build", "--quiet", "--tag", "imaged", "--file", deaf.name, ".")
    compose = ("docker", "compose", "--file", "ci/compose.yaml")
    smoke_test = (*compose, "up", "--exit-code-from", "smoke-test", "smoke-test")
    assert "Connection refused" in imaged.run(*smoke_test, check=False)
    with pytest.raises(AssertionError):
        imaged.run(*smoke_test)
    imaged.run(*compose, "down", "--volumes")


def inspect(imaged: Project, container: str, what: str) -> str:
    """Give a property of a container."""
    return imaged.run("docker", "inspect", "--format", f"{{{{{what}}}}}", container).strip()


def test_image_runs_for_any_user_without_rights(imaged: Project):
    imaged.run("docker", "build", "--quiet", "--tag", "imaged", ".")
    rights = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "12345"]
    words = [*rights, *(word for setting in SETTINGS for word in ("--env", setting)), "imaged"]
    container = imaged.run("docker", "run", "--detach", *words).strip()
    try:
        deadline = time.monotonic() + 90
        while inspect(imaged, container, ".State.Health.Status") != "healthy":
            assert time.monotonic() < deadline, imaged.run("docker", "logs", container)
            time.sleep(0.5)
        address = inspect(imaged, container, ".NetworkSettings.Networks.bridge.IPAddress")
        assert wait_until_ready(lambda path: get(f"http://{address}:8000{path}")).status == 200
        imaged.run("docker", "stop", "--time", "30", container)
        assert inspect(imaged, container, ".State.ExitCode") == "0"
        assert "Permission" not in imaged.run("docker", "logs", container)
    finally:
        imaged.run("docker", "rm", "--force", container)
