"""What Prometheus and Grafana read: each alert fires when it should, and dashboards are well-formed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from project import Project
from workspace import missing

# Gunicorn, with a cache and without accounts.
watched = pytest.mark.parametrize("project", ["open"], indirect=True)


def alerting(name: str, series: dict[str, str], at: str) -> dict[str, object]:
    """Give a case for promtool: these series make this alert fire at this time."""
    return {
        "interval": "15s",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}})',
                "eval_time": at,
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    }


@pytest.mark.linux
@watched
def test_each_alert_fires_when_it_should(project: Project, tmp_path: Path):
    if not shutil.which("promtool"):
        missing("Prometheus")
    job = f'job="{project.answers["project_slug"]}"'
    jobs = job.removesuffix('"') + '-jobs"'
    duration = "http_request_duration_seconds"
    cases = {
        "ApplicationDown": ({f"up{{{job}}}": "0x40"}, "3m"),
        "HighErrorRate": (
            {
                f'{duration}_count{{{job}, status="2xx"}}': "0+100x60",
                f'{duration}_count{{{job}, status="5xx"}}': "0+20x60",
            },
            "11m",
        ),
        "SlowResponses": (
            {
                f'{duration}_bucket{{{job}, le="1.0"}}': "0+80x100",
                f'{duration}_bucket{{{job}, le="2.5"}}': "0+100x100",
                f'{duration}_bucket{{{job}, le="+Inf"}}': "0+100x100",
            },
            "16m",
        ),
        "DatabaseConnectionsExhausted": (
            {
                f'database_connections_in_use{{{job}, instance="a"}}': "58x60",
                f'database_connections_limit{{{job}, instance="a"}}': "60x60",
            },
            "6m",
        ),
        "WorkerDown": ({f"up{{{jobs}}}": "0x40"}, "3m"),
        "JobsDelayed": ({f"jobs_waiting_seconds{{{jobs}}}": "400x60"}, "6m"),
        "JobsFailed": ({f'jobs_total{{{jobs}, name="x", outcome="failed"}}': "0x20 1x40"}, "8m"),
        "QueueMetricsMissing": ({f"jobs_in_state{{{jobs}}}": "1x60"}, "6m"),
        "CacheUnavailable": ({f'cache_lookups_total{{{job}, result="error"}}': "0+10x60"}, "11m"),
    }
    rules = sorted((project.path / "deploy/prometheus/rules").glob("*.yaml"))
    names = {
        rule["alert"] for path in rules for rule in yaml.safe_load(path.read_text())["groups"][0]["rules"]
    }
    assert names == set(cases)
    tests = {
        "rule_files": list(map(str, rules)),
        "tests": [alerting(name, series, at) for name, (series, at) in cases.items()],
    }
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    done = subprocess.run(["promtool", "check", "rules", *rules], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yaml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Awake: the same cases fail with a rule that looks for something else.
    for path in rules:
        (tmp_path / path.name).write_text(path.read_text().replace("5xx", "6xx"))
    tests["rule_files"] = [str(tmp_path / path.name) for path in rules]
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    assert subprocess.run(["promtool", "test", "rules", tmp_path / "tests.yaml"]).returncode != 0


@watched
def test_dashboards_are_what_grafana_reads(project: Project):
    for path in (project.path / "deploy/prometheus/dashboards").glob("*.json"):
        board = json.loads(path.read_text())
        assert board["schemaVersion"] >= 39
        assert len(board["uid"]) <= 40
        assert [each["name"] for each in board["templating"]["list"]] == ["datasource"]
        numbers = [panel["id"] for panel in board["panels"]]
        assert len(set(numbers)) == len(numbers)
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            own = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert place["x"] + place["w"] <= 24
            assert not own & taken, panel["title"]
            taken |= own
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert all(target["expr"] and target["refId"] for target in panel["targets"])
