"""An hour of the demo under a simulated clock: the shop's real handlers, the built rules, the real routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from examples.shop.simulated import SimulatedShop

from vedette.promql.evaluate import instant
from vedette.promql.labels import get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SimulatedShop]:
    with SimulatedShop(tmp_path) as shop:
        yield shop


def firing(shop: SimulatedShop) -> set[str]:
    return {get(alert.labels, "alertname") for alert in shop.watch.rules.alerts() if alert.state == "firing"}


def told(shop: SimulatedShop, channel: str) -> list[tuple[int, str]]:
    return [(sent.at // 60_000, sent.subject) for sent in shop.sent if sent.channel == channel]


def test_an_hour_with_errors_and_an_outage_is_judged_and_told_from_cause_to_end(shop: SimulatedShop) -> None:
    shop.run(15)
    assert firing(shop) == set()
    assert shop.sent == []
    shop.run(15, "errors")
    assert {"HttpErrorRateCritical", "HttpErrorRateHigh"} <= firing(shop)
    shop.run(15)
    assert not {"HttpErrorRateCritical", "HttpErrorRateHigh"} & firing(shop)
    shop.run(5, "down")
    assert "ServiceDown" in firing(shop)
    shop.run(10)
    assert "ServiceDown" not in firing(shop)

    hooks = told(shop, "webhook")
    for alert, first, last in (("HttpErrorRateCritical", 16, 20), ("ServiceDown", 46, 48)):
        begun = [at for at, subject in hooks if subject == f"[FIRING] {alert}"]
        ended = [at for at, subject in hooks if subject == f"[RESOLVED] {alert}"]
        assert first <= begun[0] <= last, "told within minutes of the cause"
        assert len(ended) == 1, "told once that it is over"
        assert ended[0] > begun[0]
    assert len(told(shop, "email")) == len([hook for hook in hooks if "CacheHitRatioLow" not in hook[1]])


def test_slow_answers_and_leaked_connections_each_fire_their_own_alert(shop: SimulatedShop) -> None:
    shop.run(10)
    shop.run(15, "latency")
    assert "HttpLatencyHigh" in firing(shop)
    shop.run(15)
    assert "HttpLatencyHigh" not in firing(shop)
    shop.run(15, "pool")
    assert {"DatabaseConnectionTimeouts", "DatabasePoolNearExhaustion"} <= firing(shop)
    shop.run(15)
    assert not {"DatabaseConnectionTimeouts", "DatabasePoolNearExhaustion"} & firing(shop)


def test_what_the_shop_counted_is_what_the_engine_has(shop: SimulatedShop) -> None:
    shop.run(30)
    counted = instant("sum(http_server_request_duration_seconds_count)", shop.watch.head, shop.now).values
    answers = sum(shop.answers.values())
    assert 0.9 * answers <= counted[0] <= answers
