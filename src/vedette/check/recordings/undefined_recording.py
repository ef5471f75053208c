"""A query asks for a recorded series that no rule makes.

Names with colons are those of recording rules. Where no rule of that name is among the files, the rule was renamed or
removed, or is in a file that was not given: an alert on it never fires, a panel shows no data.

Reported only where recording rules are given together with what uses them.
https://prometheus.io/docs/practices/naming/#metric-names
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.reading import nodes
from vedette.promql.ast import VectorSelector
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every name with a colon that nothing records."""
    recorded = {recording.name for recording in facts.recordings}
    if not recorded or facts.complete:
        return  # where all is known, a name that is not is another check's
    for query in facts.queries:
        told: set[str] = set()
        for node, _ in nodes(query):
            name = metric_name(node) if isinstance(node, VectorSelector) else ""
            if ":" not in name or name in recorded or name in facts.series or name in told:
                continue
            told.add(name)
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{name} has the name of a recorded series, and no rule here records it{nearest(name, recorded)}",
                "correct the name, add the rule, or give the file it is in",
                certain=False,
            )


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m]))
      - alert: NoOrders
        expr: job:shop_orders:{} == 0{}
        for: 10m
"""

CHECK = Check(
    code="undefined-recording",
    about="recordings",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("rate1m", "  # <-")),
    good=Example("rules.yml", _FILE.format("rate5m", "")),
)
