"""Names and values that stand for nothing are found in every part of a query; what is there is left alone."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check

from vedette.check.foreign import facts_of_texts
from vedette.check.queries import unknown_label

CODES = ("unknown-metric", "unknown-label", "unknown-label-value")

STACK = """\
jobs = Counter("jobs_total", help="J.", labels={{"result": ["ok", "failed"], "kind": None}})
wait = Histogram("wait_seconds", help="W.", buckets=[0.5, 1])
made = Metric.foreign("gauge", "queue_length", exporter="x", help="Q.", labels={{"queue": ["in", "out"]}})
own = Pack("own", metrics=[jobs, wait, made],
    recordings=[Recording("job:jobs:rate5m", "sum by (job) (rate(jobs_total[5m]))")],
    panels=[Panel("P", {query!r})])
stack = Stack(name="s", services=[
    Service("shop", ["a:1"], [http, own], labels={{"zone": "eu"}}), Service("web", ["b:1"], [own]),
    Service("other", ["c:1"], [http]),
])
"""


def found(folder, query):
    return [
        (one.code, one.level, one.place.column, one.message, one.fix)
        for one in check(folder, STACK.format(query=query), *CODES)
    ]


def column(query, part):
    """The column of a part of a query in the line of the panel."""
    return len("    panels=[Panel('P', '") + query.index(part) + 1


@pytest.mark.parametrize(
    "query",
    [
        'sum by (job, result) (rate(jobs_total{result="failed", kind="any"}[5m]))',
        'jobs_total{result=~"ok|failed|_OTHER", zone="eu", instance="x", job="web"}',
        'jobs_total{result!~"fa.*", kind=~"a|b"}',
        'jobs_total{result="", kind=""}',
        'wait_seconds_bucket{le="1"} / ignoring (le) group_left wait_seconds_count',
        'wait_seconds_bucket{le="1.0"}',
        'queue_length{queue=~"$queue"}',
        "job:jobs:rate5m / on (job) up",
        "sum without (instance, job) (job:jobs:rate5m)",
        'ALERTS{severity="x", alertstate="firing"} or vector(1)',
        "sum by (job) (rate(jobs_total[5m])) or sum by (job) (up)",
        "sum without (anything) (absent(up))",
        'sum by (made) (label_replace(up, "made", "$1", "job", "(.*)"))',
        "http_server_request_duration_seconds_count",
        '{__name__=~"jobs_.*", whatever="x"}',
        'count_values by (job) ("value", up)',
    ],
)
def test_what_there_is_is_left_alone(tmp_path, query):
    assert found(tmp_path, query) == []


@pytest.mark.parametrize(
    ("query", "part", "name", "fix"),
    [
        ("rate(job_total[5m])", "job_total", "job_total", "jobs_total"),
        ("up / wait_seconds", "wait_seconds", "wait_seconds", "wait_seconds_bucket or wait_seconds_sum or wait_second"),
        ("absent(zebra)", "zebra", "zebra", "declare it in metrics="),
        ('{__name__="zebra"}', "{", "zebra", "declare it"),
    ],
)
def test_a_metric_that_nobody_declares(tmp_path, query, part, name, fix):
    ((code, level, at, message, told),) = found(tmp_path, query)
    assert (code, level, at) == ("unknown-metric", "error", column(query, part))
    assert repr(name) in message
    assert fix in told


@pytest.mark.parametrize(
    ("query", "part", "level", "told"),
    [
        ('jobs_total{reslt="ok"}', "reslt", "error", ("jobs_total does not have", "write result")),
        ('queue_length{name=~"$queue"}', "name", "error", ("queue_length does not have", "take name out")),
        ("sum by (job, reslt) (jobs_total)", "reslt", "error", ("groups by the label 'reslt'", "write result")),
        ("sum by (kind) (sum by (job) (jobs_total))", "kind", "error", ("keeps only job", "keep kind in the inner")),
        ("sum without (reslt) (jobs_total)", "reslt", "warning", ("drops the label", "write result")),
        ("jobs_total / on (job, sope) up", "sope", "error", ("matches on the label 'sope'", "take sope out")),
        ("jobs_total / ignoring (reslt) up", "reslt", "warning", ("ignores the label", "write result")),
        ('job:jobs:rate5m{kind="x"}', "kind", "error", ("job:jobs:rate5m does not have", "take kind out")),
        ('sum(jobs_total{kind="kind"}) by (kindd)', "kindd", "error", ("groups by", "write kind")),
    ],
)
def test_a_label_that_is_not_there(tmp_path, query, part, level, told):
    ((code, is_level, at, message, fix),) = found(tmp_path, query)
    assert (code, is_level, at) == ("unknown-label", level, column(query, part))
    assert told[0] in message
    assert told[1] in fix


@pytest.mark.parametrize(
    ("query", "part", "level", "words"),
    [
        ('jobs_total{result="fail"}', "fail", "error", "finds nothing"),
        ('jobs_total{result!="fail"}', "fail", "warning", "does nothing"),
        ('jobs_total{result=~"ok|fail"}', "ok|fail", "warning", "asks for 'fail'"),
        ('jobs_total{result=~"fine|fail"}', "fine", "error", "asks for 'fail' and 'fine'"),
        ('jobs_total{result=~"5.."}', "5..", "error", "finds nothing"),
        ('jobs_total{job="shopp"}', "shopp", "error", "it is one of shop, web"),
        ('jobs_total{job="other"}', "other", "error", "it is one of shop, web"),
        ('wait_seconds_bucket{le="0.25"}', "0.25", "error", "it is one of +Inf, 0.5, 1, 1.0"),
        ('queue_length{queue="_OTHER"}', "_OTHER", "error", "it is one of in, out"),
        ('ALERTS{alertstate="resolved"}', "resolved", "error", "it is one of firing, pending"),
    ],
)
def test_a_value_outside_of_its_set(tmp_path, query, part, level, words):
    ((code, is_level, at, message, _),) = found(tmp_path, query)
    assert (code, is_level, at) == ("unknown-label-value", level, column(query, part))
    assert words in message


def test_the_value_that_stands_for_all_others_is_not_proposed(tmp_path):
    ((*_, message, fix),) = found(tmp_path, 'jobs_total{result="late"}')
    assert message.endswith("it is one of failed, ok")
    assert fix == "write one of failed, ok, or declare the value"


def foreign(expr):
    text = f"groups:\n  - name: g\n    rules:\n      - record: a:b:c\n        expr: {expr}\n"
    return list(unknown_label.find(facts_of_texts({"rules.yml": text})[0]))


def test_in_other_files_only_what_the_query_dropped_is_told():
    assert foreign('sum by (anything) (x{whatever="1"}) / on (nothing) y') == []
    (one,) = foreign("sum by (instance) (sum by (job) (x))")
    assert (one.level, one.certain, one.place.line) == ("warning", True, 5)
    assert "keeps only job" in one.message


def test_an_instrument_that_no_pack_has_is_to_be_put_into_one(tmp_path):
    source = """\
waits = Histogram("wait_seconds", help="W.", buckets=[0.5, 1])
jobs = Counter("jobs_total", help="J.")
own = Pack("own", metrics=[jobs], panels=[Panel("P", "wait_seconds_count")])
stack = Stack(name="s", services=[Service("shop", ["a:1"], [own])])
"""
    (one,) = check(tmp_path, source, "unknown-metric")
    assert one.fix == "add waits (observability.py:3:9) to metrics=[…] of the pack"
