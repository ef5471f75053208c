"""A quantile is computed from buckets that have lost the label `le`, and so finds nothing.

`le` says where a bucket ends. `sum by (job) (rate(x_bucket[5m]))` adds all buckets up to one number, from which no
quantile can be told: `histogram_quantile` yields nothing, and the alert on it never fires.

Keep `le`: `sum by (job, le) (…)`.
https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown
from vedette.promql.ast import Aggregate, Call, VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_PLACES: Final = {"histogram_quantile": 1, "histogram_fraction": 2, "histogram_quantiles": 0}


def find(facts: Facts) -> Iterator[Finding]:
    """Every quantile of buckets without bounds."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Call) or node.func not in _PLACES:
                continue
            arg = node.args[_PLACES[node.func]]
            if not _of_buckets(query, arg):
                continue
            dropped = [branch.labels.get("le") for branch in query.flow.of(arg)]
            if any(label.state != "never" for label in dropped):
                continue
            why = dropped[0].why
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{node.func} needs the label le, which {shown(query, arg)} has not"
                f"{f': {why.text}' if why is not None else ''}; so it yields nothing",
                _fix(query, arg),
            )


def _of_buckets(query: Query, arg: Expr) -> bool:
    selectors = [node for node in walk(arg) if isinstance(node, VectorSelector)]
    return bool(selectors) and all(
        query.flow.of(node)[0].type == "bucket" or metric_name(node).endswith("_bucket") for node in selectors
    )


def _fix(query: Query, arg: Expr) -> str:
    for node in walk(arg):
        if isinstance(node, Aggregate) and any(one.labels.get("le").state == "never" for one in query.flow.of(node)):
            if node.without:
                return "take le out of without (…)"
            return f"write {node.op} by ({', '.join(dict.fromkeys((*node.grouping, 'le')))}) (…)"
    return "keep le"


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: OrdersSlow
        expr: histogram_quantile(0.95, sum by ({}) (rate(shop_order_duration_seconds_bucket[5m]))) > 1{}
"""

CHECK = Check(
    code="quantile-without-le",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("job", "  # <-")),
    good=Example("rules.yml", _FILE.format("job, le", "")),
)
