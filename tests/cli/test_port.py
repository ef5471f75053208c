"""Taking the one port."""

from __future__ import annotations

import os
import socket

import pytest

from vedette.cli.port import listen
from vedette.errors import ConfigError


def test_a_free_port_is_taken_on_loopback_only() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_names_its_holder_and_another_port() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            listen(port)
    message = str(caught.value)
    assert f"port {port} on 127.0.0.1 is taken by pid {os.getpid()} (" in message
    assert f"vedette up --port {port + 1}" in message


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(ConfigError, match="a number from 0 to 65535"):
        listen(70_000)
