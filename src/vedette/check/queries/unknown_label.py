"""A query asks for a label that no series there has: a filter that finds nothing, or a group without its name.

``{chanel="web"}`` on a metric whose label is ``channel`` finds nothing; ``sum by (chanel)`` puts everything into one
group that has no such label. Prometheus accepts both. It comes to be by a misspelt name, by a label that was renamed
in the code, and by asking for what an inner aggregation has dropped already.

In a stack the metrics declare their labels. In other files only what the query itself has dropped is certain:
``sum by (instance) (sum by (job) (x))``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog.names import closest
from vedette.check.check import Check, Example
from vedette.promql.flow.unknown import missing_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.flow.unknown import Missing

__all__ = ["CHECK", "find"]

_ASKS: Final = {
    "matcher": "asks for the label",
    "by": "groups by the label",
    "without": "drops the label",
    "on": "matches on the label",
    "ignoring": "ignores the label",
}


def find(facts: Facts) -> Iterator[Finding]:
    """Labels in matchers, groupings and joins that cannot be there; ``group_left`` has a check of its own."""
    for query in facts.queries:
        for missing in missing_labels(query.flow, query.text.value):
            if missing.what == "group" or not (missing.certain or facts.complete):
                continue
            sure = facts.kind == "declared" and missing.certain
            yield CHECK.finding(
                query.text.locate(missing.offset),
                query.owner,
                _message(missing),
                _fix(missing),
                certain=missing.certain,
                level="error" if sure and missing.what in ("matcher", "by", "on") else "warning",
            )


def _message(missing: Missing) -> str:
    asks = f"{_ASKS[missing.what]} {missing.name!r}"
    if missing.what == "matcher":
        return f"the query {asks}, which {missing.of} does not have; it has {_list(missing.there)}"
    why = f": {missing.why}" if missing.why else f"; there are {_list(missing.there)}"
    return f"the query {asks}, which no series has at that point{why}"


def _fix(missing: Missing) -> str:
    near = closest(missing.name, missing.there)
    if near:
        return f"write {near}"
    if missing.why and missing.what in ("by", "on"):
        return f"keep {missing.name} in the inner aggregation, or take it out here"
    if missing.what == "matcher":
        return f"take {missing.name} out, or declare it in labels= of the metric"
    return f"take {missing.name} out"


def _list(labels: frozenset[str]) -> str:
    return ", ".join(sorted(labels)) or "none"


_STACK: Final = """\
from vedette import Counter, Pack, Panel, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.", labels={{"channel": ["web", "app"]}})
shop = Pack(
    "shop",
    metrics=[orders],
    panels=[
        Panel(
            "Orders",
            "sum by (job, {}) (rate(shop_orders_total[5m]))",{}
            unit="events/s",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="unknown-label",
    about="queries",
    level="error",
    find=find,
    bad=Example("observability.py", _STACK.format("chanel", "  # <-")),
    good=Example("observability.py", _STACK.format("channel", "")),
)
