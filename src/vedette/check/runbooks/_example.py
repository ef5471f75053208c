"""The stack that the checks of runbooks show: one alert, and a runbook in its declaration."""

from __future__ import annotations

from typing import Final

from vedette.check.check import Example

__all__ = ["stack_with"]

_STACK: Final = """\
from vedette import Alert, Counter, Pack, Runbook, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
shop = Pack("shop", title="Shop", metrics=[orders], alerts=[
    Alert(
        "NoOrders",
        "sum by (job) (rate(shop_orders_total[30m])) == 0",
        severity="high",
        summary="No order in {{ $labels.job }} for half an hour",
        runbook=RUNBOOK,
    ),
])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
"""


def stack_with(runbook: str, *, found: bool = False) -> Example:
    """The stack with this expression for its runbook; ``found`` where the check points at it."""
    return Example("observability.py", _STACK.replace("RUNBOOK,", f"{runbook}," + "  # <-" * found))
