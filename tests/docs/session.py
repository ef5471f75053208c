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
from typing import TYPE_CHECKING, NamedTuple

from tests import real

from tests.docs.page import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.docs.page import Block

__all__ = ["NOT_HERE", "Typed", "console", "left_out", "matches", "play", "typed"]

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
_MARK = re.compile(r"^<!-- not run: (.+) -->$")
_PASSING = re.compile(r"\b\d+\.\d s\b")


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
            words = shlex.split(part, comments=True) if part.count("'") % 2 == part.count('"') % 2 == 0 else part.split()
            if words and words[0] in NOT_HERE:
                return f"{words[0]} {NOT_HERE[words[0]]}"
    return ""


def matches(shown: str, printed: str) -> bool:
    """Whether this was printed; how long something took may differ."""
    shown, printed = (_PASSING.sub("0.0 s", text).rstrip() for text in (shown, printed))
    lines = [".*" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) for line in shown.splitlines()]
    pattern = "\n".join(lines).replace("\n.*\n", "\n(?:.*\n)*?").removesuffix("\n.*")
    ends = shown.endswith("\n…")
    return re.fullmatch(pattern + (r"(?:\n.*)*" if ends else ""), printed) is not None


def play(page: str, folder: Path, places: Mapping[str, str]) -> Iterator[tuple[Typed, str, int]]:
    """Type a page in a folder, from top to bottom; each command with what it printed and its exit code.

    Args:
        page: its text.
        folder: where its files are.
        places: what the page says → what it is in this test, such as addresses.
    """
    programs = [real.binary("promtool", "3.5").parent, real.binary("amtool", "0.33").parent]
    path = os.pathsep.join([os.path.dirname(sys.executable), *map(str, programs), os.environ["PATH"]])  # noqa: PTH120
    known = {**os.environ, "PATH": path, "PYTHONPATH": str(real.ROOT.parents[1]), "COLUMNS": "140"}
    for block in console(page):
        if left_out(block):
            continue
        for one in typed(block.text):
            command = one.command
            for said, there in places.items():
                command = command.replace(said, there)
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=folder, env=known, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, timeout=240, check=False,
            )  # fmt: skip
            printed = done.stdout
            for said, there in places.items():
                printed = printed.replace(there, said)
            yield one, printed.replace(f"{folder}/", ""), done.returncode
