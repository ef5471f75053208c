"""Private PostgreSQL and Redis servers for the tests, on free ports, that can be paused, killed and restarted.

``make test`` fetches them with ``scripts/real_servers.py``. A test that needs one that is not there skips and says so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.real import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Server", "postgres", "postgres_replica", "redis"]

# Each test process starts its servers anew: nothing in them must outlive it.
_WITHOUT_SAFETY = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


class Server:
    """One running server. ``url`` is what clients connect to; it stays the same when the server is restarted.

    ``folder`` has its log and its data, ``libraries`` is where its own programs find what they need.
    """

    def __init__(
        self,
        url: str,
        port: int,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        answers: Callable[[int], bool],
    ) -> None:
        self.url = url
        self.port = port
        self.folder = folder
        self.libraries = environment["LD_LIBRARY_PATH"]
        self._command = command
        self._environment = {**os.environ, **environment}
        self._log = folder / "log"
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as sink:
            process = subprocess.Popen(
                self._command, stdout=sink, stderr=sink, env=self._environment, start_new_session=True
            )
        self._process = process
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if self._answers(self.port):
                return
            time.sleep(0.02)
        raise AssertionError(f"{self._command[0]} did not start:\n{self._log.read_text()[-2000:]}")

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP): connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once (SIGKILL), with all its children."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def restart(self) -> None:
        """Kill it and start it again, on the same port with the same data."""
        self.kill()
        self.start()

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None, "the server is not running"
        # PostgreSQL gives each connection a process in a session of its own
        server = psutil.Process(self._process.pid)
        for process in [server, *server.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(which)


@contextlib.contextmanager
def postgres(*options: str) -> Iterator[Server]:
    """A real PostgreSQL 15; user and database are ``postgres``, no password; ``options`` are more of its own."""
    tree = _tree("postgresql-15-bookworm")
    programs = tree / "usr" / "lib" / "postgresql" / "15" / "bin"
    environment = _libraries(tree)
    with tempfile.TemporaryDirectory(prefix="vedette-postgres-") as name:
        folder = Path(name)
        made = subprocess.run(
            [
                *_not_as_root(),
                str(programs / "initdb"),
                "--pgdata",
                str(folder / "data"),
                *("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            check=False,
        )
        assert made.returncode == 0, made.stderr
        yield from _running(_postgres_in(folder, programs, environment, options))


@contextlib.contextmanager
def postgres_replica(of: Server, *options: str) -> Iterator[Server]:
    """A real PostgreSQL 15 that follows ``of`` and can be read."""
    tree = _tree("postgresql-15-bookworm")
    programs = tree / "usr" / "lib" / "postgresql" / "15" / "bin"
    environment = _libraries(tree)
    with tempfile.TemporaryDirectory(prefix="vedette-replica-") as name:
        folder = Path(name)
        made = subprocess.run(
            [
                *_not_as_root(),
                str(programs / "pg_basebackup"),
                *("--host", "127.0.0.1", "--port", str(of.port), "--username", "postgres", "--pgdata"),
                str(folder / "data"),
                *("--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            check=False,
        )
        assert made.returncode == 0, made.stderr
        yield from _running(_postgres_in(folder, programs, environment, options))


@contextlib.contextmanager
def redis(*options: str) -> Iterator[Server]:
    """A real Redis 7 that keeps nothing on disk; ``options`` are more of its own, such as ``--requirepass``."""
    tree = _tree("redis-server-bookworm")
    with tempfile.TemporaryDirectory(prefix="vedette-redis-") as name:
        port = free_port()
        command = [
            str(tree / "usr" / "bin" / "redis-server"),
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", name, "--save", "", "--appendonly", "no"),
            *options,
        ]
        yield from _running(
            Server(
                f"redis://127.0.0.1:{port}/0",
                port,
                command,
                environment=_libraries(tree),
                folder=Path(name),
                answers=_redis_answers,
            )
        )


def _postgres_in(folder: Path, programs: Path, environment: Mapping[str, str], options: Sequence[str]) -> Server:
    port = free_port()
    command = [
        *_not_as_root(),
        str(programs / "postgres"),
        *("-D", str(folder / "data"), "-k", str(folder), "-p", str(port)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", *_WITHOUT_SAFETY, *options),
    ]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return Server(url, port, command, environment=environment, folder=folder, answers=_postgres_answers)


def _running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _tree(name: str) -> Path:
    tree = ROOT / name
    if not (tree / "usr").is_dir():
        pytest.skip(f"{name} is not in {ROOT}: run scripts/real_servers.py (Debian's package tools needed)")
    return tree


def _libraries(tree: Path) -> dict[str, str]:
    """The environment in which the server finds the libraries that were unpacked beside it."""
    kind = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    return {"LD_LIBRARY_PATH": f"{tree / 'usr' / 'lib' / kind}:{tree / 'lib' / kind}"}


def _not_as_root() -> list[str]:
    """PostgreSQL refuses to be root: in a namespace of its own the same user has another number."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


def _postgres_answers(port: int) -> bool:
    """Whether it takes a start-up packet: while it recovers it refuses with an error of its own."""
    body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
    return _reply(port, (len(body) + 4).to_bytes(4, "big") + body)[:1] == b"R"


def _redis_answers(port: int) -> bool:
    return _reply(port, b"PING\r\n").startswith(b"+PONG")


def _reply(port: int, message: bytes) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(message)
            return connection.recv(64)
    except OSError:
        return b""
