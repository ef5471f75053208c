"""What a name tells where nothing is declared, and what rules record: as much as holds, and never more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from vedette.check.foreign import facts_of_texts
from vedette.check.guess import guessed

if TYPE_CHECKING:
    from vedette.promql.flow import Series


def known(rules: str, name: str) -> Series:
    facts, findings = facts_of_texts({"r.yml": f"groups:\n- name: a\n  rules:\n{rules}"})
    assert findings == []
    series = facts.known(name)
    assert series is not None
    assert facts.series.get(name, series) == series
    return series


def record(name: str, expr: str, labels: str = "") -> str:
    return f"  - record: {name}\n    expr: {expr}\n" + (f"    labels: {{{labels}}}\n" if labels else "")


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("x_seconds_bucket", "bucket", "seconds"),
        ("x_seconds_sum", "counter", "seconds"),
        ("x_seconds_count", "counter", "count"),
        ("x_bytes_total", "counter", "bytes"),
        ("x_created", "gauge", "seconds"),
        ("build_info", "info", "None"),
        ("x_bytes", "unknown", "bytes"),
    ],
)
def test_the_end_of_a_name_is_a_guess(name: str, kind: str, unit: str) -> None:
    series = guessed(name)
    assert series is not None
    assert (series.type, str(series.unit), series.certain) == (kind, unit, False)


@pytest.mark.parametrize("name", ["x", "node_load1", "total", "job:x:rate5m"])
def test_a_name_that_tells_nothing_is_not_known(name: str) -> None:
    assert guessed(name) is None


def test_what_prometheus_itself_writes_is_certain() -> None:
    up = known(record("a", "b"), "up")
    assert (up.type, up.low, up.high, up.certain) == ("gauge", 0, 1, True)
    assert up.labels.get("job").state == "always"
    assert up.labels.get("zone").state == "maybe"
    alerts = known(record("a", "b"), "ALERTS")
    assert alerts.labels.get("alertstate").values == frozenset({"pending", "firing"})
    assert str(known(record("a", "b"), "scrape_duration_seconds").unit) == "seconds"


def test_a_recorded_series_has_the_labels_that_its_expression_leaves_and_its_own() -> None:
    series = known(record("a:x", "sum by (job, pod) (rate(x_bytes_total[5m]))", 'env: prod, pod: ""'), "a:x")
    assert series.type == "gauge"
    assert str(series.unit) == "bytes/s"
    assert series.labels.get("job").state == "maybe"
    assert series.labels.get("pod").state == "never"
    assert series.labels.get("instance").state == "never"
    assert series.labels.get("env").values == frozenset({"prod"})
    assert series.place is not None
    assert series.place.line == 4


def test_rules_of_one_name_are_taken_together() -> None:
    rules = record("a", "sum by (job) (x_bytes)", "kind: one") + record("a", "sum by (zone) (x_seconds)", "kind: two")
    series = known(rules, "a")
    assert series.unit is None
    assert series.labels.get("kind").state == "always"
    assert series.labels.get("kind").values == frozenset({"one", "two"})
    assert series.labels.get("job").state == "maybe"
    assert series.labels.get("instance").state == "never"


def test_a_rule_over_a_recorded_series_knows_what_that_knows_in_any_order() -> None:
    chain = "".join(record(f"r{index}", f"r{index + 1}") for index in range(3000))
    series = known(chain + record("r3000", "sum by (job) (x_bytes)"), "r0")
    assert series.labels.get("instance").state == "never"
    assert str(series.unit) == "bytes"


@pytest.mark.parametrize("first", ["a", "b", "c", "d"])
def test_what_rests_on_itself_is_not_known_whatever_is_asked_first(first: str) -> None:
    rules = (
        record("a", "sum by (job) (b)")
        + record("b", "a + c")
        + record("c", "sum by (pod) (x_bytes)")
        + record("d", "sum by (zone) (a)")
        + record("e", "sum without (x) (e offset 1m)")
    )
    facts, _ = facts_of_texts({"r.yml": f"groups:\n- name: a\n  rules:\n{rules}"})
    facts.known(first)
    states = {}
    for name in "abcde":
        series = facts.known(name)
        assert series is not None
        assert not series.certain
        states[name] = series.labels.get("instance").state
    assert states == {"a": "maybe", "b": "maybe", "c": "never", "d": "never", "e": "maybe"}


def test_what_a_broken_rule_records_may_be_anything() -> None:
    text = f"groups:\n- name: a\n  rules:\n{record('a', 'sum(x')}{record('a', 'sum(x_bytes)')}"
    facts, findings = facts_of_texts({"r.yml": text})
    assert len(findings) == 1
    series = facts.known("a")
    assert series is not None
    assert series.labels.get("job").state == "maybe"
    assert (series.low, series.high) == (-math.inf, math.inf)
    assert list(facts.series) == ["a"]
