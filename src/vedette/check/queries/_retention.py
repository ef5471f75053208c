"""How far back each part of a query looks, against what the server keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from vedette.check.reading import nodes, source
from vedette.promql.ast import MatrixSelector, Subquery, VectorSelector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.promql.ast import Expr

__all__ = ["Reach", "example_answers", "reaches"]


class Reach(NamedTuple):
    """A selector of a query, in milliseconds."""

    query: Query
    node: Expr
    """The selector, with its range where it has one."""
    nearest: int
    """It looks at nothing younger."""
    farthest: int
    """It looks at nothing older."""


def reaches(facts: Facts) -> Iterator[Reach]:
    """Every selector, but for those whose range or offset is a variable, or that look at a fixed time."""
    for query in facts.queries:
        for node, around in nodes(query):
            if isinstance(node, VectorSelector):
                own = around[-1] if around and isinstance(around[-1], MatrixSelector) else node
                subqueries = [one for one in around if isinstance(one, Subquery)]
                parts = [own, *subqueries]
                if node.at is None and not any(one.at is not None or "$" in source(query, one) for one in subqueries):
                    if "$" in _behind(query, own):
                        continue
                    offsets = node.offset + sum(one.offset for one in subqueries)
                    ranges = sum(one.range for one in parts if isinstance(one, MatrixSelector | Subquery))
                    yield Reach(query, own, offsets, offsets + ranges)


def _behind(query: Query, node: Expr) -> str:
    """What stands behind the braces of a selector: its range and offset."""
    return source(query, node).rpartition("}")[2]


def example_answers(retention: str) -> str:
    """What a server answers that keeps its samples so long."""
    answers = {"label/__name__/values": ["shop_orders_total"], "status/runtimeinfo": {"storageRetention": retention}}
    return json.dumps(answers, indent=2)
