"""A runbook asks for a metric that nobody declares, or its query is no PromQL.

At three in the morning the query is pasted and shows an empty graph, which looks as if all were well. It comes to be
when a metric is renamed and the text is not. Looked at are blocks marked ``promql``, and code between back quotes that
is nearly the name of a metric. A runbook of a shipped or installed pack may speak of what another pack declares.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest, nearly
from vedette.check.check import Check
from vedette.check.metrics._uses import is_own_file
from vedette.check.runbooks._example import stack_with
from vedette.check.runbooks._texts import OPEN, chunks, written
from vedette.promql.ast import VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.runbooks._texts import Chunk, Written
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*_[a-zA-Z0-9_:]*", re.ASCII)
_QUERY: Final = re.compile(r"[a-z_:]\w*\s*[({\[]", re.ASCII)
_OF_PROMETHEUS: Final = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


def find(facts: Facts) -> Iterator[Finding]:
    """Names in queries and code that no series has."""
    if not facts.runbooks:
        return
    labels = {name for series in facts.series.values() for name in series.labels.named} | _OF_PROMETHEUS
    alike = cache(lambda name: nearly(name, facts.series, 0.85))
    for one in written(facts):
        for block in one.parts.blocks:
            if block.language in ("promql", "prometheus"):
                for chunk in chunks(one, block):
                    yield from _in_block(facts, one, chunk)
        for piece in one.parts.code:
            for name in _names(piece.text):
                if facts.known(name) is None and name not in labels and (near := alike(name)):
                    yield CHECK.finding(
                        one.at(piece.line, piece.column),
                        one.subject,
                        f"`{name}` is no metric that is known; `{near}` is",
                        f"write {near}",
                        certain=facts.complete,
                    )


def _in_block(facts: Facts, one: Written, chunk: Chunk) -> Iterator[Finding]:
    if chunk.tree is None:
        if not OPEN.search(chunk.text):
            yield CHECK.finding(
                one.at(chunk.line),
                one.subject,
                f"`{' '.join(chunk.text.split())}` is no PromQL: {chunk.problem}",
                "correct the query, or mark the block with another language",
            )
        return
    if not facts.complete or not is_own_file(one.runbook.place.file):
        return
    for name in dict.fromkeys(filter(None, map(metric_name, _selectors(chunk.tree)))):
        if facts.known(name) is None and name not in _OF_PROMETHEUS:
            near = nearest(name, facts.series)
            yield CHECK.finding(
                one.at(chunk.line),
                one.subject,
                f"it asks for `{name}`, which nobody declares{near}",
                "write a metric that is there, or declare this one with Metric.foreign(…) if others expose it",
                level=None if near else "note",
            )


def _selectors(tree: Expr) -> list[VectorSelector]:
    return [node for node in walk(tree) if isinstance(node, VectorSelector)]


def _names(text: str) -> list[str]:
    if _NAME.fullmatch(text):
        return [text]
    if _QUERY.match(text) is None:
        return []
    try:
        return [name for name in map(metric_name, _selectors(parse(text))) if _NAME.fullmatch(name)]
    except ParseError:
        return []


CHECK = Check(
    code="runbook-unknown-metric",
    about="runbooks",
    level="warning",
    find=find,
    bad=stack_with('Runbook(investigation=["```promql\\nrate(shop_order_total[5m])\\n```"])', found=True),
    good=stack_with('Runbook(investigation=["```promql\\nrate(shop_orders_total[5m])\\n```"])'),
)
