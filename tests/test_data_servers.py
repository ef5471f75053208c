"""The servers that other tests run against."""

from __future__ import annotations

import socket

import pytest
from tests.data_servers import Server, postgres, redis


def _ask(server: Server, message: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        connection.sendall(message)
        return connection.recv(64)


@pytest.mark.real
def test_redis_falls_silent_when_paused_and_answers_when_resumed():
    with redis() as server:
        assert _ask(server, b"PING\r\n") == b"+PONG\r\n"
        server.pause()
        with pytest.raises(TimeoutError):
            _ask(server, b"PING\r\n")
        server.resume()
        assert _ask(server, b"PING\r\n") == b"+PONG\r\n"
        server.kill()
        with pytest.raises(ConnectionRefusedError):
            _ask(server, b"PING\r\n")
        server.start()
        assert _ask(server, b"PING\r\n") == b"+PONG\r\n"


@pytest.mark.real
def test_postgres_comes_back_on_its_port_after_a_kill():
    with postgres() as server:
        port = server.port
        server.restart()
        assert server.port == port
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            pass
