"""A metric is declared, and none of the running processes exposes it.

Everything that is built on it stays silent: the alert never fires, the panel is empty. It comes to be when the code
that should touch the metric is never reached, when a library is not instrumented whose pack is used, when what runs is
older than the declaration, and when the service is not scraped at all.

What is down is left out. A metric whose label values are not declared may only be waiting for something to happen:
that is a note. Declare the values, and it is there from the start.

https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._exposed import looked_at, some, used_there
from vedette.check.metrics._uses import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.metrics._exposed import Looked
    from vedette.check.metrics._uses import Use

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Services that nobody scrapes, packs of which nothing is there, and single metrics of the user's own."""
    for looked in looked_at(facts):
        if not looked.scraped:
            yield _unscraped(looked)
    absent: dict[tuple[str, str], list[Use]] = {}
    present: set[tuple[str, str]] = set()
    for use, there in used_there(facts):
        has = any(looked.has(use) for looked in there)
        if is_own(use.metric):
            if not has:
                yield _metric(use, there)
            continue
        for looked in there:
            key = (looked.service.name, use.pack.name)
            if has:
                present.add(key)
            else:
                absent.setdefault(key, []).append(use)
    for looked in looked_at(facts):
        for (service, pack), missing in absent.items():
            if service == looked.service.name:
                yield _pack(looked, pack, missing, all_of_it=(service, pack) not in present)


def _unscraped(looked: Looked) -> Finding:
    name = looked.service.name
    return CHECK.finding(
        looked.service.place,
        f"service {name}",
        f"{looked.live.url} scrapes no target with the job {name!r}, so that it has nothing of the service",
        "load the prometheus.yml that is built, or give the address of the server that scrapes it",
    )


def _metric(use: Use, there: list[Looked]) -> Finding:
    metric = use.metric
    free = [name for name, values in metric.label_values.items() if values is None]
    waiting = bool(free) and not metric.exporter
    message = f"it is declared, and not exposed by {' nor by '.join(one.where for one in there)}"
    if waiting:
        message += f"; it may only be that nothing has happened yet, for {' and '.join(free)} may have any value"
    if metric.exporter:
        fix = f"see whether this {metric.exporter} has it, and under which name; else take it out"
    elif waiting:
        fix = f"list the values of {free[0]} in labels=: then it is there from the start; or see if the code is reached"
    else:
        fix = "see that the process that runs imports it and calls vedette.instrument(), and is not older than it"
    return CHECK.finding(metric.place, use.subject, message, fix, level="note" if waiting else None)


def _pack(looked: Looked, pack: str, missing: list[Use], *, all_of_it: bool) -> Finding:
    names = some([use.metric.name for use in missing])
    if all_of_it:
        message = f"nothing of the pack {pack} is exposed by {looked.where}: {names}"
        fix = f"instrument what the pack is about, or take {pack} out of packs=[…]"
    else:
        message = (
            f"a part of the pack {pack} is not exposed by {looked.where}: {names}; it may only be that nothing has "
            "happened yet"
        )
        fix = "see whether the service does what these count; if not, their alerts and panels stay empty"
    return CHECK.finding(
        looked.service.place, f"service {looked.service.name}", message, fix, level=None if all_of_it else "note"
    )


_STACK: Final = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
refunds = Counter("shop_refunds_total", help="Orders paid back.")
shop = Pack("shop", metrics=[orders, refunds])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""
_PAGE: Final = """\
# HELP shop_orders_total Orders placed.
# TYPE shop_orders_total counter
shop_orders_total 12
"""

CHECK = Check(
    code="not-exported",
    about="metrics",
    level="warning",
    find=find,
    declared_only=True,
    live_only=True,
    bad=Example(
        "observability.py",
        _STACK.replace('paid back.")', 'paid back.")  # <-'),
        beside=(Example("metrics.txt", _PAGE),),
    ),
    good=Example(
        "observability.py",
        _STACK,
        beside=(Example("metrics.txt", _PAGE + _PAGE.replace("orders", "refunds").replace("placed", "paid back")),),
    ),
)
