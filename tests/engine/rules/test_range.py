"""A whole range at once gives the verdicts, samples and states of stepping through it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.rules import Rules, machine
from vedette.engine.tsdb.head import Head
from vedette.formats.rules import AlertingRule, RecordingRule, RuleGroup
from vedette.promql.labels import labels
from vedette.promql.source import is_stale

STEP = 15_000
START = 1_700_000_000_000


def head_with(rows: list[list[float | None]]) -> Head:
    """Series x{job=a|b|c}, one row every STEP from START; None is no sample."""
    head = Head()
    matrix = head.target("app")
    slots = [matrix.slot(labels({"__name__": "x", "job": job})) for job in "abc"]
    for at, row in enumerate(rows):
        there = [(slot, value) for slot, value in zip(slots, row, strict=True) if value is not None]
        if there:
            matrix.append(START + at * STEP, [slot for slot, _ in there], [value for _, value in there])
    return head


def samples(head: Head) -> dict:
    found = {}
    for block in head.select((), START - 10**9, START + 10**9):
        for of, values, present in zip(block.labels, block.values, block.present, strict=True):
            stale = is_stale(values.copy())
            cells = [
                (int(block.timestamps[at]), "stale" if stale[at] else float(values[at]))
                for at in np.flatnonzero(present)
            ]
            if cells:
                found[of] = repr(cells)
    return found


def both(rows, groups: list[RuleGroup]) -> tuple[Rules, Rules]:
    """The same rules over the same samples, stepped and in one go, compared on the way."""
    end = START + len(rows) * STEP
    stepped_head, ranged_head = head_with(rows), head_with(rows)
    given_ = {"start": START, "interval": 60_000, "external_labels": {"env": "t"}, "perf": lambda: 0.0}
    stepped, ranged = Rules(groups, stepped_head, **given_), Rules(groups, ranged_head, **given_)
    handed = []
    while groups and (due := stepped.next_due()) <= end:
        handed += [(due, alert) for alert in stepped.step(due)]
    verdicts = ranged.evaluate_range(START, end)
    assert [(verdict.time, alert) for verdict in verdicts for alert in verdict.alerts] == handed
    assert samples(ranged_head) == samples(stepped_head)
    assert without_times(ranged) == without_times(stepped)
    assert ranged.next_due() == stepped.next_due()
    return stepped, ranged


def without_times(rules: Rules) -> str:
    return repr(rules.groups())


levels = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 5.0, 6.0, 7.0, 100.0, float("nan"), float("inf")]))
histories = st.lists(st.lists(levels, min_size=3, max_size=3), min_size=1, max_size=40)
waits = st.sampled_from([0, 1, STEP, 2 * STEP, 50_000, 120_000])

EXPRESSIONS = [
    "x > 5",
    "sum by (job) (x) > 5",
    "avg_over_time(x[45s]) > 4",
    "sum(x) > 6",
    "absent(x{job='a'})",
    "x == 100",
    "count(x) < 3",
    "topk(1, x) > 5",
    "topk(2, x)",
    "x > 5 and on (job) x offset 30s > 5",
    "label_replace(x > 5, 'job', 'z', 'job', 'a|b')",
    "x{job='a'} / on () group_right x",
    "x + ignoring (job) x",
    "time() % 60 > 30",
    "vector(1)",
    "sum(x",
    "x @ end() > 5",
    "max_over_time((x > 5)[1m:15s])",
    "x > 5 unless on (job) (job:x == 7)",
    "job:x > 5",
    "count(job:x)",
    "job:x or x > 7",
    "ALERTS{alertname='First'}",
    "count(ALERTS_FOR_STATE)",
    "job:x offset 30s",
]


@st.composite
def rule_groups(draw) -> list[RuleGroup]:
    groups = []
    for index in range(draw(st.integers(1, 2))):
        rules = []
        for at in range(draw(st.integers(1, 4))):
            expr = draw(st.sampled_from(EXPRESSIONS))
            if draw(st.booleans()):
                name = draw(st.sampled_from(["job:x", "other"]))
                rules.append(
                    RecordingRule(record=name, expr=expr, labels=draw(st.sampled_from([{"rule": f"{index}.{at}"}, {}])))
                )
            else:
                rules.append(
                    AlertingRule(
                        alert=draw(st.sampled_from(["First", "Second"])),
                        expr=expr,
                        for_=draw(waits),
                        keep_firing_for=draw(waits),
                        labels=draw(
                            st.sampled_from([{"rule": f"{index}.{at}"}, {"rule": f"{index}.{at}", "v": "{{ $value }}"}])
                        ),
                        annotations=draw(
                            st.sampled_from(
                                [
                                    {"summary": "{{ $labels.job }} {{ $value }}", "plain": "text"},
                                    {"asked": '{{ range query "job:x + 1" }}{{ .Value }} {{ end }}'},
                                    {"asked": '{{ range printf "x{job=%q}" $labels.job | query }}{{ . }}{{ end }}'},
                                ]
                            )
                        ),
                    )
                )
        groups.append(
            RuleGroup(
                name=f"group {index}",
                rules=tuple(rules),
                interval=draw(st.sampled_from([STEP, 20_000, 60_000])),
                query_offset=draw(st.sampled_from([None, 0, STEP])),
                limit=draw(st.sampled_from([0, 0, 0, 1, 2])),
                labels=draw(st.sampled_from([{}, {"team": "shop"}])),
            )
        )
    return groups


@settings(max_examples=150, deadline=None)
@given(histories, rule_groups())
def test_any_rules_over_any_history_get_the_same_verdicts_both_ways(rows, groups) -> None:
    both(rows, groups)


def test_a_query_within_a_text_is_answered_in_the_order_in_which_series_have_appeared() -> None:
    asked = {"asked": '{{ range query "job:x" }}{{ .Labels.job }}{{ end }}'}
    groups = [
        RuleGroup(
            name="g",
            interval=STEP,
            rules=(
                RecordingRule(record="job:x", expr="x > 5"),
                AlertingRule(alert="First", expr="x > 5", annotations=asked),
            ),
        )
    ]
    stepped, _ = both([[None, None, 6.0], [None, 7.0, None], [9.0, 9.0, 9.0]], groups)
    assert {dict(alert.annotations)["asked"] for alert in stepped.alerts()} == {"cba"}


@settings(max_examples=60, deadline=None)
@given(histories, waits, waits, st.integers(1, 5))
def test_an_alert_gets_the_same_verdicts_in_windows_of_any_width(rows, for_, keep, width) -> None:
    groups = [
        RuleGroup(
            name="g",
            interval=STEP,
            rules=(
                RecordingRule(record="job:x", expr="sum by (job) (x)"),
                AlertingRule(alert="Hot", expr="job:x > 5", for_=for_, keep_firing_for=keep),
            ),
        )
    ]
    normal = machine._WINDOW
    machine._WINDOW = width
    try:
        both(rows, groups)
    finally:
        machine._WINDOW = normal


def test_a_plain_rule_takes_one_range_query_and_no_instant_one(monkeypatch) -> None:
    asked = []
    real = machine.query_range
    monkeypatch.setattr(machine, "query_range", lambda *args, **kwargs: asked.append(args[0]) or real(*args, **kwargs))
    monkeypatch.setattr(machine, "instant", lambda *args, **kwargs: pytest.fail("asked for one instant"))
    rules = (RecordingRule(record="r", expr="x"), AlertingRule(alert="Hot", expr="r > 5"))
    made = Rules(
        [RuleGroup(name="g", rules=rules, interval=STEP)],
        head_with([[9.0, 1.0, None]] * 50),
        start=START,
        interval=STEP,
    )
    verdicts = made.evaluate_range(START, START + 50 * STEP)
    assert len(asked) == 2
    assert [len(verdict.alerts) for verdict in verdicts] == [1] * 10


def test_an_error_at_some_steps_leaves_the_others_their_verdicts() -> None:
    clash = RecordingRule(record="r", expr="x * ignoring (job) x")
    rows = [[1.0, None, None]] * 5 + [[1.0, 2.0, None]] * 5
    stepped, _ = both(rows, [RuleGroup(name="g", rules=(clash,), interval=STEP)])
    assert stepped.groups()[0].rules[0].health == "err"


def test_a_given_step_replaces_the_groups_own_schedules() -> None:
    groups = [
        RuleGroup(name=name, rules=(RecordingRule(record=name, expr="vector(time())"),), interval=60_000)
        for name in "ab"
    ]
    head = Head()
    made = Rules(groups, head, start=START, interval=60_000)
    made.evaluate_range(START, START + 100_000, 10_000)
    for block in head.select((), START, START + 10**6):
        assert block.timestamps.tolist() == [START + at * 10_000 for at in range(11)]
    untouched = Rules(groups, Head(), start=START + 100_000, interval=60_000)
    assert made.next_due() == untouched.next_due()


def test_stepping_goes_on_where_a_range_ended() -> None:
    rows = [[9.0, None, None]] * 20
    rule = AlertingRule(alert="Hot", expr="x > 5", for_=2 * STEP)
    groups = [RuleGroup(name="g", rules=(rule,), interval=STEP)]
    one, other = (Rules(groups, head_with(rows), start=START, interval=STEP, perf=lambda: 0.0) for _ in range(2))
    first = [alert for verdict in one.evaluate_range(START, START + 7 * STEP) for alert in verdict.alerts]
    while (due := one.next_due()) <= START + 20 * STEP:
        first += one.step(due)
    second = [alert for verdict in other.evaluate_range(START, START + 20 * STEP) for alert in verdict.alerts]
    assert first == second
    assert without_times(one) == without_times(other)
