"""An objective cannot have one of its alerts: all events would have to fail, and more.

The alert that pages within minutes asks for errors 14.4 times as fast as the budget allows. Of an objective of 90 %
that is 144 % of all events, which nobody will ever see, so there is no such alert. What is left tells later: an
objective of 90 % tells nobody of a complete outage for hours. Raise the objective, or have another alert for outages.

https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.slo.burn import burns
from vedette.check.check import Check, Example
from vedette.check.objectives._declared import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Each alert that an objective goes without."""
    for pack, slo in declared(facts.stack):
        found, left_out = burns(slo)
        for one in left_out:
            yield CHECK.finding(
                slo.place,
                f"objective {pack.name}/{slo.name}",
                f"there is no alert of severity {one.tier.severity}: {one.why}",
                "raise the objective or change its window"
                + ("" if found else "; as it is, nobody is told of anything"),
                level="note" if found else "warning",
            )


_STACK: Final = """\
from vedette import Counter, Events, Pack, Service, Slo, Stack

orders = Counter("shop_orders_total", help="Orders.", labels={{"result": ["done", "failed"]}})
placed = Slo("placed", Events(orders, errors='{{result="failed"}}'), objective={}){}
shop = Pack("shop", metrics=[orders], slos=[placed])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="objective-left-out",
    about="objectives",
    level="note",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format(90, "  # <-")),
    good=Example("observability.py", _STACK.format(99.9, "")),
)
