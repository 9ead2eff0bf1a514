"""A project on a real cluster, as rollout.py tries it: its images, its releases, its clients."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cluster
import kustomize
import workspace
from cluster import get, kubectl, wait_until
from workspace import SUPPORT

# Of the project, of what stands in front of it, of the database.
SPACE, PROXY, STORE = "rollout", "traefik", "rollout-postgres"
HERE = SUPPORT
HOST = "example.com"
URL = f"http://web.{SPACE}.svc.cluster.local"
DATABASE = f"postgresql+psycopg://trial:trial@postgres.{STORE}.svc.cluster.local:5432/trial"
POSTGRES = """
apiVersion: v1
kind: Pod
metadata: {name: postgres, labels: {app: postgres}}
spec:
  containers:
    - name: postgres
      image: postgres:17
      imagePullPolicy: IfNotPresent
      env: [{name: POSTGRES_PASSWORD, value: trial}, {name: POSTGRES_USER, value: trial}]
      readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {app: postgres}, ports: [{port: 5432}]}
"""
# Where the ingress controller would be, because the network policies let nobody else through.
CLIENTS = """
apiVersion: v1
kind: Pod
metadata: {name: clients}
spec:
  containers:
    - name: clients
      image: rollout:1
      imagePullPolicy: IfNotPresent
      command: [sleep, infinity]
  terminationGracePeriodSeconds: 0
"""


class Trial:
    """A project on the cluster.

    Parameters:
        folder: where to work.
        database: which one the project uses.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.database = database
        place = workspace.Place(folder)
        place.run("project_name=Rollout", "deployment=kubernetes", f"database={database}")
        self.path = place.target / SPACE
        self.overlay = self.path / "deploy/k8s/overlays/production"
        self.environment = os.environ | {"PATH": cluster.shim(folder / "bin")}

    def build(self, tag: str) -> None:
        """Build the image, and let the overlay name it."""
        command = ["docker", "build", "--quiet", "--tag", f"rollout:{tag}", str(self.path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.choose(tag)

    def choose(self, tag: str) -> None:
        """Let the overlay name an image of this machine."""
        file = self.overlay / "kustomization.yaml"
        text = file.read_text()
        for name, value in {"newName": "rollout", "newTag": f'"{tag}"'}.items():
            head, _, rest = text.partition(f"{name}: ")
            text = f"{head}{name}: {value}\n{rest.partition(chr(10))[2]}"
        file.write_text(text)

    def prepare(self) -> None:
        """Make the namespaces, the Secret, the database and the place of the clients."""
        remove()
        for name in (SPACE, PROXY, STORE):
            kubectl("create", "namespace", name)
        values = {"SECRET_KEY": secrets.token_hex(32), "DATABASE_URL": DATABASE}
        words = [f"--from-literal={name}={value}" for name, value in values.items()]
        kubectl("--namespace", SPACE, "create", "secret", "generic", "secrets", *words)
        kubectl("--namespace", STORE, "apply", "--filename", "-", given=POSTGRES)
        kubectl("--namespace", PROXY, "apply", "--filename", "-", given=CLIENTS)
        for space, pod in ((STORE, "postgres"), (PROXY, "clients")):
            kubectl("--namespace", space, "wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=120s")
        script = (HERE / "load_client.py").read_text()
        self.client("sh", "-c", "cat >/tmp/load_client.py", given=script)

    def release(self) -> float:
        """Release as the project's page says; give the seconds it took, or fail with what was said."""
        started = time.monotonic()
        if self.database == "sqlite":
            cluster.apply(kustomize.render(self.overlay))
            kubectl("--namespace", SPACE, "rollout", "status", "deployment/web", "--timeout=5m")
            return time.monotonic() - started
        self.shell("deploy/k8s/release.sh production")
        return time.monotonic() - started

    def shell(self, line: str) -> None:
        """Run a line of the project's page, or fail with what was said."""
        words = {"cwd": self.path, "env": self.environment, "capture_output": True, "text": True}
        done = subprocess.run(["sh", "-euc", line], **words)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def client(self, *command: str, given: str | None = None) -> str:
        """Run a command where the ingress controller would be."""
        return kubectl("--namespace", PROXY, "exec", "--stdin", "clients", "--", *command, given=given)

    def ask(self, path: str, document: Any = None) -> Any:
        """Ask through the Service; give the body, as JSON where it is."""
        words = [URL + path, HOST, json.dumps(document) if document else ""]
        said = self.client("python", "-c", ASK, *words)
        return json.loads(said) if said.startswith(("{", "[")) else said

    def inside(self, *command: str) -> str:
        """Run a command in a pod that serves."""
        return kubectl("--namespace", SPACE, "exec", "deployment/web", "--container=web", "--", *command)

    @contextmanager
    def load(self, seconds: int, clients: int, *kept: str) -> Iterator[dict[str, Any]]:
        """Let clients ask through the Service meanwhile; afterwards the dictionary says how it went."""
        report: dict[str, Any] = {}
        words = ["python", "/tmp/load_client.py", HOST, f"{URL}/notes/", str(seconds), str(clients), *kept]
        command = [*cluster.KUBECTL, "--namespace", PROXY, "exec", "clients", "--", *words]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as asking:
            time.sleep(2)
            yield report
            out, _ = asking.communicate(timeout=seconds + 60)
        report.update(json.loads(out))


# Python, because the image has no curl.
ASK = """
import sys, urllib.request
url, host, document = sys.argv[1:]
headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Content-Type": "application/json"}
request = urllib.request.Request(url, document.encode() or None, headers)
print(urllib.request.urlopen(request, timeout=20).read().decode(), end="")
"""


def pods() -> list[dict[str, Any]]:
    """Give the pods that serve and are not on their way out."""
    found = get(SPACE, "pods", "--selector=app.kubernetes.io/component=web")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def ready(number: int) -> bool:
    """Tell whether exactly so many pods serve and are ready."""
    states = [
        entry["ready"]
        for pod in pods()
        for entry in pod["status"].get("containerStatuses", [{"ready": False}])
    ]
    return states == [True] * number


def remove() -> None:
    """Remove the namespaces."""
    for name in (SPACE, PROXY, STORE):
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
    names = {SPACE, PROXY, STORE}
    wait_until(
        "the namespaces are gone",
        lambda: not names & {entry["metadata"]["name"] for entry in get("default", "namespaces")["items"]},
    )
