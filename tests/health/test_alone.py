"""A program that is no web application serves its health from a thread."""

from __future__ import annotations

import json

from tests.instruments.servers import Folder

ALONE = """
import asyncio, json, threading, urllib.error, urllib.request
from vedette.health import Check, DEFAULT, Reading, serve
import vedette

gate = threading.Event()


async def queue():
    await asyncio.sleep(0)
    return Reading(3, "items")


@vedette.health.check("store")
def store():
    if gate.is_set():
        raise OSError("refused")


server = serve({port}, [Check("queue", queue, level="warning")], token={token!r})


def ask(path):
    try:
        reply = urllib.request.urlopen(f"http://127.0.0.1:{{server.port}}{{path}}")
    except urllib.error.HTTPError as refused:
        reply = refused
    return reply.status, reply.read().decode()


print(json.dumps([ask("/health/ready"), ask("/health"), ask("/metrics")]))
vedette.draining()
print(json.dumps(ask("/health/ready")))
"""


def run(tmp_path, **given):
    ran = Folder(tmp_path / "run").run("-W", "error", "-c", ALONE.format(**{"port": 0, "token": None, **given}))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_probes_and_metrics_are_served_and_asynchronous_checks_need_no_loop(tmp_path):
    (ready, health, metrics), drained = run(tmp_path)
    assert ready[0] == health[0] == metrics[0] == 200
    told = json.loads(health[1])["checks"]
    assert (told["store"][0]["status"], told["queue"][0]["observedValue"]) == ("pass", 3.0)
    assert 'health_check_status{check="queue",level="warning"} 1' in metrics[1]
    assert drained[0] == 503
    assert json.loads(drained[1])["notes"] == ["draining"]


def test_with_a_token_the_metrics_want_it_and_this_machine_is_told_the_health(tmp_path):
    (_, health, metrics), _ = run(tmp_path, token="t")
    assert metrics[0] == 401
    assert "store" in json.loads(health[1])["checks"]


HUNG = """
import threading
from vedette.health import Check, Health

print(Health(Check("db", threading.Event().wait, timeout="20ms")).wait().status)
"""


def test_a_hung_check_does_not_keep_the_program_from_ending(tmp_path):
    ran = Folder(tmp_path / "run").run("-c", HUNG)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "fail\n", "")
