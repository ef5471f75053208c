"""How often anomaly() and exhausts() are wrong, how much they notice and when: measured by our own backtest."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from tests.testing.backtest import levels, traffic
from tests.testing.backtest.memory import Memory

from vedette.catalog import anomaly, exhausts
from vedette.duration import milliseconds
from vedette.formats.rules import AlertingRule, RecordingRule, RuleGroup
from vedette.testing.backtest import Candidate, backtest

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "detect-anomalies-and-exhaustion.md"
SEEDS = (1, 2)
_LONGEST = 12 * 3_600_000
"""Milliseconds before it is full: what fires earlier is wrong."""
_OVER = 2 * 3_600_000
"""Milliseconds after it was full in which it may still fire."""


@dataclass
class Count:
    """What one alert did in one scenario, over all seeds."""

    wrong: int = 0
    noticed: int = 0
    events: int = 0
    times: list[float] = field(default_factory=list)
    """Minutes after the start of an event, or hours before the end of the room."""
    weeks: float = 0

    @property
    def wrong_a_week(self) -> float:
        return self.wrong / self.weeks

    def cells(self, unit: str) -> str:
        seen = f"{self.noticed} of {self.events}" if self.events else "-"
        when = f"{statistics.median(self.times):.3g} {unit}" if self.times else "-"
        return f"{self.wrong_a_week:.1f} | {seen} | {when}"


def _rules(*found: RecordingRule | AlertingRule) -> tuple[RuleGroup, ...]:
    return (RuleGroup(name="measured", rules=found),)


@cache
def anomalies() -> tuple[dict[tuple[str, str], Count], dict[str, str]]:
    pack = anomaly("job:orders:rate5m")
    (band,) = pack.alerts
    static = "job:orders:rate5m > on (job) most or job:orders:rate5m < on (job) least"
    groups = _rules(
        *(RecordingRule(record=one.name, expr=one.expr) for one in pack.recordings),
        *(
            AlertingRule(alert=name, expr=expr, for_=milliseconds(band.for_), keep_firing_for=milliseconds("30m"))
            for name, expr in (("band", band.expr), ("static", static))
        ),
    )
    found: dict[tuple[str, str], Count] = {}
    told: dict[str, str] = {}
    for seed in SEEDS:
        scenarios = traffic.scenarios(seed)
        (history,) = backtest(
            Memory(traffic.batch(scenarios)), [Candidate("measured", groups)],
            start=traffic.COUNTED, end=traffic.END, step=traffic.STEP, warm=traffic.COUNTED,
        )  # fmt: skip
        assert not history.problems
        for scenario in scenarios:
            told[scenario.name] = scenario.told
            for name in ("band", "static"):
                count = found.setdefault((scenario.name, name), Count())
                count.weeks += 5
                fired = [
                    one
                    for one in history.episodes
                    if one.alert == name and ("job", scenario.name) in one.labels and one.fired_at is not None
                ]
                count.wrong += sum(not any(event.noticed(one) for event in scenario.incidents) for one in fired)
                for event in scenario.incidents:
                    count.events += 1
                    hits = [one.fired_at for one in fired if one.fired_at is not None and event.noticed(one)]
                    count.noticed += bool(hits)
                    count.times += [max(0, min(hits) - event.start) / 60_000] if hits else []
    return found, told


@cache
def exhaustions() -> tuple[dict[tuple[str, str], Count], dict[str, str]]:
    alert = exhausts("disk_used", "disk_size", within="4h", name="Ours")
    groups = _rules(
        AlertingRule(alert="guarded", expr=alert.expr, for_=milliseconds(alert.for_)),
        AlertingRule(alert="line", expr="predict_linear(disk_used[1h], 4 * 3600) > disk_size", for_=900_000),
        AlertingRule(alert="static", expr="disk_used > 85", for_=900_000),
    )
    found: dict[tuple[str, str], Count] = {}
    told: dict[str, str] = {}
    for seed in SEEDS:
        every = levels.levels(seed)
        (history,) = backtest(
            Memory(levels.batch(every)), [Candidate("measured", groups)], start=0, end=levels.END, warm=0
        )
        for one in every:
            told[one.name] = one.told
            full_at = [minute * levels.STEP for minute in one.full]
            for name in ("guarded", "line", "static"):
                count = found.setdefault((one.name, name), Count())
                count.weeks += levels.DAYS / 7
                fired = [
                    episode.fired_at
                    for episode in history.episodes
                    if episode.alert == name and ("job", one.name) in episode.labels and episode.fired_at is not None
                ]
                leads = {full: [full - at for at in fired if 0 <= full - at < _LONGEST] for full in full_at}
                count.wrong += sum(not any(-_OVER <= full - at < _LONGEST for full in full_at) for at in fired)
                count.events += len(full_at)
                count.noticed += sum(bool(lead) for lead in leads.values())
                count.times += [max(lead) / 3_600_000 for lead in leads.values() if lead]
    return found, told


QUIET = ("quiet", "noisy", "growing", "clocks", "feast", "outage-before", "small", "new", "idle")


@pytest.mark.parametrize("name", QUIET)
def test_what_is_as_every_week_is_not_an_anomaly(name):
    assert anomalies()[0][name, "band"].wrong_a_week <= 0.1


@pytest.mark.parametrize(("name", "least"), [("outages", 1.0), ("spikes", 0.95), ("dips", 0.5), ("step", 1.0)])
def test_what_is_not_as_every_week_is_noticed_soon(name, least):
    count = anomalies()[0][name, "band"]
    assert count.noticed >= least * count.events
    assert statistics.median(count.times) <= 20
    assert count.wrong_a_week <= 0.2


def test_a_static_threshold_notices_less_and_cries_wolf_at_growth():
    found, _ = anomalies()
    for name in ("outages", "dips", "spikes"):
        assert found[name, "static"].noticed < found[name, "band"].noticed
    assert found["growing", "static"].wrong_a_week > 1


@pytest.mark.parametrize("name", ["steady", "daily", "rotated", "collected", "wanders"])
def test_what_does_not_fill_up_does_not_exhaust(name):
    assert exhaustions()[0][name, "guarded"].wrong_a_week <= 0.3


def test_short_bursts_exhaust_less_often_than_a_line_says():
    found, _ = exhaustions()
    assert found["bursts", "guarded"].wrong <= 0.3 * found["bursts", "line"].wrong
    assert found["rotated", "guarded"].wrong <= 0.05 * found["rotated", "line"].wrong


@pytest.mark.parametrize(("name", "hours"), [("fills", 3), ("fills-fast", 1.5)])
def test_what_fills_up_is_noticed_while_there_is_time(name, hours):
    count = exhaustions()[0][name, "guarded"]
    assert count.noticed == count.events
    assert statistics.median(count.times) >= hours


def tables() -> str:
    """Both tables, as the page has them."""
    found, told = anomalies()
    lines = [
        "| five weeks of | band: wrong/week | noticed | after | static: wrong/week | noticed | after |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {text} | {found[name, 'band'].cells('min')} | {found[name, 'static'].cells('min')} |"
            for name, text in told.items()
        ),
        "",
    ]
    found, told = exhaustions()
    lines += [
        "| four weeks of | exhausts: wrong/week | noticed | before | line alone: wrong/week | noticed | before |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {text} | {found[name, 'guarded'].cells('h')} | {found[name, 'line'].cells('h')} |"
            for name, text in told.items()
        ),
    ]
    return "\n".join(lines)


def test_the_page_shows_what_is_measured():
    page = PAGE.read_text("utf-8")
    for line in tables().split("\n"):
        assert line in page, f"docs/how-to/{PAGE.name} is not what is measured; it should be:\n{tables()}"
