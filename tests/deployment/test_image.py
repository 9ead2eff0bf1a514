"""The image of a project: built and tried as its CI does, and run as narrowly as a cluster may."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message

import pytest
from compose_stack import bake_for_image
from compose_stack import missing as missing_engine
from http_client import Visitor
from job_processes import wait_until
from project import Answer, Project, free_port, get, wait_until_ready
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
    choices = ("deployment=kubernetes", "database=postgresql")
    project = Project(bake_for_image(tmp_path_factory.mktemp("image"), "Imaged", *choices), {})
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


@contextmanager
def platform(imaged: Project, url: str, port: int) -> Iterator[tuple[str, ...]]:
    """Yield the words that start a container as a platform does: a port, a database, and what docs/operations.md names."""
    network, server = f"{imaged.path.name}-platform", f"{imaged.path.name}-database"
    settings = {
        "PORT": "5055",
        "DATABASE_URL": url.format(server),
        "PROXY_HOPS": "1",
        "TRUSTED_HOSTS": "localhost",
    }
    settings["SECRET_KEY"] = SETTINGS[0].partition("=")[2]
    page = (imaged.path / "docs" / "operations.md").read_text().partition("## Platforms")[2]
    assert [name for name in settings if f"`{name}" not in page] == []
    imaged.run("docker", "network", "create", network)
    try:
        password = ("--env", "POSTGRES_PASSWORD=secret")
        imaged.run(
            "docker", "run", "--detach", "--name", server, "--network", network, *password, "postgres:17"
        )
        words = ("docker", "run", "--network", network, "--publish", f"127.0.0.1:{port}:5055")
        yield (*words, *(word for pair in settings.items() for word in ("--env", "=".join(pair))))
    finally:
        imaged.run("docker", "rm", "--force", "--volumes", server)
        imaged.run("docker", "network", "rm", network)


def test_image_runs_on_a_platform_that_gives_a_port_and_a_database(imaged: Project):
    imaged.run("docker", "build", "--quiet", "--tag", "imaged", ".")
    port = free_port()
    with platform(imaged, "postgres://postgres:secret@{}:5432/postgres", port) as start:
        # The release command, once the database accepts connections.
        wait_until(
            lambda: "0001" in imaged.run(*start, "--rm", "imaged", "flask", "db", "upgrade", check=False)
        )
        client = Visitor(f"http://localhost:{port}")
        for title in ("first", "second"):  # the disk of the first container is gone with it
            container = imaged.run(*start, "--detach", "imaged").strip()
            try:
                assert wait_until_ready(lambda path: asked(client, path)).status == 200
                assert client.fill("/notes/new", title=title, body="").status == 303
                assert "first" in client.get("/notes/").text
                assert client.get("/static/css/app.css").status == 200
                imaged.run("docker", "stop", "--time", "30", container)
                assert inspect(imaged, container, ".State.ExitCode") == "0"
            finally:
                imaged.run("docker", "rm", "--force", container)


def asked(client: Visitor, path: str) -> Answer:
    """Return a response, or 503 while nobody listens."""
    try:
        return client.get(path)
    except OSError:
        return Answer(503, Message(), "")
