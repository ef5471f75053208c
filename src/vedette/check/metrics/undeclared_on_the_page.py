"""A service exposes metrics of which no pack says anything.

They cost as much as the others, and nobody knows what they mean, draws them or is told. Often one of them is the
very thing that an incident would have needed. They come to be when code is instrumented past the declaration, and when
a library brings its own. Only services with metrics of their own are looked at: an exporter has hundreds, of which a
pack takes a few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.guess import AUTOMATIC
from vedette.check.live.types import family_of
from vedette.check.metrics._exposed import looked_at, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.catalog import Service
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.live.server import Live

__all__ = ["CHECK", "find"]

_OF_OPENTELEMETRY: Final = frozenset({"target_info", "otel_scope_info"})
"""Which say who exposes, and measure nothing."""


def find(facts: Facts) -> Iterator[Finding]:
    """The families of each service that none of its packs declares, in one finding."""
    running = facts.server.rules if facts.server else None
    recorded = {recording.name for recording in facts.recordings} | {rule.name for rule in running or ()}
    for looked in looked_at(facts):
        declared = _declared(looked.service)
        asked = looked.live.page or looked.service.name in looked.live.exposed
        if not declared or not asked:
            continue
        others = looked.names - declared - recorded - AUTOMATIC.keys() - _OF_OPENTELEMETRY
        families = sorted({_family(name, looked.live) for name in others} - declared - {""})
        if families:
            what, it = ("a metric", "it") if len(families) == 1 else (f"{len(families)} metrics", "them")
            yield CHECK.finding(
                looked.service.place,
                f"service {looked.service.name}",
                f"{looked.live.url} has {what} of it that no pack declares: {some(families)}",
                f"declare {it} in a pack, use the pack that does, or expose {it} no more",
            )


def _family(name: str, live: Live) -> str:
    """What people call it: a counter with its ending, a histogram without; nothing for the time it was made at."""
    family = family_of(name, live.metadata)
    if name.endswith("_created") and family != name:
        return ""
    return name if name.endswith(("_total", "_info")) else family


def _declared(service: Service) -> set[str]:
    """Every name that the packs of a service account for; none where all are what others expose."""
    metrics = [metric for pack in service.pack_list() for metric in pack.metrics]
    if all(metric.exporter for metric in metrics):
        return set()
    return {name for metric in metrics for name in metric.description.taken}


_STACK: Final = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
{}shop = Pack("shop", metrics=[orders{}])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])]){}
"""
_PAGE: Final = Example(
    "metrics.txt",
    """\
# HELP shop_orders_total Orders placed.
# TYPE shop_orders_total counter
shop_orders_total 12
# HELP shop_refunds_total Orders paid back.
# TYPE shop_refunds_total counter
shop_refunds_total 1
""",
)

CHECK = Check(
    code="undeclared-on-the-page",
    about="metrics",
    level="note",
    find=find,
    declared_only=True,
    live_only=True,
    bad=Example("observability.py", _STACK.format("", "", "  # <-"), beside=(_PAGE,)),
    good=Example(
        "observability.py",
        _STACK.format('refunds = Counter("shop_refunds_total", help="Orders paid back.")\n', ", refunds", ""),
        beside=(_PAGE,),
    ),
)
