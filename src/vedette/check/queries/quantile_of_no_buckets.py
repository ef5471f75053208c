"""A quantile is computed from something that is no histogram.

`histogram_quantile` reads the buckets of a histogram, `x_bucket`. Of a gauge, of a counter, or of `x_sum` and
`x_count` it makes nothing at all, so that the alert on it never fires.

Ask for the buckets; for a quantile over many series of a gauge there is the aggregation `quantile(0.95, x)`.
https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown, whence
from vedette.promql.ast import Call, VectorSelector
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_OF_HISTOGRAM: Final = ("_sum", "_count")


def find(facts: Facts) -> Iterator[Finding]:
    """Every quantile of what has no buckets."""
    for query in facts.queries:
        for node, around in nodes(query):
            if not isinstance(node, VectorSelector):
                continue
            calls = [one for one in around if isinstance(one, Call) and one.func.startswith("histogram_")]
            if not calls or calls[-1].func != "histogram_quantile" or (told := _told(query, node)) is None:
                continue
            what, certain = told
            base = metric_name(node)
            for suffix in _OF_HISTOGRAM:
                base = base.removesuffix(suffix)
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"histogram_quantile reads the buckets of a histogram, and {shown(query, node)} {what}; so it yields "
                "nothing",
                f"ask for {base}_bucket" if base != metric_name(node) else "ask for a histogram's buckets, …_bucket",
                certain=certain,
                level="error" if certain else "warning",
            )


def _told(query: Query, node: VectorSelector) -> tuple[str, bool] | None:
    """What it is instead, and whether that is certain; None where it may have buckets."""
    branch = query.flow.of(node)[0]
    name = metric_name(node)
    suffix = next((one for one in _OF_HISTOGRAM if name.endswith(one)), "")
    if branch.certain and branch.type in ("gauge", "counter", "info", "stateset", "quantile"):
        if ":" in name or branch.labels.get("le").state == "always":
            return None
        kind = {"quantile": "summary"}.get(branch.type, branch.type)
        return f"is {'an' if kind == 'info' else 'a'} {kind}{whence(branch)}", True
    if suffix and ":" not in name:
        return f"is its {suffix.removeprefix('_')}, as its name says", False
    return None


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: OrdersSlow
        expr: histogram_quantile(0.95, sum by (job, le) (rate(shop_order_duration_seconds_{}[5m]))) > 1{}
"""

CHECK = Check(
    code="quantile-of-no-buckets",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("sum", "  # <-")),
    good=Example("rules.yml", _FILE.format("bucket", "")),
)
