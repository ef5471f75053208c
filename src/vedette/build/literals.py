"""String literals of Python source, character by character: what each one is, and where it stands in the file."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Character", "characters", "match"]

_OPEN = re.compile(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:\s|\\\n|#[^\n]*|[()])+")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[0-7]{1,3}|\r?\n|.)", re.DOTALL)
_HOLE = "\0"  # PromQL and what people write have none
_SHUT = {"(": ")", "[": "]", "{": "}"}


class Character(NamedTuple):
    """One character of the text, ``""`` for what an f-string fills in, and its offset in the source."""

    value: str
    offset: int


def characters(source: str, start: int, end: int) -> Iterator[Character]:
    """Those of the literals that stand one after another in ``source[start:end]``."""
    at = start
    while at < end:
        if between := _BETWEEN.match(source, at, end):
            at = between.end()
        elif opened := _OPEN.match(source, at, end):
            closing = _closing(source, opened, end)
            yield from _body(source, opened.end(), closing, opened[1].lower())
            at = closing + len(opened[2])
        else:
            return


def _closing(source: str, opened: re.Match[str], end: int) -> int:
    """Where the closing quotes of a literal stand."""
    quotes, at = opened[2], opened.end()
    formatted = "f" in opened[1].lower()
    while at < end and not source.startswith(quotes, at):
        if source[at] == "\\":
            at += 2
        elif formatted and source[at] == "{":
            at = at + 2 if source.startswith("{{", at) else _after_hole(source, at, end)
        else:
            at += 1
    return at


def _after_hole(source: str, at: int, end: int) -> int:
    """The offset behind ``{…}`` of an f-string, which can hold strings and braces of its own."""
    waiting: list[str] = []
    while at < end:
        here = source[at]
        if here in _SHUT:
            waiting.append(_SHUT[here])
        elif waiting and here == waiting[-1]:
            waiting.pop()
        elif here in "'\"" and (shut := source.find(here, at + 1, end)) > 0:
            at = shut
        at += 1
        if not waiting:
            break
    return at


def _body(source: str, start: int, end: int, prefix: str) -> Iterator[Character]:
    at = start
    while at < end:
        here = source[at]
        if here == "\\" and "r" not in prefix and (escape := _ESCAPE.match(source, at, end)):
            if not escape[0].endswith("\n"):
                yield Character(ast.literal_eval(f'"{escape[0]}"') if escape[0] != '\\"' else '"', at)
            at = escape.end()
        elif here in "{}" and "f" in prefix:
            if source.startswith(here * 2, at):
                yield Character(here, at)
                at += 2
            else:
                yield Character("", at)
                at = _after_hole(source, at, end)
        else:
            yield Character(here, at)
            at += 1


def match(found: Sequence[Character], text: str) -> tuple[int, list[int]] | None:
    """How these characters make up the text: how much of it is filled in, and the source's offset of each character.

    None where they do not.
    """
    runs = "".join(one.value or _HOLE for one in found).split(_HOLE)
    lengths = _filled(runs, text)
    if lengths is None:
        return None
    filled = iter(lengths)
    offsets: list[int] = []
    for one in found:
        offsets += [one.offset] * (1 if one.value else next(filled))
    return sum(lengths), offsets


def _filled(runs: Sequence[str], text: str) -> list[int] | None:
    """How long what stands between the runs is, the first that fits; None where nothing does."""
    first, *others = runs
    if not others:
        return [] if first == text else None
    if not text.startswith(first):
        return None
    *between, last = others
    lengths: list[int] = []
    at, end = len(first), len(text) - len(last)
    for run in between:
        start = text.find(run, at, end)
        if start < 0:
            return None
        lengths.append(start - at)
        at = start + len(run)
    return [*lengths, end - at] if at <= end and text.endswith(last) else None
