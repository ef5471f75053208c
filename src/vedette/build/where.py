"""From an offset in an expression to the line and column of the user's file where that character stands."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.place import Place

__all__ = ["character"]


def character(declared: Place, text: str, offset: int) -> Place:
    """The place of ``text[offset]``, as exact as the source allows.

    A text that stands in the file as one plain literal gives line and column; one that is put together gives the
    line of the declaration.
    """
    literals = [node for node in _literals(declared.file) if node.value == text and node.end_lineno is not None]
    after = [node for node in literals if node.end_lineno is not None and node.end_lineno >= declared.line]
    if not after:
        return declared
    node = min(after, key=lambda found: (abs(found.lineno - declared.line), found.col_offset))
    line = _lines(declared.file)[node.lineno - 1]
    start = len(line.encode()[: node.col_offset].decode())  # ast counts bytes
    for quotes in ('"""', "'''", '"', "'"):
        if line.startswith(quotes + text, start):
            return declared._replace(line=node.lineno, column=start + len(quotes) + offset + 1)
    return declared._replace(line=node.lineno)


@lru_cache(maxsize=64)
def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


@lru_cache(maxsize=64)
def _literals(file: str) -> list[ast.Constant]:
    try:
        tree = ast.parse("\n".join(_lines(file)))
    except (SyntaxError, ValueError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
