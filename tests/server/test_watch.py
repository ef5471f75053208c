"""Engine and alerting composed over built files, under a simulated clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.bakery import START, Bakery, built, simulation

from vedette.alerting.delivery import Delivered, Retry
from vedette.alerting.outbox import StorageError
from vedette.errors import ConfigError
from vedette.promql.evaluate import instant
from vedette.promql.labels import get
from vedette.server.watch import Built

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.server.watch import Watch

MINUTE = 60_000


def states(watch: Watch) -> dict[str, str]:
    return {get(alert.labels, "alertname"): alert.state for alert in watch.rules.alerts()}


def test_a_cause_becomes_pending_then_firing_then_told_then_resolved_and_told_again(tmp_path: Path) -> None:
    bakery = Bakery()
    watch, clock = simulation(tmp_path, bakery)
    clock.run(START + 5 * MINUTE)
    assert "OvenCold" not in states(watch)
    bakery.celsius = 20
    clock.run(START + 5 * MINUTE + 40_000)
    assert states(watch)["OvenCold"] == "pending"
    clock.run(START + 7 * MINUTE)
    assert states(watch)["OvenCold"] == "firing"
    told = [(delivery.channel, delivery.payload) for _, delivery in bakery.sent]
    assert sorted(channel for channel, _ in told) == ["email", "webhook"]
    bodies = [json.loads(payload.body) for channel, payload in told if channel == "webhook"]
    assert bodies[0]["status"] == "firing"
    assert bodies[0]["alerts"][0]["annotations"]["summary"] == "The oven of bakery has only 20 °C"
    bakery.celsius = 220
    clock.run(START + 10 * MINUTE)
    assert "OvenCold" not in states(watch)
    last = [json.loads(d.payload.body) for _, d in bakery.sent if d.channel == "webhook"][-1]
    assert last["status"] == "resolved"


def test_an_unreachable_target_is_down_and_its_alert_fires_while_everything_else_goes_on(tmp_path: Path) -> None:
    bakery = Bakery()
    watch, clock = simulation(tmp_path, bakery)
    clock.run(START + MINUTE)
    bakery.up = False
    clock.run(START + 6 * MINUTE)
    assert [target.health for target in watch.collector.targets()] == ["down"]
    assert watch.collector.targets()[0].last_error == "connection refused"
    assert states(watch)["ServiceDown"] == "firing"
    assert instant("up", watch.head, clock.now).values.tolist() == [0]
    assert instant("bakery_oven_celsius", watch.head, clock.now).values.tolist() == []


def test_a_notification_that_cannot_be_delivered_is_tried_again_until_it_can(tmp_path: Path) -> None:
    bakery = Bakery(celsius=20, answer=Retry("503 from the sink", None))
    watch, clock = simulation(tmp_path, bakery)
    clock.run(START + 5 * MINUTE)
    assert watch.alerting.counts()["waiting"] == 2
    tried = len(bakery.sent)
    assert tried > 4
    bakery.answer = Delivered()
    clock.run(START + 7 * MINUTE)
    assert watch.alerting.counts() == {"waiting": 0, "delivered": 2, "failed": 0}


def test_alerts_survive_a_restart_between_cause_and_delivery(tmp_path: Path) -> None:
    bakery = Bakery(celsius=20, answer=Retry("sink is down", None))
    watch, clock = simulation(tmp_path, bakery)
    clock.run(START + 4 * MINUTE)
    watch.close()
    later = START + 5 * MINUTE
    bakery.answer = Delivered()
    bakery.sent.clear()
    again, clock = simulation(tmp_path, bakery, later)
    clock.run(later + 2 * MINUTE)
    assert sorted(delivery.channel for _, delivery in bakery.sent) == ["email", "webhook"]
    assert again.alerting.counts()["delivered"] == 2


def test_alerts_that_cannot_be_stored_are_kept_until_they_can_and_the_watch_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery = Bakery(celsius=20)
    watch, clock = simulation(tmp_path, bakery)

    def full(*_: object) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(watch.alerting, "receive", full)
        clock.run(START + 3 * MINUTE)
    assert states(watch)["OvenCold"] == "firing"
    assert bakery.sent == []
    clock.run(START + 3 * MINUTE + 20_000)
    assert sorted(delivery.channel for _, delivery in bakery.sent) == ["email", "webhook"]


def test_the_same_hour_twice_gives_the_same_notifications_at_the_same_times(tmp_path: Path) -> None:
    def hour(folder: Path) -> list[tuple[int, str]]:
        bakery = Bakery()
        _, clock = simulation(folder, bakery)
        clock.run(START + 20 * MINUTE)
        bakery.celsius = 20
        clock.run(START + 40 * MINUTE)
        bakery.celsius = 220
        clock.run(START + 60 * MINUTE)
        return [(at, delivery.payload.body or delivery.payload.subject) for at, delivery in bakery.sent]

    first = hour(tmp_path / "same")
    assert len(first) >= 4
    assert first == hour(tmp_path / "elsewhere")


def test_a_folder_without_a_build_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"prometheus\.yml: no such file; `vedette build"):
        Built.read(tmp_path)


def test_a_description_that_is_no_text_is_named(tmp_path: Path) -> None:
    built(tmp_path)
    (tmp_path / "vedette.json").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"vedette\.json: not UTF-8 text"):
        Built.read(tmp_path)


def test_a_dashboard_that_is_none_is_named(tmp_path: Path) -> None:
    built(tmp_path)
    (tmp_path / "grafana" / "dashboards" / "mine.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"mine\.json: not a dashboard"):
        Built.read(tmp_path)
