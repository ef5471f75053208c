"""A ratio of each series with itself is found, and what comes of it is what the engine answers."""

from __future__ import annotations

import json

import pytest
from tests.check.asked import findings

from vedette.check.foreign import facts_of_texts
from vedette.check.registry import Choice
from vedette.check.run import run
from vedette.promql.labels import NAME, labels
from vedette.testing.trial import Trial

MINUTE = 60_000

WRONG = [
    'rate(x{code="500"}[5m]) / rate(x[5m])',
    'rate(x[5m]) / rate(x{code="500"}[5m])',
    'rate(x{code=~"5.."}[5m]) / rate(x{job="shop"}[5m])',
    'x{code="500"} / x',
    'sum by (job, code) (rate(x{code="500"}[5m])) / sum by (code, job) (rate(x[5m]))',
    'sum without (instance) (rate(x{code="500"}[5m])) / sum without (instance) (rate(x[5m]))',
    'sum by (job, code) (rate(x{code="500"}[5m])) / on (job, code) sum by (job, code) (rate(x[5m]))',
    'sum by (job, code) (x{code="500"}) / on (job, code) group_left () sum by (job, code) (x)',
    'max_over_time(sum by (code) (x{code="500"})[5m:1m]) / max_over_time(sum by (code) (x)[5m:1m])',
    'quantile by (code) (0.5, x{code="500"}) / quantile by (code) (0.5, x)',
    '(rate(x{code="500"}[5m])) / ((rate(x[5m])))',
    'ceil(clamp(x{code="500"}, 0, 7)) / ceil(clamp(x, 0, 7))',
    "x / x",
    'x{code="500"} - x',
    '-x{code="500"} - -x',
    'x{code="500"} % x',
    'x{code="500"} > x',
    'x{code="500"} >= x',
    'x{code="500"} == x',
    'x{code="500"} != x',
    "x > x",
]
FACTORS = ['100 * x{code="500"} / x', 'x{code="500"} / (x * 60)', '(x{code="500"} / 60) / x']
RIGHT = [
    'sum by (job) (rate(x{code="500"}[5m])) / sum by (job) (rate(x[5m]))',
    'sum(rate(x{code="500"}[5m])) / sum(rate(x[5m]))',
    'sum without (code) (x{code="500"}) / sum without (code) (x)',
    'sum by (job, code) (x{code="500"}) / on (job) group_left () sum by (job) (x)',
    'sum by (job, code) (x{code="500"}) / ignoring (code) group_left () sum by (job) (x)',
    'x{code="500"} / ignoring (code) x{code="200"}',
    "x / x offset 5m",
    "rate(x[5m]) / rate(x[10m])",
    "max_over_time(x[5m]) / min_over_time(x[5m])",
    "max_over_time(x[5m:1m]) / max_over_time(x[10m:1m])",
    'x{code="500"} / y',
    'sum by (code) (x{code="500"}) / max by (code) (x)',
    "sum by (code) (x) / sum by (job, code) (x)",
    "quantile by (code) (0.5, x) / quantile by (code) (0.9, x)",
    'clamp_max(x{code="500"}, 5) / clamp_max(x, 7)',
    "x / -x",
    'topk(1, x{code="500"}) / topk(1, x)',
    'x{code="500"} * x',
    'x{code="500"} and x',
    "x == x",
    "x != x",
    "100 * x > x",
    "x / 60",
    'sum by (job, code) (sum by (job) (x{code="500"})) / sum by (job, code) (sum by (job) (x))',
]
RESULT = {"/": 1.0, "-": 0.0, "%": 0.0}


def answers(expr):
    """What the engine answers over series that all differ."""
    codes = ("200", "404", "500")
    given = {
        labels({NAME: name, "job": "shop", "instance": instance, "code": code}): [
            1.0 + (number + 2) * at * (1 + shift) ** 2 / 7 for at in range(20)
        ]
        for number, name in enumerate("xy")
        for shift, (instance, code) in enumerate((instance, code) for instance in "ab" for code in codes)
    }
    trial = Trial([], given, step=MINUTE, interval=MINUTE)
    trial.run(19 * MINUTE)
    return list(trial.ask(expr, 19 * MINUTE).values)


@pytest.mark.parametrize("expr", WRONG)
def test_what_is_paired_with_itself_comes_to_what_is_said(expr):
    (finding,) = findings("paired-with-itself", expr)
    assert finding.certain
    outcome = finding.message.rpartition(": ")[2]
    values = answers(expr)
    match outcome.split():
        case ["the", "result", "is", "always", number]:
            assert values
            assert values == pytest.approx([float(number)] * len(values))
        case ["it", "is", "never", "true"]:
            assert values == []
        case ["it", "is", "always", "true"]:
            assert values == answers('x{code="500"}') != []
        case _:
            raise AssertionError(outcome)


@pytest.mark.parametrize("expr", FACTORS)
def test_a_factor_makes_it_another_number_that_never_changes(expr):
    (finding,) = findings("paired-with-itself", expr)
    assert finding.message.endswith("which is itself: the result is always the same number")
    assert len({round(value, 12) for value in answers(expr)}) == 1


@pytest.mark.parametrize("expr", RIGHT)
def test_what_can_differ_gets_no_word(expr):
    assert findings("paired-with-itself", expr) == []


def test_sides_that_never_pair_are_told_by_another_check():
    assert findings("paired-with-itself", 'x{code="500"} / x{code="200"}') == []


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ('rate(x{code="500"}[$__rate_interval]) / rate(x[$__rate_interval])', True),
        ('rate(x{job="$job",code="500"}[5m]) / rate(x{job="$job"}[5m])', True),
        ('sum by (job) (x{code=~"$code"}) / sum by (job) (x)', False),
        ("x / x{$filter}", False),
        ("max_over_time(x[$a]) / max_over_time(x[$b])", False),
        ("x / x offset $before", False),
    ],
)
def test_a_variable_of_a_dashboard_may_make_a_difference(expr, wrong):
    panel = {"id": 1, "type": "stat", "title": "P", "targets": [{"refId": "A", "expr": expr}]}
    text = json.dumps({"title": "D", "schemaVersion": 39, "panels": [panel]})
    facts, problems = facts_of_texts({"d.json": text})
    assert [one.code for one in run(facts, problems, choice=Choice(select=("paired-with-itself",)))] == (
        ["paired-with-itself"] if wrong else []
    )
