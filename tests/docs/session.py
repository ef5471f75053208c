"""The console blocks of a page as a session: what is typed, what is shown below it, and what cannot be typed here.

A line that begins with ``$`` is typed, the lines below it are what it prints. Where they are there, they are compared:
``…`` stands for anything, a line of its own with ``…`` for any lines. A block is not typed where one of its commands
needs what no test has (`NOT_HERE`), or where the line before it says why: ``<!-- not run: the reason -->``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import psutil
import pytest
from tests import real
from tests.docs.page import blocks
from tests.started import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.docs.page import Block
    from tests.real import Program

__all__ = ["ENDLESS", "NOT_HERE", "Session", "Typed", "console", "left_out", "matches", "play", "typed"]

NOT_HERE = {
    "apt-get": "changes the machine",
    "caddy": "is another project's server",
    "docker": "needs an engine that starts containers",
    "git": "needs somebody's repository",
    "helm": "needs a cluster",
    "kubectl": "needs a cluster",
    "pip": "installs from the package index",
    "sudo": "changes the machine",
    "systemctl": "changes the machine",
    "useradd": "changes the machine",
}
"""The first word of a command → why no test types it."""
ENDLESS = re.compile(
    r"^(\w+=\S+ )*"
    r"(vedette (up|preview)\b(?!.*--pictures)|prometheus |alertmanager |prometheus-\w+-exporter |uvicorn )"
    r"|^python (-u?m (aiosmtpd|examples)|canary\.py$)"
)
"""What runs until somebody stops it."""
_PROGRAMS: Final[dict[str, tuple[Program, str]]] = {
    "promtool": ("promtool", "3.5"),
    "prometheus": ("prometheus", "3.5"),
    "amtool": ("amtool", "0.33"),
    "alertmanager": ("alertmanager", "0.33"),
    "prometheus-blackbox-exporter": ("blackbox-exporter", "0.23"),
}
ROOT = Path(__file__).parents[2]
_ELSEWHERE: Final = "/tmp/bakery/"
_MARK = re.compile(r"^<!-- not run: (.+) -->$")
_PASSING = (
    (re.compile(r"\b\d+\.\d s\b"), "0.0 s"),
    (re.compile(r" +\d+ +\d{1,3}(,\d{3})*$", re.MULTILINE), " 0 0"),
    (re.compile(r"\d+ of \d+ files changed"), "0 of 0 files changed"),
    (re.compile(r"\bwith \d+ rules"), "with 0 rules"),
    (re.compile(r"\balertmanager\.yml:\d+:\d+"), "alertmanager.yml:0:0"),
)
"""What may differ: how long something took, how much was built, where in a long file a line stands."""


class Typed(NamedTuple):
    """A command and what is shown below it."""

    command: str
    shown: str


def console(page: str) -> list[Block]:
    """The console blocks of a page."""
    return [block for block in blocks(page) if block.language == "console"]


def typed(text: str) -> list[Typed]:
    """What a block types; a line that ends in a backslash goes on in the next."""
    found: list[Typed] = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        count = next((number for number, line in enumerate(lines, 1) if not line.endswith("\\\n")), len(lines))
        found.append(Typed("".join(lines[:count]).strip(), "".join(lines[count:])))
    return found


def left_out(block: Block) -> str:
    """Why a block is not typed; empty where it is."""
    if mark := _MARK.match(block.before):
        return mark[1]
    for one in typed(block.text):
        for part in re.split(r"[|;&(]+", one.command):
            first, *rest = part.split() or [""]
            if first in NOT_HERE:
                return f"{first} {NOT_HERE[first]}"
            if first == "sh" and rest and rest[0].endswith("vedette.sh"):
                return "the script starts containers"
    return ""


def matches(shown: str, printed: str) -> bool:
    """Whether this was printed, but for what may differ."""
    for pattern, same in _PASSING:
        shown, printed = (pattern.sub(same, text).rstrip() for text in (shown, printed))
    lines = [
        r"(?:.*\n)*" if line.strip() == "…" else ".*".join(map(re.escape, line.rstrip().split("…"))) + r" *\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed + "\n") is not None


class Session:
    """A folder in which a page is typed; what runs until somebody stops it, runs until the session is over.

    Args:
        folder: where its files are.
        places: what the page says → what it is in this test: ports.
    """

    def __init__(self, folder: Path, places: Mapping[str, str]) -> None:
        self.folder = folder
        self._places = places
        self._back = {there: said for said, there in places.items()}
        self._running: list[tuple[subprocess.Popen[str], Path]] = []
        programs = folder / ".programs"
        programs.mkdir()
        for name, wanted in _PROGRAMS.items():
            program = real.binary(*wanted)
            command = real.with_its_files(program) if name == "alertmanager" else [program]
            (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
            (programs / name).chmod(0o755)
        path = [str(Path(sys.executable).parent), str(programs), os.environ["PATH"]]
        self._known = {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": str(ROOT), "COLUMNS": "140"}

    def write(self, name: str, text: str) -> None:
        """Write a file of the page."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(text), "utf-8")

    def here(self, text: str) -> str:
        """What the page says, as it is in this test."""
        return _replaced(text, self._places)

    def type(self, command: str, shown: str = "") -> tuple[str, int]:
        """Type it; what it printed, and its exit code, which is 0 of what runs on.

        What runs on is waited for until it listens, and has said what is shown.
        """
        here = self.here(command)
        if ENDLESS.search(command):
            if "vedette up" in command and "--port" not in command:
                here += f" --port {self._places['7373']}"
            return self._start(here, shown), 0
        done = subprocess.run(
            ["bash", "-c", here],
            cwd=self.folder, env=self._known, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
        return self._there(done.stdout), done.returncode

    def _there(self, text: str) -> str:
        return _replaced(text, self._back).replace(f"{self.folder}/", "")

    def _start(self, command: str, shown: str) -> str:
        log = self.folder / f"session-{len(self._running)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=self.folder, env=self._known, stdin=subprocess.DEVNULL, stdout=file, stderr=file, text=True,
                start_new_session=True,
            )  # fmt: skip
        self._running.append((process, log))
        until(lambda: self._listens(process, log), 60, f"{command} listens")
        for line in filter(str.strip, shown.replace(_ELSEWHERE, "").splitlines()):
            until(lambda line=line: self._said(log, line), 60, f"{command} says {line!r}; it said {log.read_text()}")
        return self._there(log.read_text())

    def _said(self, log: Path, line: str) -> bool:
        return any(matches(line.strip(), one.strip()) for one in self._there(log.read_text()).splitlines())

    @staticmethod
    def _listens(process: subprocess.Popen[str], log: Path) -> bool:
        if process.poll() is not None:
            pytest.fail(f"it ended: {log.read_text()}")
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        return any(one.status == psutil.CONN_LISTEN for member in family for one in member.net_connections("tcp"))

    def close(self) -> None:
        """Stop what runs, the last first."""
        for process, _ in reversed(self._running):
            if process.poll() is None:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                process.terminate()
                _, alive = psutil.wait_procs(family, 10)
                for one in alive:
                    one.kill()
            process.wait()


def _replaced(text: str, places: Mapping[str, str]) -> str:
    return re.sub(r"\b\d{4,5}\b", lambda found: places.get(found[0], found[0]), text)


def play(page: str, session: Session) -> Iterator[tuple[Typed, str, int]]:
    """Type a page from top to bottom; each command with what it printed and its exit code.

    Its files are there from the beginning. Where pyproject.toml is not among them, the stack is what its Python without
    a name has declared so far.
    """
    parts = blocks(page)
    for block in parts:
        if block.file:
            session.write(block.file, block.text)
    if alone := not (session.folder / "pyproject.toml").exists():
        session.write("pyproject.toml", '[tool.vedette]\nstack = "so_far:stack"\n')
    so_far = ""
    for block in parts:
        if block.language == "python" and not block.file and alone:
            so_far += block.text
            session.write("so_far.py", so_far)
        if block.language == "console" and not left_out(block):
            for one in typed(block.text):
                yield one, *session.type(*one)
