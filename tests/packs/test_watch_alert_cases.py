"""When each alert of the watch pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import AT_1, OVER_1_FOR_8M, SHOP, WITHIN_1, buckets, stack_of

from vedette.packs import watch
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(watch)


def deliveries(outcome: str, values: str) -> dict[str, str]:
    """Webhooks with this outcome."""
    return {f'vedette_deliveries_total{{channel="webhook",outcome="{outcome}"}}': values}


def judged(under: dict[str, str]) -> dict[str, str]:
    """Rounds of rules by how long they took."""
    return buckets("vedette_rule_evaluation_duration_seconds", "", under, under["+Inf"])


CASES = [
    alert_case(
        "VedetteDeliveriesFailing",
        "one was refused",
        deliveries("failed", "0x20 1x120"),
        at("7m", "fires", {**SHOP, "channel": "webhook"}),
        at("25m", "resolved"),
    ),
    alert_case("VedetteDeliveriesFailing", "all arrive", deliveries("delivered", "0+1x120"), at("10m", "silent")),
    alert_case(
        "VedetteDeliveriesFailing", "none was refused of late", deliveries("failed", "3x80"), at("10m", "silent")
    ),
    alert_case(
        "VedetteDeliveriesWaiting",
        "21 wait, and then none",
        {"vedette_deliveries_waiting": "21x40 0x40"},
        at("4m45s", "pending"),
        at("5m", "fires", SHOP),
        at("15m", "resolved"),
    ),
    alert_case("VedetteDeliveriesWaiting", "exactly 20", {"vedette_deliveries_waiting": "20x80"}, at("10m", "silent")),
    alert_case(
        "VedetteRulesFailing",
        "one fails, and then none",
        {'vedette_rules{health="err"}': "1x40 0x40"},
        at("4m45s", "pending"),
        at("5m", "fires", SHOP),
        at("15m", "resolved"),
    ),
    alert_case(
        "VedetteRulesFailing",
        "none fails",
        {'vedette_rules{health="err"}': "0x80", 'vedette_rules{health="ok"}': "30x80"},
        at("10m", "silent"),
    ),
    alert_case(
        "VedetteEvaluationSlow",
        "a tenth takes 1 to 2.5 s, and then none",
        judged(OVER_1_FOR_8M | {"1": "0+90x60 5500+100x59"}),
        at("10m", "pending"),
        at("10m15s", "fires", SHOP),
        at("25m", "resolved"),
    ),
    alert_case("VedetteEvaluationSlow", "all take 0.5 to 1 s", judged(WITHIN_1), at("18m", "silent")),
    alert_case("VedetteEvaluationSlow", "95 % within a second", judged(AT_1), at("18m", "silent")),
    alert_case(
        "VedetteCheckErrors",
        "one error, and then none",
        {'vedette_check_findings{level="error"}': "1x20 0x40"},
        at("45s", "pending"),
        at("1m", "fires", SHOP),
        at("12m", "resolved"),
    ),
    alert_case(
        "VedetteCheckErrors",
        "no error, but warnings",
        {'vedette_check_findings{level="error"}': "0x80", 'vedette_check_findings{level="warning"}': "7x80"},
        at("5m", "silent"),
    ),
]
