"""What a query can yield, and why: the rules one by one."""

from __future__ import annotations

import math

import pytest

from vedette.promql.flow import COUNT, RATIO, SECONDS, Branch, Label, Labels, Series, Unit, analyse
from vedette.promql.parser import parse

CLOSED = Label("never")


def series(name: str, unit: Unit | None = None, **labels: str) -> Series:
    """A declared counter or histogram; ``code="200 404"`` are all values of a label, ``""`` means any."""
    named = {key: Label("always", frozenset(values.split()) or None) for key, values in labels.items()}
    kind = "bucket" if name.endswith("_bucket") else "counter"
    bounds = (0.1, 1.0, 10.0) if kind == "bucket" else ()
    return Series(name=name, type=kind, unit=unit, low=0.0, labels=Labels(named, CLOSED), bounds=bounds)


KNOWN = {
    one.name: one
    for one in (
        series("requests_total", COUNT, job="", instance="", code="200 404 500"),
        series("cpu_seconds_total", SECONDS, job="", instance=""),
        series("sent_bytes_total", Unit((("bytes", 1),)), job="", instance=""),
        series("latency_seconds_bucket", SECONDS, job="", instance="", le="0.1 1.0 10.0 +Inf"),
        Series(
            name="busy_ratio",
            type="gauge",
            unit=RATIO,
            low=0.0,
            high=1.0,
            labels=Labels({"job": Label("always")}, CLOSED),
        ),
    )
}


def only(query: str) -> Branch:
    (branch,) = analyse(parse(query), KNOWN.get).branches
    return branch


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("requests_total", {"__name__", "job", "instance", "code"}),
        ("rate(requests_total[5m])", {"job", "instance", "code"}),
        ("sum by (job, nope) (requests_total)", {"job"}),
        ("sum without (code) (requests_total)", {"job", "instance"}),
        ("sum(requests_total)", set()),
        ("topk(3, requests_total)", {"__name__", "job", "instance", "code"}),
        ('count_values("size", requests_total)', {"size"}),
        ("histogram_quantile(0.9, sum by (job, le) (rate(latency_seconds_bucket[5m])))", {"job"}),
        ("requests_total * on (job) busy_ratio", {"job"}),
        ("requests_total * on (job) group_left () busy_ratio", {"job", "instance", "code"}),
        ("requests_total and on (job) busy_ratio", {"__name__", "job", "instance", "code"}),
        ("cpu_seconds_total / ignoring (instance) busy_ratio", {"job"}),
        ('absent(requests_total{job="shop", code=~"5.."})', {"job"}),
        ('label_replace(busy_ratio, "zone", "$1", "job", "(.*)")', {"__name__", "job", "zone"}),
        ("vector(1)", set()),
    ],
)
def test_the_labels_that_can_be_there(query: str, labels: set[str]) -> None:
    assert only(query).labels.possible() == labels


def test_nothing_is_said_of_the_labels_of_a_metric_that_nobody_knows() -> None:
    assert only("rate(strange_total[5m])").labels.possible() is None


def test_a_dropped_label_says_which_part_of_the_query_drops_it() -> None:
    query = "sum by (job) (rate(requests_total[5m])) > 1"
    why = only(query).labels.get("instance").why
    assert why is not None
    assert (why.text, query[why.span.start : why.span.end]) == (
        "`sum by (job)` keeps only job",
        "sum by (job) (rate(requests_total[5m]))",
    )


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("rate(requests_total[5m])", "count/s"),
        ("rate(sent_bytes_total[5m])", "bytes/s"),
        ("increase(sent_bytes_total[5m])", "bytes"),
        ("rate(cpu_seconds_total[5m])", "ratio"),
        ("rate(requests_total[5m]) / rate(requests_total[5m])", "ratio"),
        ("rate(cpu_seconds_total[5m]) / rate(requests_total[5m])", "s/count"),
        ("busy_ratio * 100", "percent"),
        ("100 * rate(requests_total[5m]) / rate(requests_total[5m])", "percent"),
        ("(rate(requests_total[5m]) / rate(requests_total[5m]) * 100) / 100", "ratio"),
        ("cpu_seconds_total * 1000", "milliseconds"),
        ("sum(sent_bytes_total)", "bytes"),
        ("count(sent_bytes_total)", "count"),
        ("sent_bytes_total * 0.9", "bytes"),
        ("time() - cpu_seconds_total", "seconds"),
    ],
)
def test_units_go_through_a_query(query: str, unit: str) -> None:
    found = only(query).unit
    assert found is not None
    assert str(found).replace("seconds/count", "s/count") == unit


@pytest.mark.parametrize(
    ("query", "low", "high"),
    [
        ("busy_ratio", 0, 1),
        ("1 - busy_ratio", 0, 1),
        ("rate(requests_total[5m])", 0, math.inf),
        ("-busy_ratio", -1, 0),
        ("busy_ratio > 0.5", 0.5, 1),
        ("busy_ratio > bool 0.5", 0, 1),
        ('sum by (job) (rate(requests_total{code="500"}[5m])) / sum by (job) (rate(requests_total[5m]))', 0, 1),
        ("histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))", 0, 10),
        ("clamp_max(requests_total, 7)", 0, 7),
        ("hour()", 0, 23),
        ("count(busy_ratio)", 1, math.inf),
    ],
)
def test_bounds_of_values_go_through_a_query(query: str, low: float, high: float) -> None:
    found = only(query)
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("busy_ratio > 5", "a value from 0 to 1 is never > 5"),
        ("2 < busy_ratio", "a value from 0 to 1 is never > 2"),
        ('requests_total{code="200", code="404"}', 'no value satisfies {code="200", code="404"}'),
        ('requests_total{code="418"}', "it is one of 200, 404, 500"),
        ('requests_total{room="x"}', "no series here has the label 'room'"),
        ("busy_ratio * on (instance) requests_total", "no series on the left has 'instance'"),
        ("busy_ratio * requests_total", "no series on the left has 'code'"),
        ('requests_total{code="200"} and requests_total{code="500"}', "never have the same 'code': 200 on the left"),
        ("histogram_quantile(0.9, sum by (job) (rate(latency_seconds_bucket[5m])))", "needs the label le"),
        ("absent(vector(1))", "of what is always there"),
        ("busy_ratio unless on () vector(1)", "drops everything"),
        ("sum(busy_ratio > 5) + 1", "is never > 5"),
    ],
)
def test_what_can_never_yield_anything_says_why(query: str, why: str) -> None:
    empty = only(query).empty
    assert empty is not None
    assert why in empty.text


@pytest.mark.parametrize(
    "query",
    [
        "busy_ratio > 0.5",
        'requests_total{code!="200"}',
        'requests_total{code=~"200|418"}',
        "requests_total and on (job) busy_ratio",
        "sum by (job) (requests_total) unless busy_ratio",
        'strange{x=""}',
    ],
)
def test_what_can_yield_something_is_not_called_empty(query: str) -> None:
    assert only(query).empty is None


def test_or_has_a_branch_for_each_side() -> None:
    left, right = analyse(parse("sum by (job) (requests_total) or busy_ratio > 5"), KNOWN.get).branches
    assert left.empty is None
    assert right.empty is not None


def test_every_part_of_the_tree_has_its_own_answer() -> None:
    tree = parse("sum by (job) (rate(requests_total[5m])) > 5")
    found = analyse(tree, KNOWN.get)
    assert found.of(tree.lhs)[0].low == 0  # type: ignore[union-attr]
    assert found.branches[0].low == 5
