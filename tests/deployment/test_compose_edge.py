"""What Nginx keeps from the application: forged addresses and hosts, bodies that are too large, clients that are slow."""

import http.client
import json
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from compose_stack import Stack, bake_for_image, begun, listening, stacked
from compose_stack import missing as missing_engine
from job_processes import wait_until
from machine_pauses import PauseWatch
from npm_checkers import Judges
from project import free_port
from python_checkers import verdict_of
from tls_proxy import INSECURE
from workspace import SUPPORT, missing

pytestmark = [pytest.mark.linux, pytest.mark.xdist_group("containers")]

LARGEST, LARGEST_JSON = 16 * 1024 * 1024, 1024 * 1024
# Run in the container, in place of `wsgi:app`.
SEEN = (SUPPORT / "echo_app.py").read_text(encoding="utf-8")
# One worker, because each counts for itself.
OVERRIDE = """
services: {web: {command: [gunicorn, --workers=1, 'seen:app'], volumes: ['./seen.py:/srv/app/seen.py:ro']}}
"""
FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.7",
    "X-Request-ID": "forged",
    "Forwarded": "for=203.0.113.7;host=evil.example",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The default project on the ports that everybody knows, because plain HTTP leads to the usual one of TLS."""
    if lacking := missing_engine():
        missing(lacking)
    project = bake_for_image(tmp_path_factory.mktemp("edge"), "Edge")
    (project / "seen.py").write_text(SEEN)
    (project / "seen.yaml").write_text(OVERRIDE)
    with stacked(project, 80, 443, COMPOSE_FILE="compose.yaml:seen.yaml") as stack:
        stack.make("up")
        yield stack


def test_forged_headers_change_nothing(stack: Stack):
    seen = [stack.ask("GET", "/limited", **FORGED | {"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(4)]
    assert [answer.status for answer in seen] == [200, 200, 200, 429]
    believed = json.loads(seen[0].text)
    assert not believed["client"].startswith("203.")
    assert believed["url"] == "https://localhost/"
    assert believed["id"] == seen[0].headers["X-Request-ID"] != "forged"
    nginx, web = (stack.logged(name, "/limited", len(seen)) for name in ("nginx", "web"))
    assert {line["client"] for line in nginx + web} == {believed["client"]}
    # Nginx has several workers, which write as they come.
    ids = sorted(answer.headers["X-Request-ID"] for answer in seen)
    assert all(sorted(line["request_id"] for line in lines) == ids for lines in (nginx, web))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example", ""])
def test_unknown_host_gets_no_answer(stack: Stack, host: str):
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    closed = b"HTTP/1.1 400" if not host else b""
    assert stack.raw(request, name=None)[:12] == closed
    # Within a connection that was made for another name: Nginx calls that misdirected, or closes it.
    assert stack.raw(request)[:12] in (closed, b"HTTP/1.1 421")
    if host:
        with pytest.raises(ssl.SSLError, match="unrecognized name"):
            stack.raw(request, name=host if host != "127.0.0.1" else "evil.example")


def test_plain_http_leads_to_tls(stack: Stack):
    request = b"GET /x?y=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = stack.raw(request, name=None).decode()
    assert answer.startswith("HTTP/1.1 308 ")
    assert "\r\nLocation: https://localhost/x?y=1\r\n" in answer


def upload(size: int) -> bytes:
    """Give a form of so many bytes, with one file in it."""
    head, end = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n', b"\r\n--x--\r\n"
    return head + b" " * (size - len(head) - len(end)) + end


@pytest.mark.parametrize(
    ("path", "kind", "sent", "body", "largest"),
    [
        ("/api/v1/notes/", "application/problem+json", "application/json", lambda n: b" " * n, LARGEST_JSON),
        # A form of exactly the limit is too large already for Werkzeug, which looks for its end.
        ("/notes/new", "text/html", "multipart/form-data; boundary=x", upload, LARGEST - 1),
    ],
    ids=["json", "upload"],
)
def test_bodies_are_too_large_through_nginx_and_for_the_application_alike(
    stack: Stack, path: str, kind: str, sent: str, body: Callable[[int], bytes], largest: int
):
    direct = http.client.HTTPConnection(stack.address("web"), 8000, timeout=30)
    for size, too_large in ((largest, False), (largest + 1, True)):
        through = stack.ask("POST", path, body(size), Content_Type=sent)
        with suppress(BrokenPipeError):  # it need not read what it refuses
            direct.request("POST", path, body(size), {"Content-Type": sent, "Host": "localhost"})
        answer = direct.getresponse()
        answer.read()
        direct.close()
        assert (through.status == 413, answer.status == 413) == (too_large, too_large)
    assert through.headers["Content-Type"].startswith(kind)
    assert "Content-Security-Policy" in through.headers


def test_program_gets_a_problem_document_where_nginx_refuses_its_body(stack: Stack):
    refused = stack.ask("POST", "/api/v1/notes/", b" " * (LARGEST + 1), Content_Type="application/json")
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert "Content-Security-Policy" in refused.headers
    assert (refused.status, json.loads(refused.text)["status"]) == (413, 413)


def test_answer_of_nginx_itself_looks_like_the_application(stack: Stack):
    stack.compose("stop", "web")
    page, problem = stack.ask("GET", "/"), stack.ask("GET", "/api/v1/notes/")
    stack.compose("start", "web")
    deadline = time.monotonic() + 60
    while (back := stack.ask("GET", "/notes/")).status != 200:
        assert time.monotonic() < deadline, back
        stack.compose(
            "exec", "-T", "nginx", "nginx", "-c", f"/etc/nginx/{stack.name}/nginx.conf", "-s", "reload"
        )
        time.sleep(1)
    assert page.status in (502, 504)
    assert page.headers["Content-Type"] == "text/html"
    assert f">{page.status}</p>" in page.text
    assert json.loads(problem.text)["request_id"]
    assert page.headers["Cache-Control"] == problem.headers["Cache-Control"] == "no-store"


def test_slow_and_idle_clients_hold_up_nobody(stack: Stack, pauses: PauseWatch):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_000), hard))
    nginx = stack.address("nginx")
    head = (
        b"POST /notes/new HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    with ExitStack() as open_ones:
        for _ in range(10_000):
            open_ones.enter_context(socket.create_connection((nginx, 443), timeout=30))
        parts = (head, head + b"Content-Length: 1000\r\n\r\ntitle=")
        slow = [open_ones.enter_context(begun(nginx, part)) for part in parts for _ in range(60)]
        times = []
        for _ in range(40):  # longer than Nginx lets any of them wait
            for connection in slow:
                with suppress(OSError):  # after ten seconds Nginx has had enough
                    connection.sendall(b"x")
            started = time.monotonic()
            assert stack.ask("GET", "/healthz").status == stack.ask("GET", "/notes/").status == 200
            times.append(pauses.since(started))
            time.sleep(0.3)
    print(f"longest probe and page beside idle and slow clients: {max(times):.2f} s")
    assert max(times) < 1


def test_answers_that_nobody_reads_wait_on_the_disk(stack: Stack):
    nginx, readers = stack.address("nginx"), 400  # of 1 MB each, and Nginx has 256 MB of memory
    workers = ("exec", "-T", "nginx", "cat", "/proc/1/task/1/children")
    before = stack.compose(*workers)
    with ExitStack() as open_ones:
        for _ in range(readers):
            open_ones.enter_context(begun(nginx, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        kept = "is buffered to a temporary file"
        wait_until(lambda: stack.run("docker", "logs", stack.container("nginx")).count(kept) >= readers)
        assert stack.ask("GET", "/").status == 200
    assert stack.compose(*workers) == before


def test_proxy_in_front_is_believed_once_it_is_trusted(stack: Stack):
    """As docs/operations.md says; the proxy is whoever reaches the published port, Docker's gateway here."""
    page = (stack.folder / "docs" / "operations.md").read_text()
    (lines,) = re.findall(r"^set_real_ip_from .*?(?=^```$)", page, re.DOTALL | re.MULTILINE)
    gateway = gateway_of(stack)
    site = stack.folder / "deploy" / "nginx" / "site.conf"
    before = site.read_text()

    def seen() -> tuple[str, str]:
        answer = json.loads(stack.ask("GET", "/seen", X_Forwarded_For="203.0.113.9, 198.51.100.4").text)
        return answer["client"], answer["url"]

    untrusted = seen()
    site.write_text(lines.replace("192.0.2.0/24", gateway) + before)
    try:
        reload_nginx(stack)
        wait_until(lambda: seen() == ("198.51.100.4", "https://localhost/"))
    finally:
        site.write_text(before)
        reload_nginx(stack)
    wait_until(lambda: seen() == untrusted)


def gateway_of(stack: Stack) -> str:
    """Return the address of this machine on the network of Nginx."""
    (network,) = json.loads(stack.run("docker", "network", "inspect", f"{stack.name}_front"))
    return str(network["IPAM"]["Config"][0]["Gateway"])


def reload_nginx(stack: Stack) -> None:
    """Reload the configuration; previous workers finish their connections, new ones take all others."""
    config = f"/etc/nginx/{stack.name}/nginx.conf"
    stack.compose("exec", "-T", "nginx", "nginx", "-q", "-c", config, "-s", "reload")


def test_observatory_gives_its_best_grade_through_nginx(stack: Stack):
    if lacking := Judges.missing():
        missing(lacking)
    paths = ["/", "/notes/", "/nothing-here", "/api/v1/notes/", "/static/css/app.css"]
    certificate = stack.folder / "secrets/tls/fullchain.pem"
    grades = Judges.installed().observatory(stack.http, stack.https, certificate, *paths)
    assert [grade["path"] for grade in grades] == paths
    for grade in grades:
        assert (grade["grade"], grade["passed"], grade["tests"]) == ("A+", 10, 10), grade


def test_tls_is_what_mozilla_calls_intermediate(stack: Stack):
    address = f"localhost:{stack.https}"
    done = verdict_of("containers", "sslyze", "--mozilla_config=intermediate", address)
    complaints = re.findall(r"^ +[*] (\w+): ", done.stdout.partition("COMPLIANCE AGAINST TLS")[2], re.M)
    # Nobody has signed the first certificate.
    assert complaints == ["certificate_path_validation"], done.stdout + done.stderr


def test_certificate_comes_from_an_authority_by_one_command(stack: Stack, tmp_path: Path):
    """Pebble is the test server of Let's Encrypt; it asks Nginx on port 80, as theirs does."""
    if not shutil.which("pebble"):
        missing("pebble")
    address = f"{gateway_of(stack)}:{free_port()}"
    authority = {"listenAddress": address, "managementListenAddress": f"127.0.0.1:{free_port()}"}
    tls = stack.folder / "secrets" / "tls"
    authority |= {"certificate": str(tls / "fullchain.pem"), "privateKey": str(tls / "privkey.pem")}
    (tmp_path / "pebble.json").write_text(json.dumps({"pebble": authority | {"httpPort": stack.http}}))
    settings = f"server = https://{address}/dir\nno-verify-ssl = true\n"
    (stack.folder / "secrets" / "letsencrypt" / "cli.ini").write_text(settings)
    environment = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    command = ["pebble", "-config", tmp_path / "pebble.json"]
    provide_certbot(stack)
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as pebble:
        try:
            wait_until(lambda: listening(address))
            said = stack.run("make", "certificate", CERTIFICATE_DOMAINS="localhost")
            assert "Successfully received certificate" in said
            wait_until(lambda: "Pebble" in issuer(stack))
            assert "not yet due for renewal" in stack.run(
                "make", "certificate", CERTIFICATE_DOMAINS="localhost"
            )
        finally:
            pebble.terminate()
    assert stack.ask("GET", "/").status == 200


def provide_certbot(stack: Stack) -> None:
    """Pull certbot's image, or build what stands in for it."""
    (image,) = re.findall(r"image: (certbot/.*)", (stack.folder / "compose.yaml").read_text())
    for command in (("image", "inspect", image), ("pull", image)):
        if subprocess.run(["docker", *command], capture_output=True).returncode == 0:
            return
    dockerfile = SUPPORT / "certbot.Dockerfile"
    stack.run(
        "docker",
        "build",
        "--quiet",
        "--tag",
        image,
        "--file",
        str(dockerfile),
        str(stack.folder / "secrets" / "acme"),
    )


def issuer(stack: Stack) -> str:
    """Return who has signed the certificate that Nginx shows."""
    with socket.create_connection(("127.0.0.1", stack.https), timeout=5) as plain:
        shown = INSECURE.wrap_socket(plain, server_hostname="localhost").getpeercert(binary_form=True)
    return subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-issuer"],
        input=shown,
        capture_output=True,
        check=True,
    ).stdout.decode()
