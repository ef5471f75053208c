"""`vedette health` asks a service for its health, as a container's health check does."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from tests.real import free_port

from vedette.cli.run import run
from vedette.health import Check, Degraded, Failed, Health, Probes, Reading
from vedette.instruments.metrics.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token"


def degraded() -> None:
    raise Degraded("half of the workers answer")


def fails() -> None:
    raise Failed("no free connection")


@pytest.fixture
def service() -> Iterator:
    """Starts a service that listens to others, and so wants the token for details; gives its address."""
    servers = []

    def start(*checks: Check) -> str:
        servers.append(serve(0, host="0.0.0.0", token=TOKEN, pages=Probes(Health(*checks), token=TOKEN).page))
        return f"127.0.0.1:{servers[-1].port}"

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("check", "code", "said"),
    [
        (lambda: None, 0, "✓ healthy (200)\n"),
        (degraded, 0, "! degraded (200)\n"),
        (fails, 1, "✗ failing (503)\n"),
    ],
)
def test_the_exit_code_says_whether_it_works(service, capsys, check, code, said):
    url = service(Check("db", check))
    assert run(["health", url]) == code
    assert capsys.readouterr().out == said


def test_whoever_has_the_token_reads_which_check_fails(service, capsys, tmp_path):
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    url = service(Check("queue", lambda: Reading(3, "items")), Check("db", fails), Check("orders", fails, after=["db"]))
    assert run(["health", url, "--token-file", str(token)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✗ failing, starting (503)"
    assert lines[1] == "  ✓ queue   3 items"
    assert lines[2].startswith("  ✗ db      Failed: no free connection, since 20")
    assert lines[3].startswith("  ✗ orders  Failed: no free connection, since 20")
    assert lines[3].endswith(", because of db")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/health", 1), ("/health/live", 0), ("/health/ready", 1), ("/health?level=warning", 0), ("/nothing", 1)],
)
def test_another_probe_can_be_asked(service, path, code):
    assert run(["health", f"http://{service(Check('db', fails))}{path}"]) == code


def test_it_can_be_read_by_programs(service, capsys):
    assert run(["health", service(), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"code": 200, "healthy": True, "answer": {"status": "pass"}}


def test_a_service_that_speaks_no_json_is_judged_by_its_status_code(service, capsys):
    assert run(["health", f"{service()}/metrics"]) == 1  # it wants the token
    assert capsys.readouterr().out == "✗ answered 401\n"


def test_who_does_not_listen_is_not_healthy(capsys):
    assert run(["health", f"localhost:{free_port()}"]) == 1
    assert capsys.readouterr().out == "✗ no answer: Connection refused\n"


def test_who_does_not_answer_in_time_is_not_healthy(capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert run(["health", f"127.0.0.1:{silent.getsockname()[1]}", "--timeout", "50ms"]) == 1
    assert capsys.readouterr().out == "✗ no answer: no answer within 50ms\n"


def test_who_speaks_no_http_is_not_healthy(capsys):
    with socket.create_server(("127.0.0.1", 0)) as odd:

        def answer() -> None:
            connection, _ = odd.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert run(["health", f"127.0.0.1:{odd.getsockname()[1]}"]) == 1
        thread.join()
    assert capsys.readouterr().out.startswith("✗ no answer: BadStatusLine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ftp://shop"], "ftp://shop: write for example http://localhost:8000"),
        (["http://"], "http://: write for example"),
        (["shop:99999"], "shop:99999: Port out of range"),
        (["shop", "--timeout", "soon"], "--timeout: not a duration"),
        (["shop", "--timeout", "0"], "--timeout above zero"),
        (["shop", "--token-file", "/nowhere"], "/nowhere: No such file"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(capsys, arguments, message):
    assert run(["health", *arguments]) == 1
    assert message in capsys.readouterr().err
