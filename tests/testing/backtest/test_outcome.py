"""What is counted: firings, flaps, durations, and how they fit what really was wrong."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from vedette.errors import ConfigError
from vedette.formats import rules
from vedette.promql.labels import labels
from vedette.testing.backtest import Candidate, Episode, History
from vedette.testing.backtest.incidents import Incident, load_incidents, moment
from vedette.testing.backtest.outcome import outcome
from vedette.testing.backtest.picture import timeline_svg
from vedette.testing.backtest.plain import plain
from vedette.testing.backtest.timeline import axis, line

MINUTE = 60_000
RULES = """
groups:
  - name: g
    rules:
      - {alert: High, expr: x > 1, labels: {severity: high}}
      - {alert: Quiet, expr: x > 2, labels: {severity: low}}
"""


def episode(active: int, fired: int | None, ended: int | None, **of: str) -> Episode:
    """Times in minutes."""
    times = (None if at is None else at * MINUTE for at in (active, fired, ended))
    return Episode(labels({"alertname": "High", "severity": "high", **of}), *times)  # type: ignore[arg-type]


def history(*episodes: Episode, end: int = 1000) -> History:
    return History(
        candidate=Candidate("now", rules.read(RULES, "r").groups), start=0, end=end * MINUTE, episodes=episodes,
        problems=(), samples=9, series=1,
    )  # fmt: skip


def test_firings_are_counted_and_timed():
    found = outcome(history(episode(0, 5, 15), episode(20, None, 22), episode(100, 100, 130), episode(990, 990, None)))
    high, quiet = found.alerts
    assert (high.firings, high.only_pending, high.firing_time, high.longest) == (3, 1, 50 * MINUTE, 30 * MINUTE)
    assert high.to_resolve == 20 * MINUTE  # the one that has not ended does not count
    assert (quiet.name, quiet.firings, quiet.to_resolve, quiet.pages_a_week) == ("Quiet", 0, None, None)
    assert found.firings == 3


def test_only_the_time_of_the_backtest_is_counted():
    before = outcome(history(episode(-500, -400, 20))).alerts[0]
    assert (before.firings, before.firing_time, before.longest) == (1, 20 * MINUTE, 20 * MINUTE)
    assert before.to_resolve == 420 * MINUTE


def test_a_firing_soon_after_the_end_of_the_one_before_flaps():
    soon = outcome(history(episode(0, 0, 10), episode(40, 40, 50), episode(81, 81, 90)))
    assert soon.alerts[0].flaps == 1
    others = outcome(history(episode(0, 0, 10, job="a"), episode(20, 20, 30, job="b")))
    assert others.alerts[0].flaps == 0


def test_precision_recall_and_delay():
    incidents = [
        Incident("seen", 95 * MINUTE, 200 * MINUTE),
        Incident("missed", 500 * MINUTE, 600 * MINUTE),
        Incident("elsewhere", 0, 20 * MINUTE, {"job": "other"}),
        Incident("long gone", -90 * MINUTE, -80 * MINUTE),
    ]
    found = outcome(history(episode(0, 5, 15), episode(100, 102, 130), episode(150, 150, 160)), None, incidents)
    hits = found.hits
    assert hits is not None
    assert (hits.right, hits.wrong, hits.noticed, hits.missed) == (2, 1, 1, ("missed", "elsewhere"))
    assert hits.precision == pytest.approx(2 / 3)
    assert hits.recall == pytest.approx(1 / 3)
    assert hits.delay == 7 * MINUTE


def test_an_alert_is_held_only_to_the_incidents_that_may_be_its_own():
    incidents = [
        Incident("its own", 0, MINUTE, {"alertname": "High"}),
        Incident("another's", 0, MINUTE, {"alertname": "Quiet"}),
    ]
    high, quiet = outcome(history(), None, incidents).alerts
    assert high.hits is not None
    assert quiet.hits is not None
    assert (high.hits.missed, quiet.hits.missed) == (("its own",), ("another's",))


def test_without_firings_or_incidents_there_is_no_ratio():
    hits = outcome(history(), None, [Incident("late", 10**12, 10**12)]).hits
    assert hits is not None
    assert (hits.precision, hits.recall, hits.delay) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "start,end,name,job\n2026-01-01T00:00:00Z,2026-01-01T01:00:00+00:00,cache,shop\n"),
        ("a.json", '[{"start": "2026-01-01", "end": 1767229200, "name": "cache", "labels": {"job": "shop"}}]'),
        ("a.yaml", "- {start: 2026-01-01T00:00:00Z, end: '2026-01-01T02:00:00+01:00', name: cache, job: shop}\n"),
    ],
)
def test_incidents_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    start = moment("2026-01-01")
    assert load_incidents(tmp_path / name) == (Incident("cache", start, start + 3_600_000, {"job": "shop"}),)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "from,to\n", "there is no column 'start'"),
        ("a.csv", "start,end,name\nsoon,later,x\n", "incident 1 has start='soon'; write 2026-01-31T12:00:00Z"),
        ("a.json", "{", "not JSON"),
        ("a.json", "{}", "expected a list of objects"),
        ("a.yml", "- {start: 5, end: 4, name: x}", "incident 1 ends before it starts: 5 to 4"),
        ("a.yml", "- {start: 1, end: 4, name: x, labels: y}", "has labels='y'"),
    ],
)
def test_what_is_no_incident_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_incidents(tmp_path / name)


def test_the_line_shows_what_was_pending_and_firing():
    episodes = [episode(0, 10, 14), episode(40, None, 45), episode(60, 60, 100)]
    assert line(episodes, 0, 100 * MINUTE, 10) == "░▌··░·████"
    assert line([episode(0, 0, None)], 0, 100 * MINUTE, 5) == "█████"
    assert line([episode(50, 50, 50)], 0, 100 * MINUTE, 10)[5] == "▌"


def test_the_axis_is_as_wide_as_the_line():
    for width in (20, 41, 100):
        assert len(axis(0, 10**10, width)) == width


def test_json_says_all_of_it_and_the_picture_is_xml():
    found = outcome(history(episode(0, 5, 15, odd='<&">'), episode(90, 90, None)))
    told = json.loads(json.dumps(plain(found)))
    assert [one["over"] for one in told["alerts"][0]["episodes"]] == ["1970-01-01T00:15:00Z", None]
    picture = ET.fromstring(timeline_svg([found], [Incident("<x>", 0, 10**7)]))
    kinds = [one.get("class") for one in picture.iter("{http://www.w3.org/2000/svg}rect")]
    assert kinds.count("firing") == 2
    assert kinds.count("pending") == 1
    assert kinds.count("incident") == 1
