"""A collector for OTLP over HTTP: ``python -m tests.support.otlp PORT`` prints spans and metrics as JSON."""

import gzip
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Received:
    """The spans and metrics that were received, each with the attributes of its process."""

    spans: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0


def attributes(found: Any) -> dict[str, Any]:
    """Return attributes as a dictionary."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in found}


def read_spans(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the spans of a message."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = attributes(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield {
                    "name": span.name,
                    "scope": scope.scope.name,
                    "trace_id": span.trace_id.hex(),
                    "span_id": span.span_id.hex(),
                    "parent_id": span.parent_span_id.hex(),
                    "attributes": attributes(span.attributes),
                    "resource": resource,
                }


def read_metrics(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the metrics of a message."""
    for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        resource = attributes(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                yield MessageToDict(metric) | {"resource": resource}


@contextmanager
def collector(port: int = 0) -> Iterator[Received]:
    """Run a collector on the loopback interface.

    Parameters:
        port: its port; 0 for a free one.
    """
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.headers = {name.lower(): value for name, value in self.headers.items()}
            if self.path == "/v1/traces":
                received.spans += read_spans(body)
            else:
                received.metrics += read_metrics(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    received.port = server.server_address[1]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with collector(int(sys.argv[1])) as found:
        printed = [0, 0]
        while True:
            time.sleep(0.1)
            for number, items in enumerate((found.spans, found.metrics)):
                for each in items[printed[number] :]:
                    print(json.dumps(each, default=str), flush=True)
                    printed[number] += 1
