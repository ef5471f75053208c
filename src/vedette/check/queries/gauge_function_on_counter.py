"""A query treats a counter as a gauge: a restart of the process, which sets it to zero, spoils the result.

`delta`, `deriv`, `predict_linear` and the averages over time look at the value as it stands. A counter falls to zero
when its process restarts, and then `delta` is far below zero and a trend points down, though nothing of the kind
has happened. The mean of a counter says only how long the process has run.

`increase` and `rate` know of restarts. https://prometheus.io/docs/prometheus/latest/querying/functions/#delta
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.reading import bare, nodes, shown, source, whence
from vedette.promql.ast import Call, MatrixSelector, Subquery, VectorSelector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_INSTEAD: Final = {
    "delta": "increase", "idelta": "irate", "deriv": "rate", "predict_linear": "rate", "avg_over_time": "rate",
    "sum_over_time": "increase", "quantile_over_time": "rate", "stddev_over_time": "rate", "stdvar_over_time": "rate",
    "mad_over_time": "rate", "double_exponential_smoothing": "rate",
}  # fmt: skip
_SAME_MEANING: Final = frozenset({"delta", "deriv"})
"""Where the other function says what this one would say if nothing restarted."""


def find(facts: Facts) -> Iterator[Finding]:
    """Every function for gauges over a range of a counter."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Call) or node.func not in _INSTEAD:
                continue
            selector = next((found for arg in node.args if (found := _selector(arg)) is not None), None)
            if selector is None:
                continue
            branch = query.flow.of(selector)[0]
            if branch.type not in ("counter", "bucket"):
                continue
            other = _INSTEAD[node.func]
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{node.func} is for gauges, and {shown(query, selector)} is a counter{whence(branch)}; when a process "
                "restarts it falls to zero, and the result falls with it",
                f"use {other}()",
                certain=branch.certain,
                edit=_edit(query, node, other) if branch.certain else None,
            )


def _selector(arg: Expr) -> VectorSelector | None:
    if isinstance(arg, MatrixSelector):
        return arg.selector
    if isinstance(arg, Subquery) and isinstance(inner := bare(arg.expr), VectorSelector):
        return inner
    return None


def _edit(query: Query, node: Call, other: str) -> Edit | None:
    if node.func in _SAME_MEANING and source(query, node).startswith(node.func):
        return Edit(query.at(node), node.func, other)
    return None


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ManyErrors
        expr: {}(shop_errors_total[10m]) > 5{}
"""

CHECK = Check(
    code="gauge-function-on-counter",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("delta", "  # <-")),
    good=Example("rules.yml", _FILE.format("increase", "")),
)
