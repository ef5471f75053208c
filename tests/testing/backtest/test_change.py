"""Changes and sweeps: what they say, what they do to rules, and how wrong ones are refused."""

from __future__ import annotations

import pytest

from vedette.errors import ConfigError
from vedette.formats import rules
from vedette.promql.parser import parse
from vedette.testing.backtest import Candidate
from vedette.testing.backtest.change import Change, changed, parse_change, parse_sweep, swept, threshold

RULES = """
groups:
  - name: g
    rules:
      - {record: "a:b:c", expr: sum(x)}
      - {record: "a:b:d", expr: sum(y)}
      - {alert: High, expr: "(a:b:c > 0.05) and z > 1", for: 5m}
      - {alert: Low, expr: "-2 > x"}
      - {alert: Always, expr: absent(x)}
"""
NOW = Candidate("now", rules.read(RULES, "rules.yml").groups)


def rule(candidate: Candidate, name: str) -> rules.AlertingRule:
    return next(
        one
        for group in candidate.groups
        for one in group.rules
        if isinstance(one, rules.AlertingRule) and one.alert == name
    )


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("High.threshold=0.02", Change("High", "threshold", 0.02)),
        ("High.for=10m", Change("High", "for", 600_000)),
        (" High.keep_firing_for=1h30m", Change("High", "keep_firing_for", 5_400_000)),
        ("High.threshold=-1e3", Change("High", "threshold", -1000)),
    ],
)
def test_a_change_is_read(text, change):
    assert parse_change(text) == change
    assert parse_change(str(change)) == change


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("High", "is no change; write for example"),
        ("High.fro=5m", "one of threshold, for, keep_firing_for"),
        ("High.threshold=5m", "'5m' is not a number"),
        ("High.for=5", "'5' is not a duration such as 10m"),
    ],
)
def test_what_is_no_change_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_change(text)


def test_only_what_is_changed_changes():
    after = changed(NOW, [Change("High", "threshold", 0.02), Change("High", "for", 60_000)])
    assert after.name == "High.threshold=0.02, High.for=1m"
    assert rule(after, "High").expr == "(a:b:c > 0.02) and z > 1"
    assert rule(after, "High").for_ == 60_000
    assert rule(after, "Low") == rule(NOW, "Low")
    assert rule(changed(NOW, [Change("Low", "threshold", 7)]), "Low").expr == "7 > x"


def test_an_alert_that_is_not_there_or_compares_nothing_is_refused():
    with pytest.raises(ConfigError, match="there is no alert 'Hihg'; did you mean 'High'"):
        changed(NOW, [Change("Hihg", "for", 0)])
    with pytest.raises(ConfigError, match=r"compares nothing with a number: absent\(x\)"):
        changed(NOW, [Change("Always", "threshold", 1)])


@pytest.mark.parametrize(
    ("expr", "number"),
    [("x > 5", 5), ("-5 < x", -5), ("(x > 1) and y > 2", 1), ("x > 1 or y > 2", 1), ("x > y", None), ("x > bool 3", 3)],
)
def test_the_threshold_is_the_first_number_that_is_compared_with(expr, number):
    assert threshold(parse(expr)) == number


def test_a_sweep_has_its_values_and_tries_the_alert_with_what_it_rests_on_alone():
    sweep = parse_sweep("High.threshold=0.01..0.05:5")
    assert sweep.values == (0.01, 0.02, 0.03, 0.04, 0.05)
    tried = swept(NOW, sweep)
    assert [one.name for _, one in tried] == ["0.01", "0.02", "0.03", "0.04", "0.05"]
    (group,) = tried[0][1].groups
    assert [getattr(one, "record", getattr(one, "alert", "")) for one in group.rules] == ["a:b:c", "High"]
    assert len(parse_sweep("High.threshold=1..2").values) == 10
    assert parse_sweep("High.for=1m..3m:3").values == (60_000, 120_000, 180_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("High.threshold=1", "is no sweep; write for example"),
        ("High.threshold=2..1", "the first value is below the last one"),
        ("High.threshold=1..2:1000", "2 to 50 of them"),
        ("High.threshold=a..b", "'a' is not a number"),
    ],
)
def test_what_is_no_sweep_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_sweep(text)
