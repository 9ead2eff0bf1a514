"""The settings of OpenTelemetry."""

import os
from typing import Any
from unittest.mock import patch

import pytest

from app.config import ConfigError, load_config
from app.observability import tracing
from tests.support.production import REQUIRED

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


def settings(**variables: str) -> Any:
    """Return the settings of these variables."""
    with patch.dict(os.environ, {f"TEST_{name}": value for name, value in variables.items()}):
        return load_config("testing")["OTEL"]


def test_nothing_is_exported_without_an_endpoint_or_when_disabled() -> None:
    assert settings() == {}
    assert settings(OTEL_SERVICE_NAME="shop") == {}
    assert settings(**ENDPOINT, OTEL_SDK_DISABLED="true") == {}
    assert settings(**ENDPOINT, OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="none") == {}


@pytest.mark.parametrize(
    ("given", "traces", "metrics"),
    [
        (ENDPOINT, "otlp", "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, "otlp", "none"),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"}, "none", "otlp"),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, "none", "otlp"),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "none", "OTEL_TRACES_EXPORTER": "otlp"}, "otlp", "none"),
    ],
)
def test_endpoint_enables_its_signals(given: dict[str, str], traces: str, metrics: str) -> None:
    expected = {"OTEL_TRACES_EXPORTER": traces, "OTEL_METRICS_EXPORTER": metrics}
    assert settings(**given) == given | expected


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "Write http"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[", "Write http"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318", "Write http"),
        ("OTEL_METRICS_EXPORTER", "console", "Must be one of"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "Must be one of"),
    ],
)
def test_invalid_setting_is_reported(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    for variable, text in (REQUIRED | ENDPOINT | {name: value}).items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(ConfigError, match=f"{name}: {problem}"):
        load_config("production")


def test_log_line_has_ids_only_within_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing.add_ids(None, "info", {"event": "x"}) == {"event": "x"}
    monkeypatch.setattr(tracing, "ids", lambda: ("1" * 32, "2" * 16))
    expected = {"event": "x", "trace_id": "1" * 32, "span_id": "2" * 16}
    assert tracing.add_ids(None, "info", {"event": "x"}) == expected
    monkeypatch.setattr(tracing, "ids", lambda: None)
    assert tracing.add_ids(None, "info", {"event": "x"}) == {"event": "x"}
