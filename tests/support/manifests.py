"""All Kubernetes objects of an overlay, to be asked about each other."""

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

    def selected(self, selector: Object) -> list[Object]:
        """Give the templates of the pods that a selector finds."""
        return [pod for _, pod in self.pods() if matches(selector, pod["metadata"].get("labels", {}))]

    def settings(self) -> dict[str, str]:
        """Give all that the ConfigMaps say."""
        return {name: value for item in self.of("ConfigMap") for name, value in item["data"].items()}


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Say whether a selector finds what carries these labels; it knows one operator, the only one in use."""
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def ports(pod: Object) -> dict[str | int, int]:
    """Give the ports of a pod by name and by number."""
    named: dict[str | int, int] = {}
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", []):
            number = port["containerPort"]
            named |= {number: number, port.get("name", number): number}
    return named
