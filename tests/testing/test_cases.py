# ruff: noqa: E501 - a case and what is said of it stand in one line
"""Cases of alerts: what passes, what fails, and that no case passes for the wrong reason."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from tests.testing.mill import BENCH, TWO, message, outcome, sacks, stones

from vedette.errors import DeclarationError
from vedette.testing import alert_case, at, series, skeleton
from vedette.testing.bench import bench
from vedette.testing.discover import cases_in
from vedette.testing.judge import judge, prepare
from vedette.testing.told import tell_case

SPILT = {'mill_sacks_total{result="ground"}': "0+80x80", 'mill_sacks_total{result="spilt"}': "0+20x40 800x40"}
STAND = {"mill_stones": "0x40 3x40"}


def case(*expected, alert="StonesStand", given=STAND, **more):
    return alert_case(alert, "because", given, *expected, **more)


def test_a_case_passes_where_everything_comes_true():
    found = outcome(
        case(
            at("1m45s", "pending"),
            at("2m", "fires", {"job": "mill", "instance": "mill:1", "site": "hill", "severity": "critical"}, count=1),
            at("11m", "resolved"),
            at("11m", "silent"),
        )
    )
    assert found.passed, found.misses
    assert found.kinds == {"fires", "resolves"}
    assert found.states[:10] == ("pending",) * 8 + ("firing",) * 2
    assert found.threshold == 1


@pytest.mark.parametrize(
    ("expectation", "says"),
    [
        (at("1m", "fires"), "expected to fire at 1m, but it is only pending"),
        (at("15m", "fires"), "expected to fire at 15m, but its condition does not hold"),
        (at("5m", "fires", {"instance": "mill:2"}), "expected to fire at 5m, but what fires is not like it"),
        (at("5m", "fires", annotations={"summary": re.compile("Everything")}), "what fires is not like it"),
        (at("5m", "fires", {"instance": None}), "what fires is not like it"),
        (at("5m", "fires", count=2), "expected 2 to fire at 5m, got 1"),
        (at("5m", "pending"), "expected to be pending at 5m, but it fires already"),
        (at("15m", "pending"), "expected to be pending at 15m, but its condition does not hold"),
        (at("5m", "silent"), "expected silence at 5m, but it fires"),
        (at("5m", "resolved"), "expected it to be over at 5m, but it fires"),
        (at("1m", "resolved"), "expected to be resolved at 1m, but it never fired before"),
    ],
)
def test_what_does_not_come_true_is_told(expectation, says):
    assert says in message(case(expectation))


@pytest.mark.parametrize(
    "expectation",
    [
        at("5m", "silent", {"instance": "mill:2"}),
        at("5m", "fires", {"severity": re.compile("crit"), "floor": None}),
        at("5m14s", "fires"),  # as it was at the last evaluation
        at("5m", "fires", annotations={"summary": "Nothing turns"}),
    ],
)
def test_only_what_is_named_is_compared(expectation):
    assert outcome(case(expectation)).passed


def test_labels_of_a_scrape_are_added_where_one_service_has_the_metric():
    found = outcome(
        alert_case("SacksSpilt", "a fifth", SPILT, at("2m", "fires", {"job": "mill"}), at("20m", "resolved"))
    )
    assert found.passed, found.misses
    given = series(stones, "0x20", instance="mill:2")
    assert outcome(case(at("4m", "fires", {"instance": "mill:2"}), given=given)).passed


def test_a_metric_that_is_declared_stands_for_its_name_and_labels_may_stand_beside():
    given = [series(sacks, "0+80x40", result="ground"), series(sacks, "0+20x40", result="spilt")]
    assert outcome(alert_case("SacksSpilt", "a fifth", given, at("5m", "fires"))).passed


# A case must not pass for the wrong reason.


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (case(at("1m", "silent"), alert="StoneStands"), "the stack has no alert 'StoneStands'; did you mean 'StonesStand'?"),
        (case(at("1m", "silent"), given={"mill_stone": "1x9"}), "nothing in the stack exposes 'mill_stone'; did you mean 'mill_stones'?"),
        (case(at("1m", "silent"), given={'mill_stones{flor="1"}': "1x9"}), "mill_stones has no label 'flor'; it has instance, job, site"),
        (case(at("1m", "silent"), given={'mill_stones{job="mil"}': "1x9"}), "mill_stones never has job='mil'; did you mean 'mill'?"),
        (
            alert_case("SacksSpilt", "x", {'mill_sacks_total{result="split"}': "1x9"}, at("1m", "silent")),
            "mill_sacks_total never has result='split'; did you mean 'spilt'?",
        ),
        (alert_case("SacksSpilt", "x", {"mill_sacks_total": "1x9"}, at("1m", "silent")),
         "mill_sacks_total always has the label 'result', one of _OTHER, ground, spilt; write it, too"),
        (alert_case("SacksSpilt", "x", {"job:mill_sacks:rate5m": "1x9"}, at("1m", "silent")), "is recorded by a rule"),
        (case(at("1m", "silent"), given={'mill_dust_ratio{floor="1"}': "1x9"}), "StonesStand reads none of what is given; it reads mill_stones"),
        (case(at("21m", "silent")), "at('21m', …) is outside of the time that is simulated: mill_stones{"),
        (case(at("3m", "silent"), given={"mill_stones": "1x8"}), "ends at 2m; write more samples, or '_x5' behind them"),
        (case(at("1m", "silent"), given={"mill_stones": "1 + 2"}), "'+' is no sample"),
        (case(at("1m", "silent"), given={"mill_stones{": "1x9"}), "is no series: expected the name of a label"),
        (case(at("1m", "silent"), given=[series(stones, "1x9"), series("mill_stones", "1x9")]), "is given twice; keep one"),
        (case(at("5m", "silent", {"flor": "1"})), "the alert 'StonesStand' cannot have the label 'flor'"),
        (case(at("5m", "silent", {"severity": "criticl"})), "cannot have severity='criticl'; did you mean 'critical'?"),
        (case(at("5m", "fires", annotations={"summry": "x"})), "has no annotation 'summry'; did you mean 'summary'?"),
        (skeleton("StonesStand", "x", STAND, at("2m", "fires")), "this is a skeleton: fill in the samples and the times"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_the_stack_does_not_know_is_an_error_with_the_nearest_name(wrong, says):
    assert says in message(wrong)


def test_of_several_services_the_case_says_which_one():
    wrong = case(at("1m", "silent"), given={"mill_stones": "0x9"})
    assert "several services; write job= with one of annex, mill" in message(wrong, bench(TWO))


def test_a_mistake_is_told_where_it_stands():
    wrong = case(at("1m", "silent"), given=[series("mill_stone", "1x9")])
    line = message(wrong).split(":")[1]
    assert Path(__file__).read_text().splitlines()[int(line) - 1].strip().startswith("wrong = case")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (case, "expects nothing; write at('10m', 'fires')"),
        (lambda: case(at("1m", "silent"), given={}), "is given no series"),
        (lambda: case("10m"), "expects '10m'; write at('10m', 'fires')"),
        (lambda: alert_case("A", " ", STAND, at("1m", "silent")), "say in a few words what is the case"),
        (lambda: case(at("1m", "silent"), interval="0s"), "has interval='0s'"),
        (lambda: at("1 minute", "silent"), "the time is not a duration: '1 minute'"),
        (
            lambda: at("1m", "fired"),
            "the state is one of 'fires', 'pending', 'silent', 'resolved'; did you mean 'fires'?",
        ),
        (lambda: at("1m", "fires", count=0), "count=0; write 1 or more"),
        (lambda: at("1m", "silent", count=1), "are for an alert that 'fires'"),
        (lambda: at("1m", "fires", {"a": 1}), "'a' is 1; write a text, a compiled pattern or None"),
        (lambda: series(5, "1"), "series(5, …): write the name of a series"),
        (lambda: series("a", 5), "the values of a are 5; write them as text"),
        (lambda: series("a", "1", b=5), "b=5 is no string; write b='5'"),
    ],
)
def test_a_case_that_says_nothing_sensible_is_refused_where_it_is_written(make, says):
    with pytest.raises(DeclarationError, match=r"test_cases\.py:\d+: ") as caught:
        make()
    assert says in str(caught.value)


def test_a_failure_shows_both_sides_the_curve_and_the_states():
    found = outcome(case(at("5m", "fires", {"severity": "critical", "instance": "mill:2"})))
    lines = tell_case(found).splitlines()
    (head,) = [at for at, line in enumerate(lines) if line.split() == ["expected", "got"]]
    assert lines[head + 1].split() == ["label", "severity", "critical", "critical"]
    assert lines[head + 2].split() == ["✗", "label", "instance", "mill:2", "mill:1"]
    assert any("┤" in line and "┄" in line for line in lines)
    assert "▒" in lines[-1]
    assert lines[-1].endswith("· inactive  ▒ pending  █ firing")


def test_the_boundary_counts_where_the_value_is_the_threshold_when_it_is_asked_about():
    given = {'mill_dust_ratio{floor="1"}': "0.5x4 0.4x20"}
    on = alert_case("DustHigh", "at the limit", given, at("1m", "fires"))
    off = alert_case("DustHigh", "under it", given, at("3m", "silent"))
    assert "boundary" in outcome(on).kinds
    assert "boundary" not in outcome(off).kinds


def test_a_rule_that_fails_is_told_with_its_time():
    prepared = prepare(case(at("5m", "fires")), BENCH)
    (group,) = prepared.groups
    broken = dataclasses.replace(group.rules[0], expr="mill_stones / on() (mill_stones or up)")
    given = {**prepared.given, (("__name__", "up"), ("job", "mill")): [1.0] * 80}
    groups = (dataclasses.replace(group, rules=(broken,)),)
    _, misses = judge(dataclasses.replace(prepared, given=given), groups)
    assert "rule StonesStand fails at 0s: " in misses[0].message


def test_a_value_that_holds_itself_is_looked_into_once():
    endless = []
    endless.append(endless)
    assert list(cases_in(endless)) == []
