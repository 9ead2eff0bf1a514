"""Whether Kubernetes manifests fit together: what no schema knows, because it sees one object at a time."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from manifests import Manifests, Object, ports

# What a pod may have begun when it is told to end, and the seconds, or the setting, that it takes.
LONGEST = {"web": "25", "worker": "JOB_SECONDS"}


def problems(manifests: Manifests) -> list[str]:
    """Say everything that does not fit."""
    checks = (
        deployments,
        services,
        ingresses,
        policies,
        disruption_budgets,
        autoscalers,
        references,
        databases,
        waits,
    )
    return [problem for check in checks for problem in check(manifests)]


def deployments(manifests: Manifests) -> Iterator[str]:
    """Each selects its own pods and nobody else's, and spreads those."""
    served = [pod for item in manifests.of("Service") for pod in found_by(manifests, item)]
    for item in manifests.of("Deployment"):
        name, pod = item["metadata"]["name"], item["spec"]["template"]
        if manifests.selected(item["spec"]["selector"]) != [pod]:
            yield f"Deployment {name}: its selector does not name its pods alone"
        for spread in pod["spec"].get("topologySpreadConstraints", []):
            if manifests.selected(spread["labelSelector"]) != [pod]:
                yield f"Deployment {name}: it spreads other pods than its own"
        asked = requests(pod) if pod in served else signs_of_life(pod, manifests.settings())
        yield from (f"Deployment {name}: {problem}" for problem in asked)


def requests(pod: Object) -> Iterator[str]:
    """Whoever serves is asked by all probes, at a port that it opens."""
    for container in pod["spec"]["containers"]:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe, {}).get("httpGet", {})
            if asked.get("port") not in ports(pod):
                yield f"{probe} asks no port of the pod"
            if asked.get("path") != ("/readyz" if probe == "readinessProbe" else "/healthz"):
                yield f"{probe} asks for {asked.get('path')}"


def signs_of_life(pod: Object, settings: dict[str, str]) -> Iterator[str]:
    """Whoever serves nobody shows that it lives by a file, and the probes look at that one."""
    for container in pod["spec"]["containers"]:
        probes = {name: probe for name, probe in container.items() if name.endswith("Probe")}
        if "livenessProbe" not in probes and container["name"] != "scheduler":
            yield "nothing looks whether it lives"
        for name, probe in probes.items():
            command = " ".join(probe.get("exec", {}).get("command", []))
            if f"find {settings.get('WORKER_ALIVE_FILE')} " not in command:
                yield f"{name} looks at no file that is renewed"


def found_by(manifests: Manifests, service: Object) -> list[Object]:
    """Give the templates of the pods behind a Service."""
    return manifests.selected({"matchLabels": service["spec"]["selector"]})


def services(manifests: Manifests) -> Iterator[str]:
    """Each finds pods, and the port that it sends to is open there."""
    for item in manifests.of("Service"):
        name, found = item["metadata"]["name"], found_by(manifests, item)
        if len(found) != 1:
            yield f"Service {name}: its selector finds {len(found)} kinds of pods"
        for port in item["spec"]["ports"]:
            if any(port.get("targetPort", port["port"]) not in ports(pod) for pod in found):
                yield f"Service {name}: targetPort is no port of the pod"


def ingresses(manifests: Manifests) -> Iterator[str]:
    """Each leads to a port of a Service, under a name that has a certificate and that the application trusts."""
    trusted = set(manifests.settings()["TRUSTED_HOSTS"].split(","))
    for item in manifests.of("Ingress"):
        certified = {host for entry in item["spec"]["tls"] for host in entry["hosts"]}
        for rule in item["spec"]["rules"]:
            if rule["host"] not in certified & trusted:
                yield f"Ingress: {rule['host']} has no certificate or is no trusted host"
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                service = manifests.one("Service", backend["name"])
                known = service["spec"]["ports"] if service else []
                if not any(
                    backend["port"] in ({"name": p.get("name")}, {"number": p["port"]}) for p in known
                ):
                    yield f"Ingress: {backend} is no port of a Service"


def policies(manifests: Manifests) -> Iterator[str]:
    """Everything is closed; each opening is one of a pod that there is, and the Service's port is among them."""
    if not any(item["spec"]["podSelector"] == {} for item in manifests.of("NetworkPolicy")):
        yield "NetworkPolicy: nothing is closed"
    opened: list[tuple[Object, Any]] = []
    for item in manifests.of("NetworkPolicy"):
        name, found = item["metadata"]["name"], manifests.selected(item["spec"]["podSelector"])
        if not found:
            yield f"NetworkPolicy {name}: it selects no pod"
        for rule in item["spec"].get("ingress", []):
            for port in rule["ports"]:
                opened += [(pod, port["port"]) for pod in found]
                if any(port["port"] not in ports(pod) for pod in found):
                    yield f"NetworkPolicy {name}: it opens a port that the pod has not"
    for service in manifests.of("Service"):
        for pod in found_by(manifests, service):
            wanted = {ports(pod).get(port["targetPort"]) for port in service["spec"]["ports"]}
            if not wanted <= {ports(pod).get(port) for other, port in opened if other is pod}:
                yield f"NetworkPolicy: none lets anybody reach the pods of Service {service['metadata']['name']}"


def disruption_budgets(manifests: Manifests) -> Iterator[str]:
    """Each protects one kind of pods."""
    for item in manifests.of("PodDisruptionBudget"):
        if len(manifests.selected(item["spec"]["selector"])) != 1:
            yield "PodDisruptionBudget: its selector does not find one kind of pods"


def autoscalers(manifests: Manifests) -> Iterator[str]:
    """Each has a target, which then says nothing about its number."""
    for item in manifests.of("HorizontalPodAutoscaler"):
        target = item["spec"]["scaleTargetRef"]
        found = manifests.one(target["kind"], target["name"])
        if not found or "replicas" in found["spec"]:
            yield "HorizontalPodAutoscaler: its target is not there, or counts for itself"


def references(manifests: Manifests) -> Iterator[str]:
    """Settings and claims exist; a secret that its group may read has that group."""
    for name, pod in manifests.pods():
        spec = pod["spec"]
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            for source in container.get("envFrom", []):
                if not manifests.one("ConfigMap", source["configMapRef"]["name"]):
                    yield f"{name}: its settings are not there"
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            if not mounted <= {volume["name"] for volume in spec["volumes"]}:
                yield f"{name}: it mounts a volume that is not there"
        for volume in spec["volumes"]:
            claim = volume.get("persistentVolumeClaim")
            if claim and not manifests.one("PersistentVolumeClaim", claim["claimName"]):
                yield f"{name}: its claim is not there"
        if "fsGroup" not in spec["securityContext"]:
            yield f"{name}: it could not read its secrets"


def databases(manifests: Manifests) -> Iterator[str]:
    """Where the database is a file, everybody has it: the volume, and a place on the node that it can be mounted on."""
    url = manifests.settings().get("DATABASE_URL", "")
    if not url.startswith("sqlite:////"):
        return
    folder = str(PurePosixPath(url.removeprefix("sqlite:///")).parent)
    web = manifests.one("Deployment", "web")
    for name, pod in manifests.pods():
        spec = pod["spec"]
        lasting = {volume["name"] for volume in spec["volumes"] if "persistentVolumeClaim" in volume}
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            if not any(
                mount["mountPath"] == folder and mount["name"] in lasting
                for mount in container["volumeMounts"]
            ):
                yield f"{name}: it has not the file of the database"
        near = spec.get("affinity", {}).get("podAffinity", {})
        terms = near.get("requiredDuringSchedulingIgnoredDuringExecution", [])
        beside = [pod for term in terms for pod in manifests.selected(term["labelSelector"])]
        if web and pod is not web["spec"]["template"] and beside != [web["spec"]["template"]]:
            yield f"{name}: it may be started where the volume is not"


def waits(manifests: Manifests) -> Iterator[str]:
    """A pod gets the time to finish what it has begun, and one that serves hears no more requests by then."""
    settings = manifests.settings()
    served = [pod for item in manifests.of("Service") for pod in found_by(manifests, item)]
    for item in manifests.of("Deployment"):
        name, pod = item["metadata"]["name"], item["spec"]["template"]
        for container in pod["spec"]["containers"]:
            hook = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["0"])
            if pod in served and hook == ["0"]:
                yield f"Deployment {name}: requests arrive while it ends"
            longest = LONGEST.get(name, "0")
            longest = int(hook[-1]) + int(settings.get(longest, longest))
            if longest >= pod["spec"]["terminationGracePeriodSeconds"]:
                yield f"Deployment {name}: it is killed before what it has begun has had its time"
