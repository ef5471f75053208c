"""A runbook speaks of an alert that does not exist; one of nearly that name does.

The reader looks for it among those that fire and does not find it. It comes to be when an alert is renamed. Looked at
are names between back quotes, and ``alertname="…"`` in queries.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest, nearly
from vedette.check.check import Check
from vedette.check.runbooks._example import stack_with
from vedette.check.runbooks._texts import chunks, written
from vedette.promql.ast import VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.runbooks._texts import Chunk, Written

__all__ = ["CHECK", "find"]

_CAMEL: Final = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+", re.ASCII)


def find(facts: Facts) -> Iterator[Finding]:
    """Names that only nearly are those of alerts."""
    names = {alert.name for alert in facts.alerts}
    alike = cache(lambda name: nearly(name, names, 0.8))
    for one in written(facts):
        for piece in one.parts.code:
            if _CAMEL.fullmatch(piece.text) and piece.text not in names:
                near = alike(piece.text)
                if near is not None:
                    yield CHECK.finding(
                        one.at(piece.line, piece.column),
                        one.subject,
                        f"there is no alert `{piece.text}`; `{near}` is one",
                        f"write {near}",
                        certain=False,
                    )
        for block in one.parts.blocks:
            if facts.complete and block.language in ("promql", "prometheus"):
                for chunk in chunks(one, block):
                    yield from _in_query(one, chunk, names)


def _in_query(one: Written, chunk: Chunk, names: set[str]) -> Iterator[Finding]:
    for node in walk(chunk.tree) if chunk.tree is not None else ():
        if not isinstance(node, VectorSelector) or metric_name(node) not in ("ALERTS", "ALERTS_FOR_STATE"):
            continue
        for matcher in node.matchers:
            if matcher.name == "alertname" and matcher.op == "=" and matcher.value not in names:
                yield CHECK.finding(
                    one.at(chunk.line),
                    one.subject,
                    f"its query asks for the alert {matcher.value!r}, which does not exist"
                    f"{nearest(matcher.value, names)}",
                    "write the name of an alert that is there",
                )


CHECK = Check(
    code="runbook-unknown-alert",
    about="runbooks",
    level="warning",
    find=find,
    bad=stack_with('Runbook(impact="As of `NoOrder`: nobody buys.")', found=True),
    good=stack_with('Runbook(impact="As of `NoOrders`: nobody buys.")'),
)
