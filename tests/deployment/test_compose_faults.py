"""What production in containers loses when its parts are reloaded and replaced under load: nothing; by a kill, little."""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from compose_stack import Stack, bake_for_image, listening, restore_newest, stacked, visit
from compose_stack import missing as missing_engine
from container_faults import add_migration, kill, measure
from job_processes import wait_until
from load import under_load
from project import free_port
from workspace import missing

pytestmark = [pytest.mark.linux, pytest.mark.xdist_group("containers")]

# Seconds between the requests of each of twenty clients: the machine has to do the rest, too.
PAUSE = 0.1
# Beside the application's own pages one that takes its time.
SLOW = """
import time
from wsgi import app as application


def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        print("slow begins", flush=True)
        time.sleep(3)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"slow"]
    return application(environ, start_response)
"""
OVERRIDE = "services: {web: {command: [gunicorn, 'slow:app'], volumes: ['./slow.py:/srv/app/slow.py:ro']}}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The default project, served."""
    if lacking := missing_engine():
        missing(lacking)
    with stacked(
        bake_for_image(tmp_path_factory.mktemp("faults"), "Faults"), free_port(), free_port()
    ) as stack:
        stack.make("up")
        yield stack


def in_web(stack: Stack, command: str) -> None:
    """Run a shell command in the web container."""
    stack.compose("exec", "-T", "web", "sh", "-c", command)


def kill_worker(stack: Stack) -> None:
    """Kill a worker of Gunicorn three times."""
    for _ in range(3):
        # The first process is an init, its child Gunicorn's master.
        master = "master=$(tr -d ' ' </proc/1/task/1/children)"
        in_web(stack, f"{master}; kill -9 $(cut -d ' ' -f 1 /proc/$master/task/$master/children)")
        time.sleep(2)


def reload_gunicorn(stack: Stack) -> None:
    """Let Gunicorn replace its workers."""
    in_web(stack, "kill -HUP 1")


def reload_nginx(stack: Stack) -> None:
    """Let Nginx read its configuration anew."""
    stack.compose("exec", "-T", "nginx", "nginx", "-c", f"/etc/nginx/{stack.name}/nginx.conf", "-s", "reload")


def test_site_and_its_data_outlive_the_containers(stack: Stack):
    visit(stack)
    stack.make("down")
    assert not stack.compose("ps", "--all", "--quiet")
    stack.make("up")
    assert "한국 😀" in stack.ask("GET", "/notes/").text
    stack.compose("run", "--rm", "backup")
    stack.post_note("written later")
    restore_newest(stack)
    page = stack.ask("GET", "/notes/").text
    assert "한국 😀" in page
    assert "written later" not in page


@pytest.mark.parametrize("fault", [kill_worker, reload_gunicorn, reload_nginx])
def test_no_request_is_lost_but_those_of_a_killed_worker(stack: Stack, fault):
    with under_load(stack.connect, path="/notes/", seconds=6, pause=PAUSE) as load:
        time.sleep(1)
        fault(stack)
        wait_until(lambda: load.answers["200"] > 100)
    # A killed worker loses at most what its eight threads held: Nginx cannot repeat a response that has begun.
    assert sum(load.failed.values()) <= (3 * 8 if fault is kill_worker else 0), load
    print(f"{fault.__name__}: {load}")


@pytest.mark.parametrize("fault", ["freeze", "out of memory"])
def test_container_that_fails_serves_again_by_itself(stack: Stack, fault: str):
    """The rest of the table is made by container_matrix.py."""
    seen = measure(stack, "web", fault)
    print(f"{fault}: {seen}")
    # What a killed worker had begun to send ends in the middle.
    assert seen.kinds.keys() <= {"502", "504", "IncompleteRead"}, seen
    assert seen.back < 60, seen


def test_release_replaces_another_under_load_stays_and_goes_back(stack: Stack):
    base = stack.folder / "app" / "templates" / "base.html"
    base.write_text(base.read_text().replace("</footer>", "the next release</footer>"))
    before = stack.container("web")
    run_cron_lines(stack)
    add_migration(stack)
    with under_load(stack.connect, path="/notes/", seconds=1, pause=PAUSE) as load:
        assert "is live" in stack.make("deploy")
        # What follows replaces nothing.
        deployed = stack.compose("ps", "--quiet").split()
        stack.make("up")
        assert stack.compose("ps", "--quiet").split() == deployed
    assert not load.failed, load
    assert load.answers["200"] > 100
    print(f"deploy: {load}")
    assert before not in deployed
    assert "the next release" in stack.ask("GET", "/").text
    restore_what_is_older(stack)
    stack.make("deploy", "RELEASE=previous")
    assert "the next release" not in stack.ask("GET", "/").text


def page(stack: Stack) -> str:
    """Return the project's page on operations."""
    return (stack.folder / "docs" / "operations.md").read_text()


def run_cron_lines(stack: Stack) -> None:
    """Run the lines for cron: neither the backup nor the check of its age says anything while all is well."""
    back_up, check = re.findall(r"^0 [39] [*] [*] [*]  cd \S+ && (.*)$", page(stack), re.MULTILINE)
    stack.compose("run", "--rm", "backup", "sh", "-c", "rm -f /backups/*")
    assert stack.run("sh", "-c", check, check=False) == "no backup within 26 hours\n"
    assert stack.run("sh", "-c", f"{back_up}; {check}") == ""


def restore_what_is_older(stack: Stack) -> None:
    """Restore a backup of the revision before, by the commands that the page has for it."""
    newest = stack.compose("run", "--rm", "backup", "ls", "/backups").split()[-1]
    steps = r"^docker compose run --rm --no-deps release flask db downgrade REVISION\n.*?(?=^```$)"
    (commands,) = re.findall(steps, page(stack), re.DOTALL | re.MULTILINE)
    restore = f"docker compose run --rm backup python -m scripts.backup_data restore --yes /backups/{newest}"
    refused = stack.run("sh", "-c", restore, check=False)
    (revision,) = re.findall(r"at revision (\w+)", refused)
    stack.post_note("written later")
    done = commands.replace("REVISION", revision).replace(
        "restore /backups/FILE", f"restore --yes /backups/{newest}"
    )
    assert "Restored" in stack.run("sh", "-ec", done)
    assert "written later" not in stack.ask("GET", "/notes/").text


def test_release_that_does_not_start_replaces_nothing(stack: Stack):
    wsgi = stack.folder / "wsgi.py"
    good = wsgi.read_text()
    wsgi.write_text("raise SystemExit('broken')\n")
    before = stack.container("web")
    said = stack.make("deploy", check=False)
    wsgi.write_text(good)
    assert "nothing was replaced" in said
    assert stack.compose("ps", "--all", "--quiet", "web").split() == [before]
    assert stack.ask("GET", "/").status == 200
    # Nor does the next start take it.
    assert "broken" not in stack.run("docker", "run", "--rm", f"{stack.name}:latest", "cat", "wsgi.py")


def test_deployment_stops_before_it_has_begun(stack: Stack):
    site = stack.folder / "deploy" / "nginx" / "site.conf"
    good = site.read_text()
    site.write_text(f"{good}\noops;\n")
    assert 'unknown directive "oops"' in stack.make("deploy", check=False)
    site.write_text(good)
    (stack.folder / "secrets" / "deploying").mkdir()
    assert "another deployment is in progress" in stack.make("deploy", check=False)
    (stack.folder / "secrets" / "deploying").rmdir()
    assert stack.ask("GET", "/").status == 200


def test_nginx_that_dies_is_started_again(stack: Stack):
    kill(stack, stack.container("nginx"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            if stack.ask("GET", "/notes/").status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(stack.compose("ps", "--all"))


@pytest.mark.parametrize("service", ["web", "nginx"])
def test_container_stops_in_the_first_second_too(stack: Stack, service: str):
    stack.stop_early(service)


def test_container_that_comes_back_at_another_address_is_found(stack: Stack):
    before = stack.address("web")
    stack.run("docker", "rm", "--force", stack.container("web"))
    # Others take the address that is free now, and those below it.
    command = ("docker", "run", "--rm", "--detach", f"--network={stack.name}_front", f"{stack.name}:latest")
    others = [stack.run(*command, "sleep", "600").strip() for _ in range(3)]
    try:
        stack.compose("up", "--detach", "--no-deps", "--wait", "web")
        assert stack.address("web") != before
        begun = time.monotonic()
        while stack.ask("GET", "/notes/").status != 200:
            assert time.monotonic() - begun < 30, stack.compose("logs", "--tail", "20", "nginx")
            time.sleep(0.1)
        print(f"answered after {time.monotonic() - begun:.1f} s")
    finally:
        stack.run("docker", "rm", "--force", *others)


def test_image_is_published_deployed_by_its_digest_scaled_and_rolled_back(stack: Stack, tmp_path: Path):
    if not shutil.which("docker-registry"):
        missing("docker-registry")
    image = published(stack, tmp_path)
    assert "from the registry" in stack.ask("GET", "/").text
    settings = stack.folder / ".env"
    text = settings.read_text()
    settings.write_text(f"{text}\nWEB_REPLICAS=3\n")
    try:
        stack.make("deploy", "RELEASE=previous")
        assert "from the registry" not in stack.ask("GET", "/").text
        three = replace_one_of_three(stack)
        # By the digest that was live before.
        stack.make("deploy", f"RELEASE={image.rpartition(':')[2]}")
        rolled_back = stack.compose("ps", "--quiet", "web").split()
        assert (len(rolled_back), set(rolled_back) & three) == (3, set())
        assert "from the registry" in stack.ask("GET", "/").text
    finally:
        settings.write_text(text)
        stack.make("deploy", "RELEASE=latest")
    assert len(stack.compose("ps", "--quiet", "web").split()) == 1
    assert stack.ask("GET", "/").status == 200


def published(stack: Stack, folder: Path) -> str:
    """Publish an image that differs from the checkout, deploy it by its digest, and return its name."""
    base = stack.folder / "app" / "templates" / "base.html"
    good = base.read_text()
    base.write_text(good.replace("</footer>", "from the registry</footer>"))
    commit = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "--all", "--quiet")
    stack.run("git", "add", "--all")
    stack.run("git", *commit, "--message", "Change the footer")
    address = f"127.0.0.1:{free_port()}"
    settings = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}}}
    (folder / "registry.json").write_text(json.dumps(settings | {"http": {"addr": address}}))
    with subprocess.Popen(
        ["docker-registry", "serve", folder / "registry.json"], stderr=subprocess.DEVNULL
    ) as registry:
        try:
            wait_until(lambda: listening(address))
            # The engine's own builder makes neither images for several platforms nor attestations.
            said = stack.make("publish", f"IMAGE={address}/team/shop", "PLATFORMS=")
            (image,) = re.findall(rf"^{address}/team/shop@sha256:[0-9a-f]{{64}}$", said, re.MULTILINE)
            base.write_text(good)
            stack.run("docker", "rmi", "--force", image, f"{address}/team/shop", check=False)
            assert "is live" in stack.make("deploy", f"IMAGE={image}")
        finally:
            registry.terminate()
    return str(image)


def replace_one_of_three(stack: Stack) -> set[str]:
    """See that all containers get requests, lose one under load, and start another; return all three."""
    containers = stack.compose("ps", "--quiet", "web").split()
    assert len(containers) == 3
    time.sleep(2)  # until Nginx has asked for the name again
    for _ in range(30):
        assert stack.ask("GET", "/").status == 200
    for container in containers:
        assert '"path": "/"' in stack.run("docker", "logs", container)
    with under_load(stack.connect, path="/notes/", seconds=5, pause=PAUSE) as load:
        stack.run("docker", "rm", "--force", containers[1])
    # Nginx asks the others. It repeats no request that waits for the lost one when its name changes, which happens
    # to each of the twenty clients once or twice.
    assert load.failed.keys() <= {"502", "RemoteDisconnected", "IncompleteRead"}, load
    assert sum(load.failed.values()) <= 40, load
    assert load.answers["200"] > 40
    stack.compose("up", "--detach", "--wait")
    restored = set(stack.compose("ps", "--quiet", "web").split())
    assert (len(restored), {containers[0], containers[2]} <= restored) == (3, True)
    return restored


def test_requests_in_flight_are_answered_before_the_end(stack: Stack):
    (stack.folder / "slow.py").write_text(SLOW)
    (stack.folder / "slow.yaml").write_text(OVERRIDE)
    stack.compose("--file", "compose.yaml", "--file", "slow.yaml", "up", "--detach", "--wait")
    answers: list[str] = []
    clients = [
        threading.Thread(target=lambda: answers.append(stack.ask("GET", "/slow").text)) for _ in range(4)
    ]
    for client in clients:
        client.start()
    container = stack.container("web")
    deadline = time.monotonic() + 30
    while stack.run("docker", "logs", container).count("slow begins") < 4:
        assert time.monotonic() < deadline, answers
        time.sleep(0.1)
    stack.run("docker", "stop", "--time", "35", container)
    for client in clients:
        client.join(60)
    assert answers == ["slow"] * 4
    assert stack.run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"
