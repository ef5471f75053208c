"""Mutants: which there are, which are no other rules, which die by which case, and what would kill those that live."""

from __future__ import annotations

import pytest
from tests.testing.mill import BENCH, STACK, outcome

from vedette.formats.rules import AlertingRule
from vedette.promql.parser import parse
from vedette.testing import alert_case, at
from vedette.testing.coverage import coverage, percent
from vedette.testing.mutants import mutants
from vedette.testing.mutation import mutate, score
from vedette.testing.skeletons import case_of, skeletons

stack = STACK  # what pytest judges ONE on

SPILT = {'mill_sacks_total{result="ground"}': "0+80x80", 'mill_sacks_total{result="spilt"}': "0+20x40 800x40"}
ONE = alert_case("SacksSpilt", "a fifth", SPILT, at("5m", "fires"))


def whats(alert):
    return {(mutant.operator, mutant.rule, mutant.what) for mutant in mutants(BENCH, alert)}


def test_every_operator_changes_the_alert_and_what_it_reads():
    assert whats("SacksSpilt") == {
        ("for", "SacksSpilt", "for 1m → 0s"),
        ("for", "SacksSpilt", "for 1m → 2m"),
        ("threshold", "SacksSpilt", "… > 0.1 → … > 0.05"),
        ("threshold", "SacksSpilt", "… > 0.1 → … > 0.2"),
        ("comparator", "SacksSpilt", "… > 0.1 → … < 0.1"),
        ("comparator", "SacksSpilt", "… > 0.1 → … >= 0.1"),
        ("comparator", "SacksSpilt", "… > 0 → … < 0"),
        ("comparator", "SacksSpilt", "… > 0 → … >= 0"),
        ("by", "SacksSpilt", "by (job) → by ()"),
        ("matcher", "SacksSpilt", 'mill_sacks_total{result="spilt"} without the matcher'),
        ("metric", "SacksSpilt", "mill_sacks_total → mill_grind_seconds_count"),
        ("by", "job:mill_sacks:rate5m", "by (job) → by ()"),
        ("metric", "job:mill_sacks:rate5m", "mill_sacks_total → mill_grind_seconds_count"),
    }


@pytest.mark.parametrize("alert", ["SacksSpilt", "StonesStand", "DustHigh"])
def test_every_mutant_differs_in_one_rule_and_can_be_read(alert):
    own = BENCH.needed(alert)
    seen = set()
    for mutant in mutants(BENCH, alert):
        changed = [
            (one, other)
            for group, mutated in zip(own, mutant.groups, strict=True)
            for one, other in zip(group.rules, mutated.rules, strict=True)
            if one != other
        ]
        assert len(changed) == 1
        ((_, rule),) = changed
        parse(rule.expr)
        waits = (rule.for_, rule.keep_firing_for) if isinstance(rule, AlertingRule) else ()
        seen.add((type(rule), rule.expr, waits))
    assert len(seen) == len(list(mutants(BENCH, alert)))


def test_what_cannot_be_told_apart_is_excluded_with_the_reason():
    found = {mutant.what: mutant.equivalent for mutant in mutants(BENCH, "StonesStand")}
    assert found["… < 1 → … < 0.5"] == "for whole numbers < 1 and < 0.5 are the same"
    assert found["… < 1 → … < 2"] == ""
    dust = {mutant.what: mutant.equivalent for mutant in mutants(BENCH, "DustHigh")}
    assert set(dust.values()) == {""}


def test_a_mutant_dies_by_the_case_whose_verdict_changes():
    fates = {
        (fate.mutant.rule, fate.mutant.what): fate for fate in mutate(BENCH, [ONE]) if fate.mutant.alert == "SacksSpilt"
    }
    assert fates["SacksSpilt", "… > 0.1 → … < 0.1"].state == "killed"
    assert fates["SacksSpilt", "… > 0.1 → … < 0.1"].by is ONE
    assert fates["SacksSpilt", "… > 0.1 → … >= 0.1"].state == "survived"
    assert 0 < score(fates.values()) < 1


def test_the_case_that_is_proposed_passes_and_kills():
    cases = [ONE]
    before = score(mutate(BENCH, cases))
    for _ in range(4):
        living = [fate for fate in mutate(BENCH, cases) if fate.state == "survived" and fate.killer is not None]
        if not living:
            break
        text = case_of(living[0].mutant, living[0].killer)
        case = eval(text.strip().rstrip(","), {"alert_case": alert_case, "at": at})
        assert outcome(case).passed, (text, outcome(case).misses)
        cases.append(case)
        again = next(
            fate
            for fate in mutate(BENCH, cases)
            if (fate.mutant.rule, fate.mutant.what) == (living[0].mutant.rule, living[0].mutant.what)
            and fate.mutant.alert == living[0].mutant.alert
        )
        assert again.state == "killed", text
    assert score(mutate(BENCH, cases)) > before


def test_coverage_counts_what_cases_show_and_failing_cases_show_nothing():
    cases = [
        ONE,
        alert_case("SacksSpilt", "over again", SPILT, at("5m", "fires"), at("20m", "resolved")),
        alert_case("SacksSpilt", "wrong", SPILT, at("5m", "silent")),
        alert_case("DustHigh", "clean", {'mill_dust_ratio{floor="1"}': "0.1x20"}, at("5m", "silent")),
    ]
    found = {one.alert: one for one in coverage(BENCH, [outcome(case) for case in cases])}
    assert found["SacksSpilt"].kinds == {"fires": 2, "silent": 0, "boundary": 0, "resolves": 1}
    assert (found["SacksSpilt"].cases, found["SacksSpilt"].failed, found["SacksSpilt"].complete) == (3, 1, False)
    assert found["DustHigh"].missing == ("fires", "boundary", "resolves")
    assert found["StonesStand"].missing == ("fires", "silent", "boundary", "resolves")
    assert percent(list(found.values())) == 0


def test_skeletons_are_python_that_fails_until_it_is_filled_in():
    text = skeletons(BENCH, coverage(BENCH, [outcome(ONE)]))
    module: dict[str, object] = {}
    exec(compile(text, "skeletons.py", "exec"), module)
    cases = module["SKELETONS"]
    assert [case.alert for case in cases] == ["SacksSpilt"] * 3 + ["StonesStand"] * 4 + ["DustHigh"] * 4
    assert not any(outcome(case).passed for case in cases)
    assert [one.series for one in cases[0].given] == [
        'mill_sacks_total{result="ground"}',
        'mill_sacks_total{result="spilt"}',
    ]


def test_nothing_is_written_where_nothing_is_missing():
    assert skeletons(BENCH, []) == ""
