"""The workers of real servers each have their own health, forked with the application loaded or not."""

from __future__ import annotations

import http.client
import json
import os
import signal
from typing import TYPE_CHECKING

import pytest
from tests.instruments.servers import Folder, Server, page, started, until

if TYPE_CHECKING:
    from collections.abc import Iterator

UVICORN = "{bin}/uvicorn tests.health.served:asgi --workers 2 --port {port} --log-level warning"
GUNICORN = "{bin}/gunicorn tests.health.served:wsgi --workers 2 --bind 127.0.0.1:{port} --log-level warning"
PRELOAD = f"{GUNICORN} --preload"
THREADS = f"{PRELOAD} --threads 4"
SERVERS = {"uvicorn": UVICORN, "gunicorn": GUNICORN, "gunicorn --preload": PRELOAD, "threads": THREADS}


@pytest.fixture(params=SERVERS.values(), ids=SERVERS)
def server(request, tmp_path) -> Iterator[Server]:
    mark = tmp_path / "mark"
    mark.write_text("")
    with started(request.param, Folder(tmp_path / "run"), SERVED_MARK=str(mark)) as running:
        running.get("/")
        yield running


def ask(server: Server, path: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", path, headers={"authorization": "Bearer t", "connection": "close"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def metrics(server: Server) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", "/metrics", headers={"authorization": "Bearer t", "connection": "close"})
        return page(connection.getresponse().read().decode())
    finally:
        connection.close()


def of_each(server: Server) -> dict[int, int]:
    """The number of each worker that has answered → the status code of its last answer."""
    found: dict[int, int] = {}
    for _ in range(20):
        code, said = ask(server, "/health")
        found[int(said["checks"]["process"][0]["observedValue"])] = code
    return found


def test_each_worker_has_its_own_health_and_the_metrics_tell_the_worst(server, tmp_path):
    until(lambda: len(of_each(server)) == 2, f"answers of two workers; it said {server.said()}")
    assert set(of_each(server).values()) == {200}
    marked = max(of_each(server))
    (tmp_path / "mark").write_text(str(marked))

    def told() -> bool:
        found = of_each(server)
        return found.get(marked) == 503 and {code for pid, code in found.items() if pid != marked} == {200}

    until(told, "the one to fail and the other not")
    series = 'health_check_status{check="marked",level="critical"}'
    until(lambda: metrics(server)[series] == metrics(server)["health_ready"] == 0, "the worst of both")
    assert metrics(server)['health_check_failures_total{check="marked",error_type="Failed"}'] > 0
    (tmp_path / "mark").write_text("")
    until(lambda: metrics(server)[series] == metrics(server)["health_ready"] == 1, "both to pass")


def test_a_worker_that_is_replaced_begins_anew(server):
    until(lambda: len(of_each(server)) == 2, "answers of two workers")
    gone = max(of_each(server))
    os.kill(gone, signal.SIGKILL)
    until(lambda: gone not in (found := _answering(server)) and len(found) == 2, "another worker")
    assert set(of_each(server).values()) == {200}


def _answering(server: Server) -> dict[int, int]:
    """As `of_each`; none where one of them is just being replaced."""
    try:
        return of_each(server)
    except (OSError, http.client.HTTPException):
        return {}


FORK = """
import os, threading, time
from vedette.health import Check, Health

gate, child = threading.Event(), False


def hangs_in_the_parent():
    if not child:
        gate.wait()


health = Health(Check("db", hangs_in_the_parent, timeout="50ms"))
assert health.wait().status == "fail"
with health._lock:  # whoever held it is not there in the child
    pid = os.fork()
    if pid == 0:
        child = True
if pid == 0:
    assert health._states["db"].known is None
    assert health.wait().status == "pass"
    os._exit(7)
assert os.waitpid(pid, 0)[1] == 7 << 8
assert health.report().status == "fail"
"""


def test_the_child_of_a_fork_knows_nothing_and_holds_no_lock(tmp_path):
    ran = Folder(tmp_path / "run").run("-c", FORK)
    assert ran.returncode == 0, ran.stderr
