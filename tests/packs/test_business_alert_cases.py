"""When each alert of the business pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import business
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(business(silent_for="10m", drop_for="10m", compared_to="3h"))


ORDERED = 'event="order_placed"'
OF = 'object="task",operation="create"'


def ordered(values: str) -> dict[str, str]:
    """Orders placed."""
    return {f"business_events_total{{{ORDERED}}}": values}


def earned(values: str) -> dict[str, str]:
    """What they were worth."""
    return {'business_value_total{name="orders",value_unit="euros"}': values}


def created(success: str, failure: str) -> dict[str, str]:
    """Tasks created, or not."""
    return {
        f'business_operations_total{{{OF},outcome="success"}}': success,
        f'business_operations_total{{{OF},outcome="failure"}}': failure,
    }


def recommended(made: str, accepted: str) -> dict[str, str]:
    """Recommendations, and those of them that were accepted."""
    return {
        'business_recommendations_total{kind="product",outcome="made"}': made,
        'business_recommendations_total{kind="product",outcome="accepted"}': accepted,
    }


CASES = [
    alert_case(
        "BusinessEventStopped",
        "orders end, where there were some three hours ago, and begin again",
        ordered("0+6x270 1620x60 1626+6x60"),
        at("4h50m", "pending"),
        at("4h58m", "fires", {**SHOP, "event": "order_placed", "severity": "high"}, count=1),
        at("5h36m", "resolved"),
        interval="1m",
    ),
    alert_case("BusinessEventStopped", "orders go on", ordered("0+6x330"), at("5h20m", "silent"), interval="1m"),
    alert_case(
        "BusinessEventStopped",
        "there were hardly any at this hour either",
        ordered("0x90 1x239"),
        at("5h20m", "silent"),
        interval="1m",
    ),
    alert_case(
        "BusinessEventStopped",
        "one in two minutes, and then none",
        ordered("0+0.5x270 136x60"),
        at("5h", "fires"),
        interval="1m",
    ),
    alert_case(
        "BusinessEventStopped",
        "one in four minutes, and then none",
        ordered("0+0.25x270 69x60"),
        at("5h", "silent"),
        interval="1m",
    ),
    alert_case(
        "BusinessValueDrop",
        "a tenth of what it was three hours ago, and then as much",
        earned("0+100x270 27010+10x60 27700+100x160"),
        at("5h18m", "pending"),
        at("5h30m", "fires", {**SHOP, "name": "orders", "value_unit": "euros", "severity": "high"}, count=1),
        at("7h", "resolved"),
        interval="1m",
    ),
    alert_case("BusinessValueDrop", "as much as ever", earned("0+100x330"), at("5h20m", "silent"), interval="1m"),
    alert_case(
        "BusinessValueDrop", "half of it", earned("0+100x270 27050+50x90"), at("5h50m", "silent"), interval="1m"
    ),
    alert_case(
        "BusinessValueDrop", "a fifth of it", earned("0+100x270 27020+20x90"), at("5h55m", "fires"), interval="1m"
    ),
    alert_case(
        "BusinessValueDrop",
        "exactly three tenths of it",
        earned("0+60x300 18018+18x90"),
        at("6h20m", "silent"),
        interval="1m",
    ),
    alert_case("BusinessValueDrop", "nothing, then and now", earned("0x330"), at("5h20m", "silent"), interval="1m"),
    alert_case(
        "BusinessOperationFailing",
        "a tenth fails, and then none",
        created("0+9x60 540+10x60", "0+1x60 60x60"),
        at("5m", "pending"),
        at("8m", "fires", {**SHOP, "object": "task", "operation": "create", "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "BusinessOperationFailing",
        "exactly one of 20 fails",
        created("0+57x60", "0+3x60"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case("BusinessOperationFailing", "none fails", created("0+10x60", "0x60"), at("14m", "silent")),
    alert_case(
        "BusinessOperationFailing", "half of few", created("0+0.2x60", "0+0.2x60"), at("50m", "fires"), interval="1m"
    ),
    alert_case(
        "BusinessOperationFailing", "all of very few", created("0x60", "0+0.2x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case(
        "RecommendationsIgnored",
        "one of 50 is accepted, and then half of them",
        recommended("0+50x120 6050+50x120", "0+1x120 145+25x120"),
        at("59m", "pending"),
        at("1h10m", "fires", {**SHOP, "kind": "product", "severity": "low"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case("RecommendationsIgnored", "one of 20", recommended("0+13500x300", "0+675x300"), at("1h14m", "silent")),
    alert_case(
        "RecommendationsIgnored",
        "half of them",
        recommended("0+50x120", "0+25x120"),
        at("1h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "RecommendationsIgnored",
        "three of 100",
        recommended("0+100x120", "0+3x120"),
        at("1h50m", "fires"),
        interval="1m",
    ),
]
