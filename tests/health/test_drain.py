"""At SIGTERM readiness ends first, and whoever handled the signal before does so then."""

from __future__ import annotations

import http.client
import signal
import threading

import pytest
from tests.instruments.servers import Folder, started, until

from vedette.errors import ConfigError
from vedette.health import draining_on_sigterm

SCRIPT = """
import os, signal, sys, time
from vedette.health import DEFAULT, draining_on_sigterm

handled = []
{before}
draining_on_sigterm({wait})
draining_on_sigterm({wait})
os.kill(os.getpid(), signal.SIGTERM)
"""


def run(tmp_path, before: str, then: str, wait: str = ""):
    return Folder(tmp_path / "run").run("-c", SCRIPT.format(before=before, wait=wait) + then)


HANDLER = "signal.signal(signal.SIGTERM, lambda number, frame: handled.append((number, DEFAULT.is_draining)))"


def test_the_handler_that_was_there_is_called_once_readiness_has_ended(tmp_path):
    ran = run(tmp_path, HANDLER, "print(handled)")
    assert ran.stdout == f"[({int(signal.SIGTERM)}, True)]\n", ran.stderr


def test_without_a_handler_the_process_ends_as_by_the_signal(tmp_path):
    ran = run(tmp_path, "", "time.sleep(60)")
    assert ran.returncode == -signal.SIGTERM


def test_where_the_signal_was_ignored_it_still_is(tmp_path):
    ran = run(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)", "print(DEFAULT.is_draining)")
    assert ran.stdout == "True\n", ran.stderr


def test_the_handler_is_called_after_the_wait(tmp_path):
    then = """
assert DEFAULT.is_draining and not handled
while not handled:
    time.sleep(0.001)
print(handled)
"""
    ran = run(tmp_path, HANDLER, then, wait="'200ms'")
    assert ran.stdout == f"[({int(signal.SIGTERM)}, True)]\n", ran.stderr


def test_a_second_signal_ends_the_wait(tmp_path):
    ran = run(tmp_path, HANDLER, "os.kill(os.getpid(), signal.SIGTERM)\nprint(len(handled))", wait="'1h'")
    assert ran.stdout == "1\n", ran.stderr


def test_it_is_refused_where_signals_are_not_handled():
    errors = []

    def elsewhere() -> None:
        try:
            draining_on_sigterm()
        except ConfigError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


@pytest.mark.parametrize(
    "command",
    [
        "{bin}/uvicorn tests.health.served:asgi --port {port} --log-level warning",
        "{bin}/gunicorn tests.health.served:wsgi --workers 1 --bind 127.0.0.1:{port} --log-level warning",
    ],
    ids=["uvicorn", "gunicorn"],
)
def test_under_a_real_server_the_service_answers_on_while_it_drains(command, tmp_path):
    """It is not ready from the signal on, alive and answering until the wait is over, and ends in good order."""
    mark = tmp_path / "mark"
    mark.write_text("")

    def ask(path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            connection.request("GET", path, headers={"connection": "close"})
            return connection.getresponse().status
        finally:
            connection.close()

    with started(command, Folder(tmp_path / "run"), SERVED_MARK=str(mark), SERVED_WAIT="3s") as server:
        server.get("/")
        until(lambda: ask("/health/ready") == 200, "readiness")
        server.process.send_signal(signal.SIGTERM)
        until(lambda: ask("/health/ready") == 503, "the end of readiness")
        assert ask("/") == ask("/health/live") == ask("/health") == 200
        server.process.wait(60)
