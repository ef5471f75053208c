"""A rule of a pack records series without the label ``job``, so nobody can tell whose they are.

Packs are written once and used by many services; ``job`` is the service. ``sum(rate(orders_total[5m]))`` adds up the
orders of all of them under one name, and every dashboard and alert that asks for one service gets nothing.
It comes to be when a rule is written while there is one service only.

https://prometheus.io/docs/practices/rules/#naming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Recording rules of a stack some of whose series cannot have ``job``."""
    if facts.kind != "declared":
        return
    for rule in facts.recordings:
        if "job" in rule.labels:
            continue
        flow = rule.query.flow.branches
        branches = [branch for branch in flow if branch.empty is None] or flow
        lacking = [branch for branch in branches if branch.labels.get("job").state == "never"]
        if not lacking:
            continue
        why = lacking[0].labels.get("job").why
        part = "" if len(lacking) == len(branches) else " on one side of its `or`"
        yield CHECK.finding(
            rule.query.text.locate(why.span.start if why is not None else 0),
            f"recording rule {rule.name}",
            f"the rule drops the label 'job'{part}, so nobody can tell whose its series are"
            f"{f': {why.text}' if why is not None else ''}",
            "aggregate by (job, …)",
            level="warning" if part else "error",
        )


_STACK: Final = """\
from vedette import Counter, Pack, Recording, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    recordings=[
        Recording(
            "job:shop_orders:rate5m",
            "sum{} (rate(shop_orders_total[5m]))",{}
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="drops-job",
    about="recordings",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("", "  # <-")),
    good=Example("observability.py", _STACK.format(" by (job)", "")),
)
