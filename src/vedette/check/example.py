"""What the checks find in an example of theirs: for the tests, and for the pages that show it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.check.run import run
from vedette.check.sources import Sources
from vedette.instruments.metrics.registry import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.catalog import Stack
    from vedette.check.check import Example
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.registry import Choice

__all__ = ["findings_in", "marked", "shown"]

PAGE: Final = "metrics.txt"
"""An example of this name is a page of metrics."""
SERVER: Final = "server.json"
"""An example of this name is what a server answers."""
_LIVE: Final = frozenset({PAGE, SERVER})
_MARK = re.compile(r" *# <-$", re.MULTILINE)


def marked(example: Example) -> int | None:
    """The line that a finding should point at, None where the example does not say."""
    lines = [number for number, line in enumerate(example.text.splitlines(), 1) if _MARK.search(line)]
    return lines[0] if lines else None


def shown(example: Example) -> str:
    """The text as people are shown it, without the mark."""
    return _MARK.sub("", example.text)


def findings_in(example: Example, choice: Choice, folder: Path) -> list[Finding]:
    """Write the example into an empty folder and check it there; its file is named without the folder.

    A stack is imported, and what it declares is forgotten afterwards.
    """
    for one in (*example.beside, example):
        file = folder / one.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown(one) if one.name == PAGE else one.text, "utf-8")
    file = folder / example.name
    texts = {one.name: one.text for one in (*example.beside, example)}
    if file.suffix == ".py":
        facts, extra = _of_stack(file)
    else:
        from vedette.check.foreign import facts_of_texts  # noqa: PLC0415 - needs all formats

        facts, extra = facts_of_texts({name: text for name, text in texts.items() if name not in _LIVE})
    if _LIVE & texts.keys():
        facts = _with_live(facts, folder, texts)
    return Sources(folder).named(run(facts, extra, choice=choice))


def _with_live(facts: Facts, folder: Path, texts: Mapping[str, str]) -> Facts:
    from vedette.check.live.ask import ask, read_answers  # noqa: PLC0415 - few examples want it
    from vedette.check.live.learn import questions, with_live  # noqa: PLC0415

    if PAGE in texts:
        return with_live(facts, ask(str(folder / PAGE)))
    return with_live(facts, read_answers(json.loads(texts[SERVER]), "http://localhost:9090", questions(facts)))


def _of_stack(file: Path) -> tuple[Facts, list[Finding]]:
    from vedette.check.declared import facts_of_stack  # noqa: PLC0415 - needs all of build

    with _alone(str(file)):
        stack = _imported(file)
        return facts_of_stack(stack, stack.environment("local"))


@contextmanager
def _alone(file: str) -> Iterator[None]:
    """Within it no name of a metric is taken but by our packs; afterwards what the file has declared is forgotten."""
    ours = str(Path(__file__).parents[1])
    families, taken = DEFAULT._families, DEFAULT._taken  # noqa: SLF001 - only examples want a second stack in a process
    others = {name: one for name, one in families.items() if not one.description.place.file.startswith(ours)}
    names = {name: one for name, one in taken.items() if one.name in others}
    for name in others:
        del families[name]
    for name in names:
        del taken[name]
    try:
        yield
    finally:
        for family in DEFAULT.families():
            if family.description.place.file == file:
                DEFAULT.undeclare(family.description.name)
        families.update(others)
        taken.update(names)


def _imported(file: Path) -> Stack:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    stack: Stack = module.stack
    return stack
