"""Templates that cannot run, and queries in them that cannot be answered."""

from __future__ import annotations

import pytest
from tests.check.alerts.rules import alert, findings, levels


@pytest.mark.parametrize(
    ("summary", "fix"),
    [
        ("{{ $labels.job", "}}"),
        ("{{ if $labels.job }}x", "{{ end }}"),
        ("{{ $label.job }}", "'$labels'"),
        ("{{ $value | humanise }}", "'humanize'"),
        ("{{ labels.job }}", "write $labels"),
        ("{{ humanize }}", "correct"),
        ("{{ .Foo }}", ".Labels"),
        ("{{ $labels.job.name }}", ".Labels"),
        ('{{ reReplaceAll "a" "b" $value }}', "correct"),
    ],
)
def test_a_template_that_cannot_run_is_found(summary, fix):
    (finding,) = findings("template-syntax", alert("x > 1", summary))
    assert finding.level == "error"
    assert fix in finding.fix


@pytest.mark.parametrize(
    "summary",
    [
        "{{ with query `up` | first }}{{ . | value | humanize }}{{ end }}",
        "{{ range query `up` }}{{ .Labels.job }}{{ end }}",
        "{{ (index (query `up`) 3).Value }}",
        "{{ parseDuration $labels.window }}",
        "{{ $labels.job | toUpper }} {{ $externalLabels.cluster }} {{ $externalURL }} {{ pathPrefix }}",
        "{{ if gt $value 5.0 }}much{{ end }}",
        "{{ $value | printf `%.2f` }}",
        "plain",
    ],
)
def test_a_template_that_some_data_satisfy_is_left_alone(summary):
    assert findings("template-syntax", alert("x > 1", summary)) == []


def test_a_broken_template_is_found_where_it_breaks_and_spoils_no_other_check():
    rule = alert("sum by (job) (x) > 1", "{{ $labels.job }} and {{ $nothing }}", description="{{ $labels.instance }}")
    (finding,) = findings("template-syntax", rule)
    assert rule[finding.place.column - 9 :].startswith("$nothing")
    assert len(findings("dropped-label", rule)) == 1


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("{{ query `sum(up` | first | value }}", [("error", True)]),
        ("{{ query `up[5m]` | first | value }}", [("error", True)]),
        ("{{ printf `sum(up{job='%s'}` $labels.job | query | first | value }}", [("warning", False)]),
        ("{{ printf `sum(up{job='%s'})` $labels.job | query | first | value }}", []),
        ("{{ query `unknown_metric` | first | value }}", []),
        ("{{ range query `sort_desc(topk(5, up))` }}{{ .Value }}{{ end }}", []),
    ],
)
def test_a_query_that_cannot_be_answered_is_found(summary, expected):
    assert levels("template-query", alert("x > 1", summary)) == expected
