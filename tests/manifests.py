"""Whether Kubernetes manifests fit together: what no schema knows, because it sees one object at a time."""

from collections.abc import Iterator
from typing import Any

import yaml

Object = dict[str, Any]


class Manifests:
    """All objects of an overlay.

    Parameters:
        text: the documents, as Kustomize prints them.
    """

    def __init__(self, text: str) -> None:
        self.objects: list[Object] = [document for document in yaml.safe_load_all(text) if document]

    def of(self, *kinds: str) -> list[Object]:
        """Give the objects of some kinds."""
        return [item for item in self.objects if item["kind"] in kinds]

    def one(self, kind: str, name: str) -> Object | None:
        """Give an object by its name, or None."""
        return next((item for item in self.of(kind) if item["metadata"]["name"] == name), None)

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Give the template of every pod, with the name of what makes it."""
        for item in self.of("Deployment", "Job", "CronJob"):
            spec = item["spec"]
            spec = spec["jobTemplate"]["spec"] if item["kind"] == "CronJob" else spec
            yield f"{item['kind']} {item['metadata']['name']}", spec["template"]

    def selected(self, labels: dict[str, str]) -> list[Object]:
        """Give the templates of the pods that carry all of these labels."""
        return [pod for _, pod in self.pods() if labels.items() <= pod["metadata"].get("labels", {}).items()]

    def problems(self) -> list[str]:
        """Say everything that does not fit."""
        checks = (
            deployments,
            services,
            ingresses,
            policies,
            disruption_budgets,
            autoscalers,
            references,
            waits,
        )
        return [problem for check in checks for problem in check(self)]


def ports(pod: Object) -> dict[str | int, int]:
    """Give the ports of a pod by name and by number."""
    named: dict[str | int, int] = {}
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", []):
            number = port["containerPort"]
            named |= {number: number, port.get("name", number): number}
    return named


def deployments(manifests: Manifests) -> Iterator[str]:
    """Each selects its own pods and nobody else's, spreads those, and probes a port that they open."""
    for item in manifests.of("Deployment"):
        name, pod = item["metadata"]["name"], item["spec"]["template"]
        if manifests.selected(item["spec"]["selector"]["matchLabels"]) != [pod]:
            yield f"Deployment {name}: its selector does not name its pods alone"
        for spread in pod["spec"].get("topologySpreadConstraints", []):
            if manifests.selected(spread["labelSelector"]["matchLabels"]) != [pod]:
                yield f"Deployment {name}: it spreads other pods than its own"
        for container in pod["spec"]["containers"]:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(probe, {}).get("httpGet", {})
                if asked.get("port") not in ports(pod):
                    yield f"Deployment {name}: {probe} asks no port of the pod"
                if asked.get("path") != ("/readyz" if probe == "readinessProbe" else "/healthz"):
                    yield f"Deployment {name}: {probe} asks for {asked.get('path')}"


def services(manifests: Manifests) -> Iterator[str]:
    """Each finds pods, and the port that it sends to is open there."""
    for item in manifests.of("Service"):
        name, found = item["metadata"]["name"], manifests.selected(item["spec"]["selector"])
        if len(found) != 1:
            yield f"Service {name}: its selector finds {len(found)} kinds of pods"
        for port in item["spec"]["ports"]:
            if any(port.get("targetPort", port["port"]) not in ports(pod) for pod in found):
                yield f"Service {name}: targetPort is no port of the pod"


def ingresses(manifests: Manifests) -> Iterator[str]:
    """Each leads to a port of a Service, under a name that has a certificate and that the application trusts."""
    trusted = {
        host
        for item in manifests.of("ConfigMap")
        for host in item["data"].get("TRUSTED_HOSTS", "").split(",")
    }
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
        name, found = (
            item["metadata"]["name"],
            manifests.selected(item["spec"]["podSelector"].get("matchLabels", {})),
        )
        if not found:
            yield f"NetworkPolicy {name}: it selects no pod"
        for rule in item["spec"].get("ingress", []):
            for port in rule["ports"]:
                opened += [(pod, port["port"]) for pod in found]
                if any(port["port"] not in ports(pod) for pod in found):
                    yield f"NetworkPolicy {name}: it opens a port that the pod has not"
    for service in manifests.of("Service"):
        for pod in manifests.selected(service["spec"]["selector"]):
            wanted = {ports(pod).get(port["targetPort"]) for port in service["spec"]["ports"]}
            if not wanted <= {ports(pod).get(port) for other, port in opened if other is pod}:
                yield f"NetworkPolicy: none lets anybody reach the pods of Service {service['metadata']['name']}"


def disruption_budgets(manifests: Manifests) -> Iterator[str]:
    """Each protects one kind of pods."""
    for item in manifests.of("PodDisruptionBudget"):
        if len(manifests.selected(item["spec"]["selector"]["matchLabels"])) != 1:
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


def waits(manifests: Manifests) -> Iterator[str]:
    """A pod gets the time to let requests finish."""
    settings = {name: value for item in manifests.of("ConfigMap") for name, value in item["data"].items()}
    for item in manifests.of("Deployment"):
        spec = item["spec"]["template"]["spec"]
        for container in spec["containers"]:
            stop = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
            if stop + int(settings["GRACEFUL_TIMEOUT"]) >= spec["terminationGracePeriodSeconds"]:
                yield "Deployment: it is killed before requests have had their time"
