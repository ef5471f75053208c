"""A query asks for a metric that nobody declares, so it never finds anything.

To Prometheus a misspelt name is no error: it is a metric without series. The alert stays silent for ever and the panel
is empty, which looks like a quiet day. It comes to be by a slip of the pen, by a rename that missed a place, and by
asking for a histogram without ``_bucket``, ``_sum`` or ``_count``.

It is found where all metrics are known: in a stack, whose packs declare them, or with a live server, which has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog.names import closest
from vedette.check.check import Check, Example
from vedette.promql.flow.unknown import missing_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_SUFFIXES: Final = ("_bucket", "_sum", "_count", "_total")


def find(facts: Facts) -> Iterator[Finding]:
    """Names in queries that are not known, where all that there are would be."""
    if not facts.complete:
        return
    for query in facts.queries:
        for missing in missing_metrics(query.tree, facts.known):
            yield CHECK.finding(
                query.text.locate(missing.offset),
                query.owner,
                f"no series is named {missing.name!r}: "
                + ("the server has none" if facts.live else "no pack of the stack declares it and no rule records it"),
                _fix(missing.name, facts),
                certain=not facts.live,
                level="warning" if facts.live else "error",
            )


def _fix(name: str, facts: Facts) -> str:
    exposed = [name + suffix for suffix in _SUFFIXES if name + suffix in facts.series]
    if exposed:
        return f"write {' or '.join(exposed)}: that is what it is exposed as"
    near = closest(name, facts.series)
    declare = "declare it in metrics=[…] of the pack, and what others expose with Metric.foreign"
    if facts.live:
        return f"write {near}" if near else "correct the name, or scrape what exposes it"
    return f"write {near}, or {declare}" if near else declare


CHECK = Check(
    code="unknown-metric",
    about="queries",
    level="error",
    find=find,
    declared_only=True,
    bad=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    alerts=[
        Alert(
            "NoOrders",
            "sum by (job) (rate(shop_order_total[30m])) == 0",  # <-
            for_="30m",
            severity="high",
            summary="No order for half an hour",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
""",
    ),
    good=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    alerts=[
        Alert(
            "NoOrders",
            "sum by (job) (rate(shop_orders_total[30m])) == 0",
            for_="30m",
            severity="high",
            summary="No order for half an hour",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
""",
    ),
)
