"""Metrics that nobody looks at, that are too many series, that contradict one another or thresholds."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check, lines


def pack(metrics, content='panels=[Panel("P", "up")]', services='[Service("shop", ["a:1"], [own])]'):
    return f"{metrics}\nown = Pack('own', metrics=[m], {content})\nstack = Stack(name='s', services={services})\n"


COUNTER = 'm = Counter("m_total", help="M.")'
HISTOGRAM = 'm = Histogram("m_seconds", help="M.", buckets=[0.5, 1])'


def test_a_metric_on_no_panel_and_in_no_rule_is_told(tmp_path):
    findings = check(tmp_path, pack(COUNTER), "unused-metric")
    assert lines(findings) == [("unused-metric", 1)]
    assert (findings[0].level, findings[0].subject) == ("note", "metric m_total")


@pytest.mark.parametrize(
    ("metric", "content"),
    [
        (COUNTER, 'panels=[Panel("P", "rate(m_total[5m])")]'),
        (COUNTER, 'recordings=[Recording("job:m:x", "m_total")], panels=[Panel("P", "up")]'),
        (COUNTER, """panels=[Panel("P", '{__name__=~"m_.*"}')]"""),
        (COUNTER, 'panels=[Panel("P", "up")], dashboard=Dashboard(variables=[Variable("v", "m_total", "job")])'),
        (HISTOGRAM, 'panels=[Panel("P", "m_seconds_count")]'),
        (COUNTER, ""),
        (COUNTER, 'panels=[Panel("P", "rate(m_total[5m]")]'),
        (COUNTER, """alerts=[Alert("A", "m_total >", severity="low", summary="s")], panels=[Panel("P", "up")]"""),
    ],
)
def test_whatever_asks_for_it_uses_it(tmp_path, metric, content):
    findings = check(tmp_path, pack(metric, content), "unused-metric")
    assert [one for one in findings if one.code == "unused-metric"] == []


def test_what_is_shipped_is_left_alone(tmp_path):
    source = pack(COUNTER, 'panels=[Panel("P", "m_total")]', '[Service("shop", ["a:1"], [http, own])]')
    assert check(tmp_path, source, "unused-metric", "cardinality", "missing-help") == []


LABELS = 'labels={{"a": [str(n) for n in range({})], "b": ["x", "y"]}}'


@pytest.mark.parametrize(
    ("metric", "targets", "words"),
    [
        (f'm = Counter("m_total", help="M.", {LABELS.format(50)})', 100, None),
        (f'm = Counter("m_total", help="M.", {LABELS.format(50)})', 101, "10,100 series: 50 a times 2 b times 101"),
        (f'm = Histogram("m_seconds", help="M.", buckets=[1, 2], {LABELS.format(50)})', 21, "times 5 (a histogram's"),
        ('m = Counter("m_total", help="M.", labels=["user"])', 1000, None),
        ('m = Counter("m_total", help="M.", labels=["user"], max_series=200_000)', 1, "user may have any value"),
        ('m = Histogram("m_seconds", help="M.", labels=["user"], max_series=8_000)', 1, "112,000 series in each"),
        ('m = Metric.foreign("counter", "m_total", exporter="x", help="M.", labels=["user"])', 500, None),
    ],
)
def test_too_many_series_are_told_before_they_are_there(tmp_path, metric, targets, words):
    services = f'[Service("shop", [f"a{{n}}:1" for n in range({targets})], [own])]'
    findings = check(tmp_path, pack(metric, services=services), "cardinality")
    assert lines(findings) == ([] if words is None else [("cardinality", 1)])
    assert words is None or words in findings[0].message


def test_every_service_that_uses_the_metric_counts(tmp_path):
    metric = f'm = Counter("m_total", help="M.", {LABELS.format(100)})'
    services = '[Service(f"s{n}", ["a:1"], [own]) for n in range(51)] + [Service("none", ["b:1"])]'
    (finding,) = check(tmp_path, pack(metric, services=services), "cardinality")
    assert "51 targets" in finding.message


def test_two_packs_of_one_name_must_mean_the_same(tmp_path):
    source = """\
def own(bounds):
    wait = Histogram("wait_seconds", help="W.", buckets=bounds, registry=REGISTRY())
    return Pack("own", metrics=[wait])
stack = Stack(name="s", services=[Service("a", ["a:1"], [own([1])]), Service("b", ["b:1"], [own({})])])
"""
    head = "from vedette.instruments.metrics import Registry as REGISTRY\n"
    (finding,) = check(tmp_path, head + source.format("[2]"), "metric-twice")
    assert (finding.place.line, finding.level) == (5, "error")
    assert "with other buckets" in finding.message
    assert check(tmp_path, head + source.format("[1]"), "metric-twice") == []


def test_a_metric_without_a_word_is_told(tmp_path):
    metric = 'm = Metric.foreign("gauge", "m", exporter="x"{})'
    assert lines(check(tmp_path, pack(metric.format("")), "missing-help")) == [("missing-help", 1)]
    assert check(tmp_path, pack(metric.format(', help="M."')), "missing-help") == []


QUANTILE = "histogram_quantile(0.9, sum by (job, le) (rate(m_seconds_bucket[5m])))"


@pytest.mark.parametrize(
    ("query", "threshold", "wrong"),
    [
        (QUANTILE, 2, True),
        (QUANTILE, 1, False),
        (QUANTILE, 0.7, False),
        (f"{QUANTILE} * 1000", 2, False),
        ("rate(m_seconds_sum[5m]) / rate(m_seconds_count[5m])", 2, False),
        (f"{QUANTILE} or up", 2, False),
    ],
)
def test_a_line_that_no_quantile_reaches(tmp_path, query, threshold, wrong):
    content = f'panels=[Panel("P", "{query}",\n  thresholds={{{threshold}: "high"}})]'
    findings = check(tmp_path, pack(HISTOGRAM, content), "bucket-bounds")
    assert lines(findings) == ([("bucket-bounds", 3)] if wrong else [])
