"""Stacks that are written to a file and imported, so that what is found has a place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Example
from vedette.check.example import findings_in
from vedette.check.registry import Choice

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.check.finding import Finding

HEAD = "from vedette import *\nfrom vedette.packs import http\n"


def check(folder: Path, source: str, *codes: str, **beside: str) -> list[Finding]:
    """What these checks find in a stack; ``beside`` are more files, by path without ending."""
    others = tuple(Example(f"{name}.py", text) for name, text in beside.items())
    example = Example("observability.py", HEAD + source, others)
    return findings_in(example, Choice(select=codes), folder)


def lines(findings: list[Finding]) -> list[tuple[str, int]]:
    """Code and line within the source that was given."""
    return [(one.code, one.place.line - HEAD.count("\n")) for one in findings]
