"""What only declarations decide: bucket bounds, metrics that exist, intervals. Facts come from a small stack."""

from __future__ import annotations

import pytest

from vedette.check.check import Example
from vedette.check.example import findings_in
from vedette.check.registry import Choice

STACK = """\
from vedette import Alert, Environment, Gauge, Histogram, Pack, Service, Stack

checkout = Histogram("sample_checkout_seconds", help="Checkouts.", labels={{"path": None}}, buckets=[0.1, 0.25, 0.5, 1])
full = Gauge("sample_disk_used_ratio", help="How full it is.")
one = Alert(
    "CheckoutSlow",
    {expr!r},
    for_={for_!r},
    severity="high",
    summary={summary!r},
)
pack = Pack("sample", title="Sample", metrics=[checkout, full], alerts=[one])
stack = Stack(services=[Service("sample", targets=["localhost:8000"], packs=[pack])])
"""
LINE = 7
SUMMARY = "Of {{ $labels.job }}"
QUANTILE = "histogram_quantile(0.9, sum by (job, le) (rate(sample_checkout_seconds_bucket[5m])))"


def found(code, folder, expr, summary=SUMMARY, for_="5m"):
    text = STACK.format(expr=expr, summary=summary, for_=for_)
    return [
        one
        for one in findings_in(Example("observability.py", text), Choice(select=(code,)), folder)
        if one.code in (code, "internal")
    ]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (f"{QUANTILE} > 0.3", [("warning", True)]),
        (f"{QUANTILE} > 0.05", [("warning", True)]),
        (f"0.3 < {QUANTILE}", [("warning", True)]),
        (f"{QUANTILE} > 0.25", []),
        (f"{QUANTILE} * 1000 > 300", []),
        ('sum by (job) (rate(sample_checkout_seconds_bucket{le="0.3"}[5m])) < 1', [("error", True)]),
        ('sum by (job) (rate(sample_checkout_seconds_bucket{le="0.5"}[5m])) < 1', []),
        ('sum by (job) (rate(sample_checkout_seconds_bucket{le="1.0"}[5m])) < 1', []),
        ('sum by (job) (rate(sample_checkout_seconds_bucket{le="+Inf"}[5m])) < 1', []),
    ],
)
def test_a_threshold_beside_all_bucket_bounds_is_found(tmp_path, expr, expected):
    findings = found("threshold-between-buckets", tmp_path, expr)
    assert [(one.level, one.certain) for one in findings] == expected
    assert all(one.place.line == LINE for one in findings)


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        (f"{QUANTILE} > 1", 1),
        (f"{QUANTILE} > 5", 1),
        (f"{QUANTILE} > 0.5", 0),
        ("sample_disk_used_ratio > 90", 1),
        ("sample_disk_used_ratio > 0.9", 0),
        ("max by (job) (sample_disk_used_ratio) >= 1.5", 1),
        ("sum by (job) (sample_disk_used_ratio) > 1.5", 0),
        ("1 - sample_disk_used_ratio < 0", 1),
        ("sample_disk_used_ratio * 100 > 90", 0),
        ("sample_disk_used_ratio * 100 > 101", 1),
    ],
)
def test_a_threshold_that_the_declaration_excludes_is_an_error(tmp_path, expr, count):
    findings = found("impossible-threshold", tmp_path, expr)
    assert [(one.level, one.certain) for one in findings] == [("error", True)] * count


def test_the_message_tells_why_a_quantile_cannot_be_that_large(tmp_path):
    (finding,) = found("impossible-threshold", tmp_path, f"{QUANTILE} > 5")
    assert "largest bucket" in finding.message
    assert finding.place.line == LINE


def test_a_label_that_a_declared_metric_does_not_have_is_found(tmp_path):
    (finding,) = found("dropped-label", tmp_path, "sample_disk_used_ratio > 0.9", "On {{ $labels.path }}")
    assert (finding.level, finding.certain) == ("error", True)
    assert found("dropped-label", tmp_path, "sample_disk_used_ratio > 0.9", "On {{ $labels.instance }}") == []


@pytest.mark.parametrize(
    ("query", "count"), [("sample_disk_usage_ratio", 1), ("sample_disk_used_ratio", 0), ("up", 0), ("ALERTS", 0)]
)
def test_a_query_in_a_text_asks_for_what_is_declared(tmp_path, query, count):
    summary = f"{{{{ $labels.job }}}}: {{{{ query `{query}` | first | value }}}}"
    findings = found("template-query", tmp_path, "sample_disk_used_ratio > 0.9", summary)
    assert len(findings) == count
    assert all("'sample_disk_used_ratio'" in one.fix for one in findings)


@pytest.mark.parametrize(
    ("expr", "for_", "count"),
    [
        ("sample_disk_used_ratio > 0.9", "1s", 1),
        ("sample_disk_used_ratio > 0.9", "1m", 0),
        ("absent(up{job='sample'})", "20s", 1),
        ("absent(up{job='sample'})", "1m", 0),
        ("sample_disk_used_ratio > 0.9", "0s", 0),
    ],
)
def test_for_is_measured_by_the_scrape_interval(tmp_path, expr, for_, count):
    assert len(found("for-below-interval", tmp_path, expr, for_=for_)) == count


def test_the_unit_of_the_declaration_decides_how_the_value_reads(tmp_path):
    (finding,) = found(
        "missing-humanize", tmp_path, "sample_disk_used_ratio > 0.9", "{{ $value }}% on {{ $labels.job }}"
    )
    assert (finding.level, finding.certain) == ("warning", True)
