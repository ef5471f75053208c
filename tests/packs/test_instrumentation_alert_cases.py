"""When each alert of the instrumentation pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import instrumentation
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(instrumentation)


def failures(values: str) -> dict[str, str]:
    """How often a part could not be measured."""
    return {'vedette_instrumentation_failures_total{part="measuring a redis command"}': values}


CASES = [
    alert_case(
        "InstrumentationFailing",
        "a part fails for a quarter of an hour, and then works again",
        failures("0+1x60 60x60"),
        at("10m", "pending"),
        at("10m15s", "fires", {**SHOP, "part": "measuring a redis command", "severity": "low"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case("InstrumentationFailing", "it failed long ago", failures("7x120"), at("20m", "silent")),
    alert_case("InstrumentationFailing", "it failed once", failures("0x8 1x112"), at("15m", "silent")),
]
