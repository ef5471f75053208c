"""A preview shows every dashboard over made-up data: a day, noise, and one incident."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from examples.shop.observability import stack as shop_stack
from tests.testing.preview import every_pack
from tests.testing.preview.shown import HOUR, has_data, shows

from vedette import Gauge
from vedette.catalog import Environment, Pack, Panel, Query, Service, Stack
from vedette.promql.evaluate import query_range
from vedette.server.app import application
from vedette.testing.preview import NOTICE, Preview

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOMENT = 1_763_000_000_000
MINUTE = 60_000
URL = "http://127.0.0.1:7374"

EMPTY = {
    ("kafka", "Lag where nothing is consumed"): "in the preview everything is consumed",
    ("kubernetes", "Containers that wait"): "none waits at the end",
    ("kubernetes", "Pods by name"): "all run at the end",
    ("logs", "Exceptions that are new today"): "all are as old as the preview",
    ("home", "Alerts"): "of a service of which no alert fires",
}
"""(Dashboard, panel) that show nothing, and why that is right."""


def made(stack: Stack, folder: Path, moment: int = MOMENT) -> Preview:
    return Preview(stack, stack.environment(), folder, moment=moment, url=URL)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    preview = made(every_pack.stack, tmp_path_factory.mktemp("every"))
    yield preview
    preview.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    preview = made(shop_stack, tmp_path_factory.mktemp("shop"))
    yield preview
    preview.close()


def panels(preview: Preview) -> Iterator[tuple[str, dict[str, Any]]]:
    for uid, raw in preview.watch.built.dashboards.items():
        for panel in json.loads(raw)["panels"]:
            if panel.get("targets"):
                yield uid.partition("-")[2], panel


def firing(preview: Preview, start: int, end: int) -> dict[str, list[int]]:
    """Alert → the minutes before the moment at which it fired."""
    query = 'count by (alertname) (ALERTS{alertstate="firing"})'
    found = query_range(query, preview.watch.head, MOMENT + start, MOMENT + end, MINUTE)
    return {
        dict(labels)["alertname"]: [(MOMENT - int(at)) // MINUTE for at in found.steps[present]]
        for labels, present in zip(found.labels, found.present, strict=True)
        if present.any()
    }


def test_every_panel_of_every_pack_shows_data(every: Preview) -> None:
    """A pack's panel without any has a query that cannot match, or wants what `levels` or `words` do not give."""
    shown = [(board, panel) for board, panel in panels(every)]
    assert len(shown) > 250
    empty = {(board, panel["title"]) for board, panel in shown if not shows(every.watch.head, panel, MOMENT)}
    assert empty - set(EMPTY) == set()


def test_every_recording_rule_records_something(every: Preview) -> None:
    recorded = {rule.record for file in every.watch.built.rules for group in file.groups for rule in group.rules
                if hasattr(rule, "record")}  # fmt: skip
    names = set(every.watch.head.label_values("__name__"))
    assert len(recorded) > 50
    assert recorded - names == set()


def test_no_rule_fails_on_what_is_made_up(every: Preview) -> None:
    assert set(every.watch.rules.health()) == {"ok"}


def test_a_constant_is_no_data(shop: Preview) -> None:
    head = shop.watch.head
    assert has_data(head, "sum(http_server_active_requests)", MOMENT)
    assert not has_data(head, "vector(0)", MOMENT)
    assert not has_data(head, "sum(nobody_declares_this) or vector(0)", MOMENT)
    assert not has_data(head, "1", MOMENT, "stat")


def test_the_incident_fires_alerts_and_is_over_at_the_end(shop: Preview) -> None:
    during = firing(shop, -40 * MINUTE, 0)
    assert {"HttpErrorRateHigh", "HttpLatencyHigh", "DatabasePoolExhausted"} <= set(during)
    assert firing(shop, -6 * HOUR, -45 * MINUTE) == {}
    assert firing(shop, -5 * MINUTE, 0) == {}


def test_who_would_be_told_is_shown_and_nobody_is(shop: Preview) -> None:
    """The shop's receivers are an SMTP server and a web hook that do not run here: nothing waits for them."""
    entries = shop.watch.alerting.deliveries(limit=100)
    assert {entry.channel for entry in entries} == {"email", "webhook"}
    assert {entry.state for entry in entries} == {"delivered"}


def test_a_day_has_its_hours(shop: Preview) -> None:
    query = "sum(rate(http_server_request_duration_seconds_count[5m]))"
    found = query_range(query, shop.watch.head, MOMENT - 6 * HOUR, MOMENT - HOUR, 10 * MINUTE)
    first, last = found.values[0][0], found.values[0][-1]
    assert 0.4 * last < first < 0.95 * last


def test_the_same_stack_at_the_same_moment_looks_the_same(shop: Preview, tmp_path: Path) -> None:
    again = made(shop_stack, tmp_path)
    query = "sum by (http_route) (rate(http_server_request_duration_seconds_count[5m]))"
    one, other = (query_range(query, one.watch.head, MOMENT - HOUR, MOMENT, MINUTE) for one in (shop, again))
    assert one.labels == other.labels
    np.testing.assert_array_equal(one.values, other.values)
    again.close()


def test_time_goes_on_and_counters_with_it(tmp_path: Path) -> None:
    preview = made(shop_stack, tmp_path)
    later = MOMENT + 25 * MINUTE
    for now in range(MOMENT, later + 1, 30_000):
        preview.step(now)
    found = query_range("http_server_request_duration_seconds_count", preview.watch.head, MOMENT - HOUR, later, MINUTE)
    assert found.present.all()
    assert (np.diff(found.values, axis=1) >= 0).all()
    recorded = query_range("job:http_server_requests:rate5m", preview.watch.head, later - MINUTE, later, MINUTE)
    assert recorded.present.all()
    assert [target.health for target in preview.watch.collector.targets()] == ["up"]
    preview.close()


async def test_every_page_says_that_the_data_is_made_up(shop: Preview) -> None:
    transport = httpx.ASGITransport(application(shop.watch, lambda: MOMENT, lambda: None, notice=NOTICE))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        overview = (await client.get("/api/vedette/overview")).json()
        metadata = (await client.get("/api/v1/metadata")).json()["data"]
    assert "Made-up data" in overview["notice"]
    assert overview["targets"] == {"up": 1, "total": 1}
    assert metadata["shop_orders_total"][0]["type"] == "counter"


def test_a_stack_of_ones_own_is_shown_by_what_it_declares(tmp_path: Path) -> None:
    """Labels with values, without, and a metric that an exporter nobody knows would tell; ranges are production's."""
    ovens = Gauge("preview_oven_celsius", help="Heat of an oven.", labels={"oven": ["left", "right"], "shift": None})
    pack = Pack(
        "ovens",
        metrics=[ovens],
        panels=[
            Panel("Heat", [Query("max by (job, oven) (preview_oven_celsius)", "{{oven}}")], description="Heat."),
            Panel(
                "Night", [Query('max by (job) (preview_oven_celsius{shift=~"(late|deep)[.]night"})')], description="N."
            ),
        ],
    )
    fast = Environment("local", scrape_interval="1s", scrape_timeout="1s", time_scale=0.1)
    stack = Stack(services=[Service("bakery", ["localhost:1"], packs=[pack])], environments=[fast])
    preview = made(stack, tmp_path)
    own = [panel for board, panel in panels(preview) if board == "ovens"]
    assert [shows(preview.watch.head, panel, MOMENT) for panel in own] == [True, True]
    assert set(preview.watch.head.label_values("oven")) == {"left", "right"}
    preview.close()
