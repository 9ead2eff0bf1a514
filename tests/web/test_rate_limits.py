"""Rate limits in the memory of workers that were forked from a loaded application, as Gunicorn's are."""

import json

import pytest
from project import Project

FORKED = """
import json, os, time
from app import create_app
from app.extensions import limiter

app = create_app("testing")
app.add_url_rule("/limited", view_func=limiter.limit("2 per minute")(lambda: "ok"))
time.sleep(0.1)  # a server forks later than in the moment in which the storage is made
if os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
client = app.test_client()
statuses = [client.get("/limited").status_code for _ in range(3)]
for number in range(20_000):
    limiter.storage.incr(f"{number}", 1)
deadline = time.monotonic() + 30
while len(limiter.storage.storage) > 10 and time.monotonic() < deadline:
    time.sleep(0.2)
    limiter.storage.incr("next", 60)
print(json.dumps([statuses, len(limiter.storage.storage)]))
"""


@pytest.mark.parametrize("project", ["minimal"], indirect=True)
def test_forked_worker_counts_and_forgets_what_has_expired(project: Project):
    printed = project.run(".venv/bin/python", "-c", FORKED, LOG_LEVEL="error", PYTHONPATH=".")
    statuses, left = json.loads(printed.splitlines()[-1])
    assert statuses == [200, 200, 429]
    assert left <= 10
