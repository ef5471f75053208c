"""``vedette graph``: what hangs together, as Mermaid's text, as a picture, or as JSON."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.check.graph import graph_of
from vedette.check.graph.drawing import mermaid, svg
from vedette.check.graph.drawing.mermaid import MOST_EDGES
from vedette.check.graph.plain import plain_graph
from vedette.check.sources import Sources
from vedette.cli.facts import facts_for
from vedette.cli.named import unknown
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.facts import Facts
    from vedette.check.graph import Graph, Node

__all__ = ["graph"]


def graph(
    name: str | None,
    stack: str | None,
    environment: str | None,
    *,
    files: Sequence[Path] = (),
    form: str = "mermaid",
    output: Path | None = None,
    depth: int | None = None,
) -> None:
    """Draw the whole, or what is around a name.

    Raises:
        ConfigError: nothing is named so, the stack or a file cannot be read, or the output not be written.
    """
    if depth is not None and (name is None or depth < 0):
        raise ConfigError("--depth counts the steps from NAME: give a name and a number of at least 0")
    facts = facts_for(stack, environment, files)
    whole = graph_of(facts)
    of = _chosen(whole, name) if name is not None else None
    shown = whole.around(of, depth) if of is not None else whole
    sources = Sources(Path.cwd())
    if form == "json":
        text = dumps(plain_graph(shown, sources), ensure_ascii=False, indent=2) + "\n"
    elif form == "svg":
        text = svg(shown, _title(facts, of), of=of, told=lambda place: sources.name(str(place)))
    else:
        text = mermaid(shown)
        if text.count("-->") + text.count("-.->") > MOST_EDGES:
            sys.stderr.write(
                f"vedette graph: this has more than {MOST_EDGES} edges, which Mermaid does not draw unless told to; "
                "give a NAME, or --format svg\n"
            )
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as problem:
        raise ConfigError(f"{output}: cannot be written: {problem.strerror}") from problem


def _chosen(whole: Graph, name: str) -> Node:
    """The node of a name; where several have it, the one that comes first as data flows, runbooks last."""
    found = sorted(whole.find(name), key=lambda node: node.kind == "runbook")
    if not found:
        raise unknown(name, whole)
    return found[0]


def _title(facts: Facts, of: Node | None) -> str:
    what = facts.stack.title if facts.stack is not None else "files"
    return f"{of.kind} {of.name}" if of is not None else f"{what}: what hangs together"
