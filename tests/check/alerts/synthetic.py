"""Series made for a query: whatever it selects is there, with every label it speaks of. And its answer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql import parse
from vedette.promql.ast import Aggregate, Binary, Expr, Paren, VectorSelector
from vedette.promql.evaluate import instant
from vedette.promql.flow.selectors import alternatives
from vedette.promql.labels import NAME, Labels, Matcher, labels
from vedette.promql.parser import COMPARISONS
from vedette.promql.results import Vector
from vedette.promql.source import Block
from vedette.promql.walk import rewrite, value_type, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NOW = 1_700_000_000_000
MINUTE = 60_000
DAYS = 8
TIMES = np.array(
    [*range(NOW - DAYS * 24 * 60 * MINUTE, NOW - 60 * MINUTE, MINUTE), *range(NOW - 60 * MINUTE, NOW + 1, MINUTE // 4)],
    dtype=np.int64,
)
"""Once a minute for days, and every 15 seconds in the last hour."""


class Made:
    """Two series for each selector, which rise by one a minute."""

    def __init__(self, tree: Expr, also: Iterable[str]) -> None:
        spoken = {"job", "instance", *also}
        for node in walk(tree):
            if isinstance(node, Aggregate) and not node.without:
                spoken.update(node.grouping)
            elif isinstance(node, Binary) and node.matching is not None:
                spoken.update(node.matching.labels, node.matching.include)
        selectors = [node for node in walk(tree) if isinstance(node, VectorSelector)]
        self.series = sorted({one for node in selectors for one in _series(node, spoken)})

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> list[Block]:
        found = [one for one in self.series if all(m.matches(dict(one).get(m.name, "")) for m in matchers)]
        times = TIMES[(start <= TIMES) & (end >= TIMES)]
        values = np.tile((times - TIMES[0]) / MINUTE, (len(found), 1))
        return [Block(found, times, values, np.ones(values.shape, dtype=bool))] if found and len(times) else []


def _series(node: VectorSelector, spoken: set[str]) -> Iterator[Labels]:
    for which in ("1", "2"):
        named = {NAME: node.name or "x"} | {name: f"{name}-{which}" for name in spoken}
        for matcher in node.matchers:
            own = [one for one in node.matchers if one.name == matcher.name]
            candidates = [named.get(matcher.name, ""), matcher.value, *(alternatives(matcher.value) or ()), *_TRIED]
            named[matcher.name] = next(
                (text for text in candidates if all(one.matches(text) for one in own)), matcher.value
            )
        yield labels({**named, "le": which} if node.name.endswith("_bucket") else named)


_TRIED = ("", "500", "200", "404", "x", "a-b", "xyz_x", "thanos-receive", "0.5", "1.5", "/x")


def answer(query: str, also: Iterable[str] = (), *, nothing: bool = False) -> list[Labels]:
    """The labels of what a query yields where its comparisons hold and its ``and`` is given.

    With ``nothing`` there is no series at all, as ``absent`` wants it.
    """
    tree = rewrite(parse(query), _unconditioned)
    made = Made(tree, also)
    if nothing:
        made.series = []
    result = instant(tree, made, NOW)
    return list(result.labels) if isinstance(result, Vector) else []


def _unconditioned(node: Expr) -> Expr:
    if not isinstance(node, Binary) or node.op not in (*COMPARISONS, "and", "unless"):
        return node
    return Paren(node.lhs if value_type(node.lhs) != "scalar" else node.rhs)
