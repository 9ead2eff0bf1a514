"""A Kubernetes cluster whose nodes have the images of this machine's Docker, reached through kubectl.

The variable KUBECTL names the command, words and all; without it `kubectl` and its current context are used.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

KUBECTL = shlex.split(os.environ.get("KUBECTL", "kubectl"))
# What Kubernetes 1.20 calls by another name or does not know yet. The manifests are today's; only a trial on an old
# cluster moves them, and only in this way.
OLDER = (
    (r"(?m)^apiVersion: policy/v1$", "apiVersion: policy/v1beta1"),  # until 1.21
    (r"(?m)^apiVersion: batch/v1\nkind: CronJob$", "apiVersion: batch/v1beta1\nkind: CronJob"),  # until 1.21
    (r"(?m)^apiVersion: autoscaling/v2$", "apiVersion: autoscaling/v2beta2"),  # until 1.23
    (r"(?m)^  unhealthyPodEvictionPolicy: .*\n", ""),  # until 1.26
)
SHIM = """#!/bin/sh
PATH={path} exec {python} {module} "$@"
"""


def kubectl(*words: str, given: str | None = None, check: bool = True) -> str:
    """Run kubectl against the cluster; give what it printed, or fail with it."""
    done = subprocess.run(
        [*KUBECTL, *words],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=900,
    )
    if check and done.returncode:
        raise SystemExit(f"kubectl {' '.join(words)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def apply(manifests: str) -> None:
    """Apply manifests as they are, or as an older cluster understands them."""
    kubectl("apply", "--filename", "-", given=downgraded(manifests))


def downgraded(manifests: str) -> str:
    """Give manifests in the words of the cluster."""
    if minor() < 27:
        for today, then in OLDER:
            manifests = re.sub(today, then, manifests)
    return manifests


def minor() -> int:
    """Give the second number of the cluster's version."""
    version = json.loads(kubectl("get", "--raw", "/version"))
    return int(re.sub(r"\D", "", version["minor"]))


def get(namespace: str, kind: str, *words: str) -> Any:
    """Give an object of the cluster, or a list of them."""
    return json.loads(kubectl("--namespace", namespace, "get", kind, *words, "--output", "json"))


def wait_until(what: str, true: Callable[[], Any], seconds: float = 180) -> Any:
    """Give what is true at last."""
    deadline = time.monotonic() + seconds
    while not (result := true()):
        if time.monotonic() > deadline:
            raise SystemExit(f"still not after {seconds} s: {what}")
        time.sleep(0.5)
    return result


def finished(namespace: str, job: str) -> str:
    """Wait for a job that succeeds; give what it printed."""

    def over() -> list[str]:
        conditions = get(namespace, "job", job).get("status", {}).get("conditions", [])
        return [entry["type"] for entry in conditions if entry["type"] in ("Complete", "Failed")]

    state = wait_until(f"{job} ends", over, 300)
    said = kubectl("--namespace", namespace, "logs", f"job/{job}", check=False)
    if state != ["Complete"]:
        raise SystemExit(f"{job}: {state}\n{said}")
    return said


def shim(folder: Path) -> str:
    """Give a PATH on which `kubectl` is this module, for scripts of a project that know only today's cluster."""
    folder.mkdir(exist_ok=True)
    words = {"path": os.environ["PATH"], "python": sys.executable, "module": __file__}
    (folder / "kubectl").write_text(SHIM.format(**{name: shlex.quote(word) for name, word in words.items()}))
    (folder / "kubectl").chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])


def main(*words: str) -> None:
    """Stand for kubectl: render with today's program, apply what the cluster understands, pass on the rest."""
    if words[0] == "kustomize":
        import kustomize

        print(kustomize.render(Path(words[1])), end="")
    elif words[0] == "apply":
        *options, name = words
        sys.stdout.write(kubectl(*options, "-", given=downgraded(Path(name).read_text())))
    else:
        os.execvp(KUBECTL[0], [*KUBECTL, *words])


if __name__ == "__main__":
    main(*sys.argv[1:])
