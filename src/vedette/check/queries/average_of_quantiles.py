"""Percentiles are averaged or added up, which gives no percentile of anything.

The mean of the 95th percentiles of ten instances is not the 95th percentile of all requests: an instance that serves
one request counts as much as one that serves a million, and the slow requests of a single one vanish. It can be
wrong in either direction by any factor.

Add up the buckets first, `histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))`. A summary computes its
quantiles in the process, where they cannot be combined any more: `max` tells at least the worst.
https://prometheus.io/docs/practices/histograms/#quantiles
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import bare, nodes, shown
from vedette.promql.ast import Aggregate, Binary, Call, Expr, MatrixSelector, Unary, VectorSelector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_WORDS: Final = {"sum": "sum", "avg": "mean"}


def find(facts: Facts) -> Iterator[Finding]:
    """Every sum or mean over quantiles."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Aggregate) or node.op not in _WORDS:
                continue
            found = _quantiles(query, node.expr)
            if found is None:
                continue
            what, computed = found
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"the {_WORDS[node.op]} of the quantiles {shown(query, what)} is no quantile of anything: a series "
                "with few observations counts as much as one with many",
                "add up the buckets before histogram_quantile: sum by (le, …) (rate(…_bucket[5m]))"
                if computed
                else "take the max of them, or record a histogram, whose buckets can be added up",
                certain=computed or query.flow.of(what)[0].certain,
            )


def _quantiles(query: Query, node: Expr) -> tuple[Expr, bool] | None:
    """The quantiles whose values pass through as they are, and whether a query computes them."""
    node = bare(node)
    match node:
        case Call() if node.func == "histogram_quantile":
            return node, True
        case Call() if node.func in ("round", "ceil", "floor", "label_replace", "label_join"):
            return _quantiles(query, node.args[0])
        case Call() if node.func in ("avg_over_time", "last_over_time") and isinstance(node.args[0], MatrixSelector):
            return _quantiles(query, node.args[0].selector)
        case Unary():
            return _quantiles(query, node.expr)
        case Binary() if node.matching is None and node.op in ("*", "/"):
            return _quantiles(query, node.lhs) or _quantiles(query, node.rhs)
        case VectorSelector() if _of_summary(query, node):
            return node, False
        case _:
            return None


def _of_summary(query: Query, node: VectorSelector) -> bool:
    asked = any(one.name == "quantile" and one.op in ("=", "=~") and one.value for one in node.matchers)
    return asked or query.flow.of(node)[0].type == "quantile"


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_order_duration_seconds:p95
        expr: {}{}
"""

CHECK = Check(
    code="average-of-quantiles",
    about="queries",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        _FILE.format("avg by (job) (histogram_quantile(0.95, rate(shop_order_duration_seconds_bucket[5m])))", "  # <-"),
    ),
    good=Example(
        "rules.yml",
        _FILE.format("histogram_quantile(0.95, sum by (job, le) (rate(shop_order_duration_seconds_bucket[5m])))", ""),
    ),
)
