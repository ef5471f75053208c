"""A part of a runbook was never written: a heading with nothing below it, or a TODO that was left.

It looks like a runbook in every list, and helps nobody when it counts. A heading that is not there is more honest: then
the build says itself that nobody has written that part yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.runbooks._texts import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_LEFT: Final = re.compile(r"\b(?:TODO|FIXME|TBD|XXX)\b|\b[Ll]orem ipsum\b")


def find(facts: Facts) -> Iterator[Finding]:
    """Empty headings, and marks of what is still to do."""
    for one in written(facts):
        for heading in one.parts.headings:
            if heading.empty:
                yield CHECK.finding(
                    one.at(heading.line),
                    one.subject,
                    f"nothing stands below {heading.text!r}",
                    "write that part, or remove its heading",
                )
        for piece in one.parts.words:
            found = _LEFT.search(piece.text)
            if found is not None:
                yield CHECK.finding(
                    one.at(piece.line, found.start() + 1),
                    one.subject,
                    f"{found[0]!r} is left in its text",
                    "write what is missing, or remove the line",
                )


CHECK = Check(
    code="empty-runbook",
    about="runbooks",
    level="warning",
    find=find,
    bad=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Runbook, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack("shop", title="Shop", metrics=[orders], alerts=[
    Alert(
        "NoOrders",
        "sum by (job) (rate(shop_orders_total[30m])) == 0",
        severity="high",
        summary="No order in {{ $labels.job }} for half an hour",
        runbook=Runbook(impact="TODO"),  # <-
    ),
])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
    ),
    good=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Runbook, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack("shop", title="Shop", metrics=[orders], alerts=[
    Alert(
        "NoOrders",
        "sum by (job) (rate(shop_orders_total[30m])) == 0",
        severity="high",
        summary="No order in {{ $labels.job }} for half an hour",
        runbook=Runbook(impact="Nobody can buy."),
    ),
])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
    ),
)
