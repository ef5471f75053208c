"""From an offset in a declared text, or an argument of a declaration, to line and column of the user's file."""

from __future__ import annotations

import ast
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.literals import Character, characters, match

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.place import Place

__all__ = ["argument", "character"]


def character(declared: Place, text: str, offset: int) -> Place:
    """The place of ``text[offset]``, as exact as the source tells.

    Literals are followed through implicit concatenation, ``+``, escapes, f-strings and names that are bound once; what
    an f-string fills in is where its braces are. Of a text that is put together elsewhere, the declaration's line.
    """
    file = _file(declared.file)
    offsets = None if file is None else file.offsets(declared.line, text)
    if file is None or not offsets:
        return declared
    at = offsets[offset] if offset < len(offsets) else offsets[-1] + 1 + offset - len(offsets)
    return file.place(declared, at)


def argument(declared: Place, key: str, *, first: str = "", position: int | None = None) -> Place:
    """Where the value of an argument of a declaration begins: ``severity``, or ``labels.tier`` within a mapping.

    ``first`` is the declaration's first argument, where that is a text, and ``position`` where the argument may stand
    without its name. The place of the declaration where the argument is not written in it.
    """
    file = _file(declared.file)
    node = None if file is None else file.argument(declared.line, key, first, position)
    if file is None or node is None:
        return declared
    return file.place(declared, file.start(node))


class _File:
    """A file of the user's: its calls by line, and its texts."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self._source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._calls: dict[int, list[ast.Call]] = {}
        self._texts: list[ast.expr] = []
        self._bound: dict[str, ast.expr | None] = {}
        self._read: dict[ast.expr, list[Character]] = {}
        self._found: dict[tuple[int, str], list[int] | None] = {}
        waiting: list[ast.AST] = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Call):
                self._calls.setdefault(node.lineno, []).append(node)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                self._bound[name] = None if name in self._bound else node.value
            if isinstance(node, ast.expr) and _is_text(node):
                self._texts.append(node)
            else:
                waiting.extend(ast.iter_child_nodes(node))

    def place(self, declared: Place, offset: int) -> Place:
        """The line and column of an offset."""
        line = bisect_right(self._lines, offset)
        return declared._replace(line=line, column=offset - self._lines[line - 1] + 1)

    def start(self, node: ast.expr) -> int:
        """Where a node begins."""
        return self._offset(node.lineno, node.col_offset)

    def _offset(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        text = self._source[start : start + column]  # enough: a character has at least one byte
        return start + (column if text.isascii() else len(text.encode()[:column].decode()))

    def offsets(self, line: int, text: str) -> list[int] | None:
        """Where each character of a text stands that is declared at a line."""
        key = line, text
        if key not in self._found:
            self._found[key] = self._offsets(line, text)
        return self._found[key]

    def _offsets(self, line: int, text: str) -> list[int] | None:
        last = max([line, *(call.end_lineno or line for call in self._calls.get(line, ()))])
        found = [
            (filled, abs(node.lineno - line), node.col_offset, offsets)
            for node in self._near(line, last)
            if not isinstance(node, ast.Constant) or node.value == text
            for filled, offsets in [match(self._characters(node), text) or (0, [])]
            if offsets
        ]
        if found:
            return min(found)[3]
        whole = [
            (node.lineno < line, abs(node.lineno - line), node.col_offset, node)
            for node in self._texts
            if isinstance(node, ast.Constant) and node.value == text
        ]
        if not whole:
            return None
        matched = match(self._characters(min(whole, key=lambda one: one[:3])[3]), text)
        return None if matched is None else matched[1]

    def _near(self, line: int, last: int) -> Iterator[ast.expr]:
        """The texts within the calls that begin at a line, those behind a name included."""
        yield from (node for node in self._texts if node.lineno <= last and (node.end_lineno or 0) >= line)
        for call in self._calls.get(line, ()):
            for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                if isinstance(value, ast.Name) and (text := self._text_of(value)) is not None:
                    yield text

    def _text_of(self, name: ast.Name) -> ast.expr | None:
        bound = self._bound.get(name.id)
        return bound if bound is not None and _is_text(bound) else None

    def _characters(self, node: ast.expr) -> list[Character]:
        known = self._read.get(node)
        if known is None:
            known = self._read[node] = list(self._spelled(node))
        return known

    def _spelled(self, node: ast.expr) -> Iterator[Character]:
        if isinstance(node, ast.BinOp):
            yield from self._spelled(node.left)
            yield from self._spelled(node.right)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield from characters(
                self._source, self.start(node), self._offset(node.end_lineno or 0, node.end_col_offset or 0)
            )
        elif isinstance(node, ast.Name) and (text := self._text_of(node)) is not None:
            yield from self._spelled(text)
        else:
            yield Character("", self.start(node))

    def argument(self, line: int, key: str, first: str, position: int | None) -> ast.expr | None:
        """The value of an argument of a call at a line."""
        name, _, inner = key.partition(".")
        calls = self._calls.get(line, ())
        for call in sorted(calls, key=lambda call: not _begins(call, first)):
            value = next((one.value for one in call.keywords if one.arg == name), None)
            if value is None and position is not None and _begins(call, first) and len(call.args) > position:
                value = call.args[position]
            if value is not None:
                return _entry(value, inner) if inner else value
        return None


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _begins(call: ast.Call, first: str) -> bool:
    """Whether the first argument is that text."""
    arguments: Sequence[ast.expr] = call.args[:1]
    return any(isinstance(one, ast.Constant) and one.value == first for one in arguments)


def _entry(node: ast.expr, key: str) -> ast.expr | None:
    """The value of a key that a mapping is written with; the mapping itself where it is made otherwise."""
    if not isinstance(node, ast.Dict):
        return node
    for name, value in zip(node.keys, node.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == key:
            return value
    return node


@lru_cache(maxsize=64)
def _file(path: str) -> _File | None:
    try:
        source = Path(path).read_text("utf-8-sig")
        return _File(source, ast.parse(source))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
