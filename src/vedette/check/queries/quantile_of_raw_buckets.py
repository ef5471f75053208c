"""A quantile is computed from buckets as they stand, which hold everything since the process began.

Buckets are counters. Without `rate` a slow hour last week weighs as much as the last five minutes, a process that has
run for long hardly moves its percentiles any more, and one that restarts forgets them.

Take the rate first: `histogram_quantile(0.95, sum by (job, le) (rate(x_bucket[5m])))`.
https://prometheus.io/docs/practices/histograms/#quantiles
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown
from vedette.promql.ast import Call, MatrixSelector, Subquery, VectorSelector
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every quantile of buckets without a range."""
    for query in facts.queries:
        for node, around in nodes(query):
            if not isinstance(node, VectorSelector):
                continue
            quantile = next((one for one in around if isinstance(one, Call) and one.func == "histogram_quantile"), None)
            if quantile is None or any(isinstance(one, MatrixSelector | Subquery) for one in around):
                continue
            if not _buckets(query, node):
                continue
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{shown(query, node)} holds what was measured since the process began, and so does the quantile",
                "take the rate of the buckets first: rate(…[5m])",
                certain=query.flow.of(node)[0].certain,
            )


def _buckets(query: Query, node: VectorSelector) -> bool:
    name = metric_name(node)
    branch = query.flow.of(node)[0]
    if branch.type == "histogram" and branch.certain:
        return ":" not in name
    return branch.type in ("bucket", "unknown") and name.endswith("_bucket") and ":" not in name


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: OrdersSlow
        expr: histogram_quantile(0.95, sum by (job, le) ({})) > 1{}
"""

CHECK = Check(
    code="quantile-of-raw-buckets",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("shop_order_duration_seconds_bucket", "  # <-")),
    good=Example("rules.yml", _FILE.format("rate(shop_order_duration_seconds_bucket[5m])", "")),
)
