"""A quantile is asked for that is not between 0 and 1.

`histogram_quantile(95, …)` asks for the 9500th percentile. Prometheus answers with infinity, always, so that an alert
above a limit fires for everything and one below it never.

The 95th percentile is 0.95. https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.reading import nodes, source
from vedette.promql.ast import Aggregate, Call
from vedette.promql.flow.calls import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every quantile outside of 0 to 1."""
    for query in facts.queries:
        for node, _ in nodes(query):
            for asked in _asked(node):
                value = number(asked)
                if value is None or 0 <= value <= 1:
                    continue
                name = node.func if isinstance(node, Call) else "quantile"
                percent = 1 < value <= 100
                endless = "+Inf" if value > 1 else "-Inf" if value < 0 else "NaN"
                yield CHECK.finding(
                    query.at(asked),
                    query.owner,
                    f"{name} takes a quantile from 0 to 1; for {value:g} the answer is always {endless}",
                    f"write {value / 100:g} for {value:g} %" if percent else "write a number from 0 to 1",
                    edit=_edit(query, asked, value) if percent else None,
                )


def _asked(node: Expr) -> tuple[Expr, ...]:
    """The arguments that are quantiles."""
    match node:
        case Call() if node.func in ("histogram_quantile", "quantile_over_time"):
            return node.args[:1]
        case Call() if node.func == "histogram_quantiles":
            return node.args[2:]
        case Aggregate() if node.op == "quantile" and node.param is not None:
            return (node.param,)
        case _:
            return ()


def _edit(query: Query, asked: Expr, value: float) -> Edit:
    return Edit(query.at(asked), source(query, asked), f"{value / 100:g}")


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: OrdersSlow
        expr: histogram_quantile({}, sum by (job, le) (rate(shop_order_duration_seconds_bucket[5m]))) > 1{}
"""

CHECK = Check(
    code="quantile-out-of-range",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("95", "  # <-")),
    good=Example("rules.yml", _FILE.format("0.95", "")),
)
