"""A page of the documentation as code: its blocks, and a run of its Python from top to bottom.

``python -m tests.docs.page PAGE`` runs it in the current folder, which should be empty, and prints what it did as JSON.
A block is a file where its name stands before it or in its first line; the others are run one after another. Stacks are
built in every environment, and tables of messages are compared with what really is said.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

MESSAGES = re.compile(r"^\| (?:declaration|update|written) \| message \|\n\|---\|---\|\n((?:\|.*\n)+)", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block. ``file`` is the name it is given, or empty; ``before`` the last line that stands before it."""

    language: str
    text: str
    file: str
    before: str = ""


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, those within lists too."""
    found: list[Block] = []
    before, fence, language, lines = "", "", "", []
    for line in page.splitlines():
        opened = re.match(r"^( *)(```+)(\w*)$", line)
        if not fence and opened:
            fence, language, lines = opened[1] + opened[2], opened[3], []
        elif fence and line == fence:
            text = "\n".join(lines) + "\n"
            named = re.match(r"^`([\w./-]+\.\w+)`[,:]", before) or re.match(r"^# ([\w./-]+\.\w+)\n", text)
            found.append(Block(language, text, named[1] if named else "", before.strip()))
            fence = before = ""
        elif fence:
            lines.append(line.removeprefix(fence.partition("`")[0]))
        elif line.strip():
            before = line
    return found


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^ *(```+)\w*\n.*?^ *\1$", "", page, flags=re.MULTILINE | re.DOTALL)


def messages(page: str) -> list[tuple[str, str]]:
    """Code and the message it gets, from the tables that say so."""
    rows = [row for table in MESSAGES.findall(page) for row in table.splitlines()]
    cells = [row.strip("|").strip().split(" | ", 1) for row in rows]
    return [(code.strip().strip("`"), message.strip()) for code, message in cells]


def run(page: str) -> dict[str, int]:
    """Write the files, import them, run the rest, build every stack, try every message."""
    import vedette
    from vedette.build import build
    from vedette.instruments.metrics import serving

    serving.serve = lambda *_, **__: None  # a page must not take ports
    sys.path.insert(0, str(Path.cwd()))
    python = [block for block in blocks(page) if block.language == "python"]
    files = [block for block in blocks(page) if block.file]
    for block in files:
        path = Path(block.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
    scope: dict[str, Any] = {}
    scopes = [scope]
    for block in python:
        if block.file:
            module = importlib.import_module(block.file.removesuffix(".py").replace("/", "."))
            scopes.append(vars(module))
        else:
            exec(compile(block.text, "block", "exec"), scope)
    stacks = {
        id(value): value for names in scopes for value in list(names.values()) if isinstance(value, vedette.Stack)
    }
    environments = [(stack, environment) for stack in stacks.values() for environment in stack.environments]
    for stack, environment in environments:
        assert build(stack, environment)
    tried = messages(page)
    for code, wanted in tried:
        try:
            eval(code, {**vars(vedette), **{name: getattr(vedette, name) for name in vedette.__all__}, **scope})
        except Exception as error:  # noqa: BLE001 - any kind of error may be what the page says
            assert wanted in str(error), f"{code} says {error}, not {wanted}"  # noqa: PT017 - any kind of error is one
        else:
            raise AssertionError(f"{code} is not refused")
    return {"blocks": len(python), "builds": len(environments), "messages": len(tried)}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]).read_text("utf-8"))))  # noqa: T201 - the answer
