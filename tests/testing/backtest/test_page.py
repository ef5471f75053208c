"""The page of a backtest: what stands on it, what is escaped, and what is left out."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from vedette.formats import alertmanager, rules
from vedette.promql.labels import labels
from vedette.testing.backtest import Candidate, Episode, History
from vedette.testing.backtest.change import changed, parse_change, parse_sweep, swept
from vedette.testing.backtest.incidents import Incident
from vedette.testing.backtest.outcome import outcome
from vedette.testing.backtest.page import page, sweep_page

MINUTE = 60_000
DAY = 1440
RULES = """
groups:
  - name: g
    rules:
      - {alert: High, expr: 'x{a!="<b>"} > 1', for: 5m, labels: {severity: high}}
      - {alert: Quiet, expr: x > 2, labels: {severity: low}}
      - {alert: Odd, expr: x > 3, labels: {severity: page}}
"""
ROUTES = "{route: {receiver: team}, receivers: [{name: team}]}"


class Reader(HTMLParser):
    """Sees that every element is closed, that nothing is fetched and that nothing is a script."""

    VOID = frozenset({"meta"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag not in {"script", "link", "img", "iframe"}
        assert not {name for name, _ in attrs if name in {"src", "href"} or name.startswith("on")}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def episode(alert: str, active: int, fired: int | None, ended: int | None, **of: str) -> Episode:
    """Times in minutes."""
    times = (None if at is None else at * MINUTE for at in (active, fired, ended))
    return Episode(labels({"alertname": alert, "severity": "high", **of}), *times)  # type: ignore[arg-type]


def found(*episodes: Episode, days: int = 3, incidents=(), routed: bool = True, change: str = "", problems=()):
    candidate = Candidate("the rules", rules.read(RULES, "r").groups)
    if change:
        candidate = changed(candidate, [parse_change(change)])
    history = History(
        candidate=candidate, start=0, end=days * DAY * MINUTE, episodes=episodes, problems=problems, samples=9, series=1
    )
    return outcome(history, alertmanager.read(ROUTES, "a") if routed else None, incidents)


def read(*outcomes, incidents=()) -> str:
    return Reader(page(outcomes, incidents)).text


def test_names_labels_and_rules_are_escaped():
    incident = Incident("<script>alert(1)</script>", 0, 10 * MINUTE)
    made = page([found(episode("High", 0, 5, 15, odd='<&">'), incidents=[incident])], [incident])
    assert "<script" not in made
    assert "x{a!=&quot;&lt;b" not in made  # quotes need none within text
    text = Reader(made).text
    assert 'odd=<&">' in text
    assert 'x{a!="<b>"} > 1' in text
    assert "<script>alert(1)</script> 10m" in text


def test_the_figures_are_those_of_the_terminal():
    incidents = [Incident("bad release", 10 * MINUTE, 40 * MINUTE), Incident("other", 2000 * MINUTE, 2010 * MINUTE)]
    text = read(
        found(episode("High", 10, 15, 40), episode("High", 90, 95, 97), incidents=incidents), incidents=incidents
    )
    assert "Firings 2 of 1 of 3 alerts" in text
    assert "Precision 50 % 1 of 2 firings right" in text
    assert "Recall 50 % 1 of 2 incidents noticed" in text
    assert "Noticed after 5m" in text
    assert "1 bad release 30m noticed after 5m by High" in text
    assert "2 other 10m missed" in text
    assert "Silent: Quiet, Odd" in text


def test_a_firing_is_listed_with_its_incident():
    incidents = [Incident("bad release", 10 * MINUTE, 40 * MINUTE)]
    text = read(
        found(episode("High", 10, 15, 40), episode("High", 90, 95, None), incidents=incidents), incidents=incidents
    )
    assert "1970-01-01 00:15 25m severity=high bad release" in text
    assert "1970-01-01 01:35 still fires severity=high none" in text


def test_of_many_firings_the_first_fifty_are_listed():
    text = read(found(*(episode("High", at, at, at + 1) for at in range(0, 600, 10))))
    assert text.count("severity=high") == 50
    assert "and 10 more" in text


def test_a_change_stands_beside_what_is():
    before = found(episode("High", 10, 15, 40), episode("High", 90, 95, 97), episode("Odd", 5, 5, 9))
    after = found(episode("High", 10, 25, 40), episode("Odd", 5, 5, 9), change="High.for=15m")
    text = read(before, after)
    assert "Backtest of a change to the rules High.for=15m" in text
    assert "Firings 3 → 2" in text
    assert "What is changed alert before after High for 5m 15m" in text
    assert "The same before and after: Odd" in text
    assert "Silent: Quiet" in text
    made = page([before, after])
    assert made.count('class="track"') == 2
    assert made.count('class="bar before"') == made.count('class="bar after"') == 3


def test_an_alert_that_one_of_them_has_not_is_said_not_to_be_there():
    before, after = found(episode("High", 10, 15, 40)), found(episode("High", 10, 15, 40))
    after = type(after)(**{name: getattr(after, name) for name in after.__slots__} | {"alerts": after.alerts[1:]})
    text = read(before, after)
    assert "after not there" in text
    assert "High the alert" in text


def test_every_value_of_a_sweep_is_shown_and_where_the_present_one_stands():
    candidate = Candidate("the rules", rules.read(RULES, "r").groups)
    incidents = [Incident("bad release", 10 * MINUTE, 40 * MINUTE)]
    sweep = parse_sweep("High.for=3m..7m:3")
    outcomes = []
    for at, (_, one) in enumerate(swept(candidate, sweep)):
        fired = episode("High", 10, 13 + 2 * at if at < 2 else None, 40)
        history = History(candidate=one, start=0, end=DAY * MINUTE, episodes=(fired,), problems=(), samples=9, series=1)
        outcomes.append(outcome(history, alertmanager.read(ROUTES, "a"), incidents))
    made = sweep_page(sweep, outcomes, incidents, candidate)
    text = Reader(made).text
    for name in ("Firings", "Pages a week", "Precision", "Recall", "Noticed after"):
        assert f"{name} " in text
    assert made.count('class="track"') == 3
    assert re.findall(r'<line class="now" x1="([\d.]+)"', made) == [f"{(48 + 404) / 2:.1f}"] * 5
    assert "noticed after 3m to 5m" in text
    assert "missed at 7m" in text


@pytest.mark.parametrize(("days", "bars", "by"), [(1, 24, "hour"), (3, 3, "day"), (24, 24, "day"), (25, 4, "week")])
def test_pages_are_counted_by_what_makes_few_bars(days, bars, by):
    made = page([found(episode("High", 10, 15, 40), days=days)])
    assert f"Pages by {by}" in made
    assert made.count('class="bar"') == bars


def test_without_routes_there_are_no_pages():
    text = read(found(episode("High", 10, 15, 40), routed=False))
    assert "Pages" not in text
    assert "pages/week" not in text


def test_nothing_to_show_is_said():
    assert "Nothing was pending or firing." in read(found())


def test_what_went_wrong_is_told():
    assert "What went wrong High: no such function" in read(found(problems=("High: no such function",)))


def test_a_foreign_severity_has_the_colour_of_none():
    made = unescape(page([found(episode("Odd", 5, 5, 9))]))
    assert 'class="other"' in made
