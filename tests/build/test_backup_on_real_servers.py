"""A real Prometheus, a real Alertmanager and `vedette up` lose their data and have it again from a backup."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from tests.promql.remote_write import write
from tests.real import alertmanager, prometheus
from tests.started import until, up

from vedette.build import scripts
from vedette.promql.source import Block

pytestmark = pytest.mark.real

CONFIG = "global: {scrape_interval: 1h}\n"
NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
SILENCE = {
    "matchers": [{"name": "alertname", "value": "Kept", "isRegex": False, "isEqual": True}],
    "startsAt": "2026-01-01T00:00:00Z",
    "endsAt": "2099-01-01T00:00:00Z",
    "createdBy": "test",
    "comment": "kept through a backup",
}
HOUR = 3_600_000


@pytest.fixture
def backup(tmp_path):
    """``backup.sh``, as it is built."""
    script = tmp_path / "backup.sh"
    script.write_text(scripts.backup())

    def run(*words):
        subprocess.run(["sh", script, *words], check=True, capture_output=True)

    return run


def send(url, body=None):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.status, reply.read()


def ask(url, body=None):
    return json.loads(send(url, body)[1])


def samples(base):
    """Every sample of what was written: time → value."""
    query = urllib.parse.urlencode({"query": "kept[100h]", "time": time.time()})
    found = ask(f"{base}/api/v1/query?{query}")["data"]["result"]
    return {one["metric"]["shop"]: one["values"] for one in found}


def silences(base):
    return {one["id"]: one["comment"] for one in ask(f"{base}/api/v2/silences")}


def test_a_real_prometheus_has_every_sample_again(tmp_path, backup):
    now = int(time.time() * 1000)
    times = np.arange(now - HOUR, now, 15_000, dtype=np.int64)
    labels = [(("__name__", "kept"), ("shop", name)) for name in ("east", "west")]
    values = np.stack([np.sqrt(np.arange(len(times))), np.arange(len(times)) * 0.1])
    block = Block(labels=labels, timestamps=times, values=values, present=np.ones(values.shape, bool))
    folder = tmp_path / "prometheus"
    with prometheus(folder, CONFIG) as base:
        write(base, [block])
        before = samples(base)
    assert {name: len(found) for name, found in before.items()} == {"east": len(times), "west": len(times)}
    backup("save", tmp_path / "backups" / "one", f"prometheus={folder / 'data'}")
    shutil.rmtree(folder / "data")
    with prometheus(folder, CONFIG) as base:  # a catastrophe that was not noticed: it runs, and knows nothing
        assert samples(base) == {}
    backup("restore", tmp_path / "backups" / "one", f"prometheus={folder / 'data'}")
    with prometheus(folder, CONFIG) as base:
        assert samples(base) == before
        log = (folder / "log").read_text()
        assert "corrupt" not in log.lower()
        assert "level=ERROR" not in log


def test_a_real_alertmanager_has_its_silence_again(tmp_path, backup):
    folder = tmp_path / "alertmanager"
    with alertmanager(folder, NOBODY) as base:
        identity = ask(f"{base}/api/v2/silences", SILENCE)["silenceID"]
    assert {"silences", "nflog"} <= {path.name for path in (folder / "data").iterdir()}
    backup("save", tmp_path / "backups" / "one", f"alertmanager={folder / 'data'}")
    shutil.rmtree(folder / "data")
    with alertmanager(folder, NOBODY) as base:
        assert silences(base) == {}
    backup("restore", tmp_path / "backups" / "one", f"alertmanager={folder / 'data'}")
    with alertmanager(folder, NOBODY) as base:
        assert silences(base) == {identity: SILENCE["comment"]}


@pytest.mark.proof
def test_vedette_up_has_its_alert_again_from_a_copy_that_was_taken_after_it_was_killed(tmp_path, backup):
    project = tmp_path / "project"
    project.mkdir()
    (project / "bakery.py").write_text(
        "from vedette import Service, Stack\n"
        "from vedette.packs import process\n"
        "stack = Stack(services=[Service('bakery', ['localhost:1'], [process])])\n"
    )
    (project / "pyproject.toml").write_text('[tool.vedette]\nstack = "bakery:stack"\n')
    alert = {"labels": {"alertname": "Kept", "severity": "high"}, "endsAt": "2099-01-01T00:00:00Z"}
    with up(project) as running:
        until(lambda: running.api("/api/v2/status"), 30)
        status, _ = send(f"{running.url}/api/v2/alerts", [alert])
        assert status == 200
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
    backup("save", tmp_path / "backups" / "one", f"vedette={project / '.vedette'}")
    shutil.rmtree(project / ".vedette")
    with up(project) as running:
        until(lambda: running.api("/api/v2/status"), 30)
        assert "Kept" not in alerts(running)
    backup("restore", tmp_path / "backups" / "one", f"vedette={project / '.vedette'}")
    with up(project) as running:
        until(lambda: running.api("/api/v2/status"), 30)
        assert "Kept" in alerts(running)


def alerts(running):
    return {one["labels"]["alertname"] for one in running.api("/api/v2/alerts")}
