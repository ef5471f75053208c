# ruff: noqa: E501 - YAML of others stands in one line
"""promtool's test files run here with the verdicts of promtool: by hand, made at random, right and wrong on purpose."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.real import binary
from tests.testing.promtool_files import File, files

from vedette.formats import promtool
from vedette.formats.rules import AlertingRule, RecordingRule, RuleFile, RuleGroup
from vedette.formats.rules import write as write_rules
from vedette.formats.series import read_labels, read_samples
from vedette.promql.results import Vector
from vedette.testing.promtool import run_file
from vedette.testing.trial import Trial

MINUTE = 60_000
# what 2.42 does not know or does otherwise: docs/how-to/test-your-alerts.md tells it
NEWER = ("fuzzy", "no interval")


def verdict_of(tool, folder):
    result = subprocess.run([tool, "test", "rules", "t.yml"], cwd=folder, capture_output=True, text=True, check=False)
    return "passed" if result.returncode == 0 else "failed"


def test_there_are_enough_files_by_hand_and_both_verdicts_among_them(tmp_path):
    verdicts = []
    for _, text, rules in files():
        (tmp_path / "t.yml").write_text(text)
        (tmp_path / "r.yml").write_text(rules)
        verdicts.append(run_file(tmp_path / "t.yml").verdict)
    assert min(verdicts.count("passed"), verdicts.count("failed")) > 40


@pytest.mark.real
@pytest.mark.parametrize("file", files(), ids=lambda file: file[0])
def test_a_file_by_hand_has_the_verdict_of_promtool(file: File, tmp_path):
    _, text, rules = file
    (tmp_path / "t.yml").write_text(text)
    (tmp_path / "r.yml").write_text(rules)
    ours = run_file(tmp_path / "t.yml")
    theirs = {version: verdict_of(binary("promtool", version), tmp_path) for version in ("2.42", "3.5")}
    assert dict.fromkeys(theirs, ours.verdict) == theirs, ours


@pytest.mark.real
@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("fuzzy_compare: true\ntests: [{promql_expr_test: [{eval_time: 0, expr: '0.1+0.2', exp_samples: [{labels: '{}', value: 0.3}]}]}]\n", True),
        ("fuzzy_compare: true\ntests: [{promql_expr_test: [{eval_time: 0, expr: '0.1+0.2+0.3', exp_samples: [{labels: '{}', value: 0.6000000000000003}]}]}]\n", False),
        ("tests: [{input_series: [{series: x, values: 1 2 3}], promql_expr_test: [{eval_time: 1m, expr: x, exp_samples: [{labels: x, value: 2}]}]}]\n", True),
    ],
)  # fmt: skip
def test_what_only_newer_promtools_know_has_their_verdict(text, passed, tmp_path):
    (tmp_path / "t.yml").write_text(text)
    assert run_file(tmp_path / "t.yml").verdict == verdict_of(binary("promtool", "3.5"), tmp_path)
    assert (run_file(tmp_path / "t.yml").verdict == "passed") is passed


def test_a_start_other_than_1970_moves_series_and_tests(tmp_path):
    day = "start_timestamp: '2026-03-01T12:00:00Z'"
    text = (
        f"tests:\n- {day}\n  input_series: [{{series: x, values: 1 2 3}}]\n"
        "  promql_expr_test: [{eval_time: 1m, expr: 'hour() * x', exp_samples: [{labels: '{}', value: 24}]}]\n"
    )
    (tmp_path / "t.yml").write_text(text)
    assert run_file(tmp_path / "t.yml").verdict == "passed"


# Files made at random. No sample stands exactly at the edge of a window, where Prometheus 2 and 3 differ.

RANGE = "61s1ms"
EXPRS = [
    "a > 2", "a == 3", "a <= 1", "a != 0", f"rate(c[{RANGE}]) > 0.1", f"sum by (l) (rate(c[{RANGE}])) > 0.05",
    "max by (l) (a) > 1", "sum(a) > 4", "a > on (l) b", "a unless b > 2", "absent(b)", f"changes(a[{RANGE}]) > 1",
    f"avg_over_time(a[{RANGE}]) > 1.5", "r > 2", "r1 > 0 or a > 3", "count(a) >= 2", f"increase(c[{RANGE}]) == 0", "a > bool 1",
    "ALERTS{alertstate='firing'}", "a * on (l) group_left b > 3", "quantile(0.5, a) > 1", "-a < -1", "time() > 100",
]  # fmt: skip
VALUES = st.lists(
    st.sampled_from(["0x4", "1x5", "3x3", "2x6", "0+1x8", "5-1x5", "_x3", "stale", "4", "NaN", "1.5x4", "-2+0.5x6"]),
    min_size=2,
    max_size=7,
)
DURATIONS = st.sampled_from([0, 15_000, 20_000, MINUTE, 95_000])
LABELS = st.dictionaries(
    st.sampled_from(["sev", "l", "t"]), st.sampled_from(["h", "", "{{ $value }}", "{{ $labels.l }}"]), max_size=2
)
ALERTS = st.builds(
    AlertingRule,
    alert=st.sampled_from(["A", "B"]),
    expr=st.sampled_from(EXPRS),
    for_=DURATIONS,
    keep_firing_for=DURATIONS,
    labels=LABELS,
    annotations=st.dictionaries(
        st.sampled_from(["s", "d"]),
        st.sampled_from(["x", "", "{{ $value | humanize }} of {{ $labels.l }}", "{{ $labels.sev }}", '{{ printf "%.3f" $value }}']),
        max_size=2,
    ),
)  # fmt: skip
RECORDINGS = st.builds(
    RecordingRule,
    record=st.sampled_from(["r", "r1", "r2"]),
    expr=st.sampled_from([*EXPRS, "a + 1", "sum by (l) (a)", f"rate(c[{RANGE}])", "r * 2"]),
    labels=st.dictionaries(st.just("k"), st.sampled_from(["v", ""]), max_size=1),
)
GROUPS = st.lists(
    st.lists(st.one_of(RECORDINGS, ALERTS), min_size=1, max_size=4, unique_by=lambda rule: (type(rule), rule.expr)),
    min_size=1,
    max_size=2,
)
SERIES = st.dictionaries(
    st.sampled_from(['a{l="1"}', 'a{l="2"}', 'b{l="1"}', 'c{l="1"}', 'c{l="2"}']),
    VALUES.map(" ".join),
    min_size=1,
    max_size=4,
)
TIMES = st.lists(st.integers(0, 600).map(lambda seconds: seconds * 1000), min_size=1, max_size=3, unique=True)


def padded(values: str) -> str:
    """Long enough that no series ends unsaid."""
    return f"{values} 1x50"


def made(groups, given_series, times, interval):
    """A test file with what our engine finds, or None where a rule fails."""
    inputs = tuple(
        promtool.InputSeries(
            series=name, values=padded(text), labels=read_labels(name), samples=read_samples(padded(text))
        )
        for name, text in given_series.items()
    )
    found = RuleFile(groups=tuple(RuleGroup(name=f"g{at}", rules=tuple(rules)) for at, rules in enumerate(groups)))
    trial = Trial(found.groups, {one.labels: one.samples for one in inputs}, step=15_000, interval=interval)
    alerts = []
    for when in sorted(times):
        trial.run(when)
        for name in ("A", "B"):
            firing = [one for one in trial.alerts() if one.state == "firing" and ("alertname", name) in one.labels]
            expected = tuple(
                promtool.ExpectedAlert(
                    labels={key: value for key, value in one.labels if key != "alertname"},
                    annotations=dict(one.annotations),
                )
                for one in firing
            )
            alerts.append(promtool.AlertTest(eval_time=when, alertname=name, expected=expected))
    questions = []
    for expr in ("r", "r1", "a", "count(ALERTS) by (alertstate)", "ALERTS_FOR_STATE"):
        when = max(times)
        result = trial.ask(expr, when)
        assert isinstance(result, Vector)
        got = [(of, float(value)) for of, value in zip(result.labels, result.values, strict=True)]
        if all(value == value for _, value in got):  # noqa: PLR0124 - NaN is never what is expected
            samples = tuple(promtool.ExpectedSample(labels=of, value=value) for of, value in got)
            questions.append(promtool.ExprTest(expr=expr, eval_time=when, expected=samples))
    test = promtool.TestGroup(
        name="made", interval=15_000, input_series=inputs, alert_tests=tuple(alerts), expr_tests=tuple(questions)
    )
    file = promtool.TestFile(
        rule_files=("r.yml",), evaluation_interval=interval, tests=(test,),
        group_eval_order=tuple(group.name for group in found.groups),
    )  # fmt: skip
    return file, found, bool(trial.failures)


def wrong(file, choice):
    """The same file with one expectation that does not come true."""
    (test,) = file.tests
    if choice % 2 and test.expr_tests:
        at = choice % len(test.expr_tests)
        question = test.expr_tests[at]
        more = promtool.ExpectedSample(labels=(("__name__", "nothing"),), value=1.0)
        changed = replace(question, expected=(*question.expected, more))
        return replace(
            file, tests=(replace(test, expr_tests=(*test.expr_tests[:at], changed, *test.expr_tests[at + 1 :])),)
        )
    at = choice % len(test.alert_tests)
    asked = test.alert_tests[at]
    changed = replace(asked, expected=asked.expected[1:] if asked.expected else (promtool.ExpectedAlert(),))
    return replace(
        file, tests=(replace(test, alert_tests=(*test.alert_tests[:at], changed, *test.alert_tests[at + 1 :])),)
    )


MADE = st.tuples(GROUPS, SERIES, TIMES, st.sampled_from([15_000, 20_000, MINUTE]))


@pytest.mark.real
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MADE, st.integers(0, 99))
def test_a_file_made_at_random_has_the_verdict_of_promtool_right_and_wrong(tmp_path, one, choice):
    compare(tmp_path, one, choice)


@pytest.mark.real
@pytest.mark.proof
@pytest.mark.timeout(1800)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MADE, st.integers(0, 99))
def test_hundreds_of_files_made_at_random_have_the_verdict_of_promtool(tmp_path, one, choice):
    compare(tmp_path, one, choice)


def compare(tmp_path, one, choice):
    groups, series, times, interval = one
    file, rules, fails = made(groups, series, times, interval)
    (tmp_path / "r.yml").write_text(write_rules(rules))
    for written, verdict in ((file, "failed" if fails else "passed"), (wrong(file, choice), "failed")):
        text = promtool.write(written)
        (tmp_path / "t.yml").write_text(text)
        ours = run_file(tmp_path / "t.yml")
        theirs = {version: verdict_of(binary("promtool", version), tmp_path) for version in ("2.42", "3.5")}
        assert (ours.verdict, theirs) == (verdict, dict.fromkeys(theirs, verdict)), (text, write_rules(rules), ours)
