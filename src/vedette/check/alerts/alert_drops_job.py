"""An alert that watches several services has no label ``job``, so it cannot say which of them it is about.

Packs are written once and used by many services; ``job`` is the service. The labels ``service`` and ``team`` of the
alert are made from it: without it they are empty, the alert goes to nobody in particular, and its link opens nothing.
It comes to be when an alert is written while there is one service only, and by ``absent(…)``, which knows no ``job``.

https://prometheus.io/docs/practices/rules/#aggregation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts of a stack that take their service from ``job`` and cannot have it."""
    if facts.kind != "declared":
        return
    for alert in facts.alerts:
        if not _by_job(alert):
            continue
        flow = alert.query.flow.branches
        branches = [branch for branch in flow if branch.empty is None] or flow
        lacking = [branch for branch in branches if branch.labels.get("job").state == "never"]
        if not lacking:
            continue
        why = lacking[0].labels.get("job").why
        part = "" if len(lacking) == len(branches) else " on one side of its `or`"
        yield CHECK.finding(
            alert.query.text.locate(why.span.start if why is not None else 0),
            alert.subject,
            f"the query drops the label 'job'{part}, so the alert cannot say which of the services it is about"
            f"{f': {why.text}' if why is not None else ''}",
            "aggregate by (job, …); for what is gone altogether, compare `up` or count by job instead of absent(…)",
            level="warning" if part else "error",
        )


def _by_job(alert: Alert) -> bool:
    """Whether build fills a label from ``job``, as it does where several services use the pack."""
    return any("$labels.job" in alert.labels[name].value for name in ("service", "team") if name in alert.labels)


_STACK: Final = """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    alerts=[
        Alert(
            "NoOrders",
            "sum{} (rate(shop_orders_total[30m])) == 0",{}
            for_="30m",
            severity="high",
            summary="No order for half an hour",
        ),
    ],
)
stack = Stack(
    name="shops",
    services=[Service("shop", ["localhost:8000"], [shop]), Service("outlet", ["localhost:8001"], [shop])],
)
"""

CHECK = Check(
    code="alert-drops-job",
    about="alerts",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("", "  # <-")),
    good=Example("observability.py", _STACK.format(" by (job)", "")),
)
