"""Real servers as processes of their own, what they answer, and the files that they share."""

from __future__ import annotations

import contextlib
import copy
import http.client
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.real import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
T = TypeVar("T")


def until(check: Callable[[], T], what: str = "", seconds: float = 60) -> T:
    """What ``check`` gives once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found


def page(text: str) -> dict[str, float]:
    """Series → value."""
    rows = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, _, value in rows}


def of_each(samples: dict[str, float], name: str) -> dict[int, float]:
    """Pid → value of a gauge that has one for each process."""
    start = f'{name}{{pid="'
    return {int(series[len(start) : -2]): value for series, value in samples.items() if series.startswith(start)}


class Folder:
    """Where the processes of a test have their segments."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_SHARED")}
        return {**own, "XDG_RUNTIME_DIR": str(self.path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def files(self) -> list[Path]:
        return [path for path in self.path.rglob("*") if path.is_file()]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python to its end."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


class Server:
    """A server that runs."""

    def __init__(self, command: str, folder: Folder, port: int | None = None, **environment: str) -> None:
        self.port = free_port() if port is None else port
        self.folder = folder
        self.log = folder.path.parent / f"{self.port}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command.format(port=self.port, bin=BIN, python=sys.executable).split(),
                cwd=ROOT,
                env={**folder.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def at(self, port: int) -> Server:
        """The same, where it listens on another port besides."""
        other = copy.copy(self)
        other.port = port
        return other

    def get(self, path: str) -> str:
        """The body of what is answered; asked again where nobody is there to answer."""

        def ask() -> str | None:
            assert self.process.poll() is None, self.said()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request("GET", path, headers={"connection": "close"})
                reply = connection.getresponse()
                body = reply.read().decode()
                assert reply.status == 200, (reply.status, body, self.said())
            except (OSError, http.client.HTTPException):
                return None
            finally:
                connection.close()
            return body or None

        return until(ask, f"an answer to {path}; it said {self.said()}")

    def samples(self) -> dict[str, float]:
        """What one scrape tells, of whichever process answers it."""
        return page(self.get("/metrics"))

    def hit(self, workers: int, path: str = "/hit", least: int = 0) -> dict[int, int]:
        """Ask until so many processes have answered, and so many times at least; pid → how often."""
        found: dict[int, int] = {}
        deadline = time.monotonic() + 60
        with ThreadPoolExecutor(8) as pool:
            while len(found) < workers or sum(found.values()) < least:
                assert time.monotonic() < deadline, found
                for answer in pool.map(self.get, [path] * 8):
                    found[int(answer)] = found.get(int(answer), 0) + 1
        return found

    def said(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """Kill all of its processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it, and wait until all of its processes have ended."""
        self.process.send_signal(number)
        self.process.wait(60)
        until(lambda: not self.rest(), "the end of its workers")

    def rest(self) -> bool:
        """Whether any of its processes is left."""
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True


@contextlib.contextmanager
def started(command: str, folder: Folder, port: int | None = None, **environment: str) -> Iterator[Server]:
    """Run a server until the block ends."""
    server = Server(command, folder, port, **environment)
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
