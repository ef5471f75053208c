"""The runbooks that somebody wrote, each once, and where their lines stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from vedette.check.markdown import Block, Markdown, read
from vedette.place import Place
from vedette.promql.parser import ParseError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Runbook
    from vedette.promql.ast import Expr

__all__ = ["FILLED", "OPEN", "Chunk", "Written", "asked", "chunks", "written"]

OPEN: Final = re.compile(r"\$|<\w|…|\.\.\.")
"""What a reader has to fill in."""
FILLED: Final = "job"
"""What stands in the place of the names of services while a query is read."""


@dataclass(frozen=True, slots=True)
class Written:
    """A runbook taken apart."""

    runbook: Runbook
    parts: Markdown

    @property
    def subject(self) -> str:
        """How findings call it."""
        return f"runbook of {self.runbook.alert}"

    @property
    def is_file(self) -> bool:
        """Whether it stands in a file of its own, not in the declaration."""
        return self.runbook.place.file.endswith(".md")

    def at(self, line: int, column: int = 0) -> Place:
        """Where one of its lines stands; of a declared one, the declaration."""
        return Place(self.runbook.place.file, line, column) if self.is_file else self.runbook.place


_WRITTEN: WeakKeyDictionary[Facts, tuple[Written, ...]] = WeakKeyDictionary()
"""Several checks look at the same texts; each is taken apart once."""


def written(facts: Facts) -> tuple[Written, ...]:
    """The texts of people, not those made from declarations; one for several alerts comes once."""
    found = _WRITTEN.get(facts)
    if found is None:
        found = _WRITTEN[facts] = tuple(_taken_apart(facts))
    return found


def _taken_apart(facts: Facts) -> Iterator[Written]:
    seen: set[Place] = set()
    for runbook in facts.runbooks:
        if runbook.written and runbook.place not in seen:
            seen.add(runbook.place)
            yield Written(runbook, read(runbook.text))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A query in a block of PromQL."""

    text: str
    line: int
    tree: Expr | None
    filled: str = ""
    """The text that was parsed: with something in the place of what the build puts in."""
    problem: str = ""


def chunks(one: Written, block: Block) -> list[Chunk]:
    """The queries of a block: all of it, or its paragraphs, or its lines."""
    whole = _chunk(one, block.text, block.line)
    if whole.tree is not None:
        return [whole]
    found: list[Chunk] = []
    for text, line in _paragraphs(block):
        paragraph = _chunk(one, text, line)
        lines = [_chunk(one, row, line + index) for index, row in enumerate(text.splitlines()) if _says(row)]
        single = len(lines) > 1 and sum(row.tree is not None for row in lines) > len(lines) // 2
        found += lines if paragraph.tree is None and single else [paragraph]
    return found


def asked(one: Written) -> Iterator[tuple[Chunk, Place]]:
    """Every query that can be read, in blocks of PromQL and between back quotes, and where it stands."""
    for block in one.parts.blocks:
        for chunk in chunks(one, block) if block.language in ("promql", "prometheus") else ():
            if chunk.tree is not None:
                yield chunk, one.at(chunk.line)
    for piece in one.parts.code:
        chunk = _chunk(one, piece.text, piece.line)
        if chunk.tree is not None:
            yield chunk, one.at(piece.line, piece.column)


def _paragraphs(block: Block) -> Iterator[tuple[str, int]]:
    rows: list[str] = []
    start = block.line
    for number, row in enumerate([*block.text.splitlines(), ""], block.line):
        if row.strip():
            rows.append(row)
            continue
        if any(map(_says, rows)):
            yield "\n".join(rows), start
        rows, start = [], number + 1


def _says(row: str) -> bool:
    return bool(row.strip()) and not row.lstrip().startswith("#")


def _chunk(one: Written, text: str, line: int) -> Chunk:
    # what the build puts in: `{expr}` the query of the alert, `{job}` its services, `{alert}` its name
    filled = text.replace("{expr}", "vector(1)").replace("{job}", FILLED).replace("{alert}", one.runbook.alert)
    tree, problem = _parsed(filled)
    return Chunk(text, line, tree, filled, problem)


@lru_cache(maxsize=4000)
def _parsed(text: str) -> tuple[Expr | None, str]:
    """The tree of a query, or what is wrong with it; several checks ask, of what is no query, too."""
    try:
        return parse(text), ""
    except ParseError as problem:
        return None, problem.message
