"""A function is used that Prometheus has only behind a feature flag.

Without `--enable-feature=promql-experimental-functions` a Prometheus refuses the whole rule file, at its start or at
the next reload, when it goes on with the old rules. What is experimental can change its name or meaning.

https://prometheus.io/docs/prometheus/latest/feature_flags/#experimental-promql-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes
from vedette.promql.ast import Aggregate, Call
from vedette.promql.functions import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_AGGREGATIONS: Final = frozenset({"limitk", "limit_ratio"})
_INSTEAD: Final = {
    "double_exponential_smoothing": "predict_linear()", "limitk": "topk", "sort_by_label": "sort()",
    "sort_by_label_desc": "sort_desc()", "info": "* on (…) group_left (…) with the info metric",
}  # fmt: skip


def find(facts: Facts) -> Iterator[Finding]:
    """Every call of an experimental function."""
    for query in facts.queries:
        for node, _ in nodes(query):
            name = _experimental(node)
            if name:
                instead = f", or do without: {_INSTEAD[name]}" if name in _INSTEAD else ""
                yield CHECK.finding(
                    query.at(node),
                    query.owner,
                    f"{name} is experimental: a Prometheus that does not allow such functions refuses the query",
                    f"start Prometheus with --enable-feature=promql-experimental-functions{instead}",
                )


def _experimental(node: Expr) -> str:
    if isinstance(node, Call) and SIGNATURES[node.func].experimental:
        return node.func
    return node.op if isinstance(node, Aggregate) and node.op in _AGGREGATIONS else ""


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: QueueErratic
        expr: {}(shop_queue_depth[1h]) > 50{}
"""

CHECK = Check(
    code="experimental-function",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("mad_over_time", "  # <-")),
    good=Example("rules.yml", _FILE.format("stddev_over_time", "")),
)
