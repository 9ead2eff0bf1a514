"""A Prometheus for the tests: it watches one server, and is asked what a dashboard would ask."""

import json
import subprocess
import time
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from project import free_port, get

WINDOW = "10s"  # what Grafana would put in the place of $__rate_interval


class PrometheusServer:
    """A server that lives as long as the `with` block.

    Parameters:
        folder: where its data goes.
        job: the name under which it keeps what it gets.
        target: the port on loopback that tells the metrics.
        rules: the files with its rules.
        others: the ports that are kept under other names.
    """

    def __init__(
        self, folder: Path, job: str, target: int, rules: list[Path], others: dict[str, list[int]]
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": list(map(str, rules)),
            "scrape_configs": [
                {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
                for name, ports in {job: [target], **others}.items()
            ],
        }

    def __enter__(self) -> "PrometheusServer":
        self.folder.mkdir()
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config))
        command = [
            "prometheus",
            f"--config.file={self.folder}/config.yaml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if get(f"http://127.0.0.1:{self.port}/-/ready").status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        self.process.kill()
        raise AssertionError((self.folder / "log").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, path: str, **words: str) -> Any:
        """Ask the API something."""
        answer = get(f"{self.url}/{path}?{urllib.parse.urlencode(words)}")
        document = json.loads(answer.text)
        assert document["status"] == "success", document
        return document["data"]

    def query(self, expression: str) -> list[Any]:
        """Give the series that an expression has now."""
        found: list[Any] = self.ask("query", query=expression.replace("$__rate_interval", WINDOW))["result"]
        return found

    def without_data(self, dashboard: Path) -> list[str]:
        """Give the panels of a dashboard with a query that finds nothing, or only what is no number."""
        panels = json.loads(dashboard.read_text())["panels"]
        return [
            panel["title"]
            for panel in panels
            for target in panel["targets"]
            if not any(series["value"][1] != "NaN" for series in self.query(target["expr"]))
        ]

    def alerts(self) -> list[dict[str, Any]]:
        """Give the alert rules, with how their last evaluation went."""
        groups = self.ask("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]
