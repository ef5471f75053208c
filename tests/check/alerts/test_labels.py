"""Labels in the texts of alerts, and labels of alerts: what the engine yields is what the check says."""

from __future__ import annotations

import re

import pytest
from tests.check.alerts.rules import alert, findings, levels, record
from tests.check.alerts.synthetic import answer

DROPPED = [
    "sum(rate(x_total[5m])) > 1",
    "sum by (job) (rate(x_total[5m])) > 1",
    "sum without (instance) (rate(x_total[5m])) > 1",
    "max by (job) (x) - on (job) group_left () min by (job) (y) > 1",
    "x / on (job) y > 1",
    "x * ignoring (instance) sum without (instance) (y) > 1",
    "histogram_quantile(0.9, sum by (le, job) (rate(x_bucket[5m]))) > 1",
    "count by (job) (sum by (instance, job) (x) > 1) > 0",
    "topk(3, sum by (job) (x)) > 1",
    "label_replace(sum by (job) (x), 'host', '$1', 'job', '(.*)') > 1",
    "sum by (job) (x) > 1 and on (job) y > 1",
    "sum by (job) (x) > 1 or sum by (path) (x) > 1",
    "avg_over_time(sum by (job) (x)[5m:1m]) > 1",
    "count(x_up) by (job) == 0",
]
KEPT = [
    "x > 1",
    "sum by (instance) (x) > 1",
    "sum without (path) (x) > 1",
    "x / on (instance) y > 1",
    "sum by (job) (x) * on (job) group_right () y > 1",
    "y * on (job) group_left () sum by (job) (x) > 1",
    "topk(3, x) > 1",
    "label_replace(sum by (job) (x), 'instance', '$1', 'job', '(.*)') > 1",
    "x > 1 and on (job) sum by (job) (y) > 1",
    "x > 1 unless sum by (instance) (y) > 1",
    "max_over_time(x[5m:1m]) > 1",
    "count_values('instance', x) > 1",
    "sum by (job, instance) (x) > 1 or x > 5",
]


@pytest.mark.parametrize("expr", DROPPED)
def test_a_label_that_the_query_drops_is_found_and_the_engine_agrees(expr):
    (finding,) = findings("dropped-label", alert(expr, "On {{ $labels.instance }}"))
    assert (finding.level, finding.certain) == ("error", True)
    assert finding.place.line == 4
    given = answer(expr, ["instance", "job", "path"])
    assert given
    assert not any("instance" in dict(one) for one in given)


@pytest.mark.parametrize("expr", KEPT)
def test_a_label_that_the_query_keeps_is_not_found_and_the_engine_agrees(expr):
    assert findings("dropped-label", alert(expr, "On {{ $labels.instance }}")) == []
    given = answer(expr, ["instance", "job", "path"])
    assert given
    assert all("instance" in dict(one) for one in given)


def test_the_engine_says_that_absent_has_only_what_its_selector_fixes():
    expr = 'absent(up{job="shop", instance=~"a.*"})'
    assert [dict(one) for one in answer(expr, nothing=True)] == [{"job": "shop"}]
    (finding,) = findings("dropped-label", alert(expr, "{{ $labels.job }} on {{ $labels.instance }}"))
    assert "'instance'" in finding.message
    assert "instance=" in finding.fix


def test_a_label_that_only_one_side_of_or_lacks_is_a_warning():
    expr = "x > 1 or sum by (job) (x) > 5"
    (finding,) = findings("dropped-label", alert(expr, "On {{ $labels.instance }}"))
    assert finding.level == "warning"
    assert "one side" in finding.message


def test_the_message_quotes_the_part_and_the_fix_tells_how_and_what_else_is_there():
    (finding,) = findings("dropped-label", alert("sum by (job, path) (x) > 1", "On {{ $labels.instance }}"))
    assert "`sum by (job, path) (x)`" in finding.message
    assert "`sum by (job, path, instance)`" in finding.fix
    assert "job, path" in finding.fix.partition("is there:")[2]


def test_advice_never_asks_for_a_label_that_the_inner_part_lacks():
    (finding,) = findings("dropped-label", alert("sum by (job) (max by (job, path) (x)) > 1", "{{ $labels.instance }}"))
    assert "by (" not in finding.fix


def test_it_is_found_through_a_recording_rule():
    rules = [record("job:x:sum", "sum by (job) (x)"), alert("job:x:sum > 1", "On {{ $labels.instance }}")]
    assert len(findings("dropped-label", *rules)) == 1


@pytest.mark.parametrize(
    "summary",
    [
        "{{ with $labels.instance }}on {{ . }}{{ end }}",
        "{{ if $labels.instance }}on {{ $labels.instance }}{{ end }}",
        "{{ or $labels.instance `all` }}",
        "{{ range query `up` }}{{ .Labels.instance }}{{ end }}",
        "{{ $labels.job }}",
    ],
)
def test_what_is_guarded_or_of_another_query_is_left_alone(summary):
    assert findings("dropped-label", alert("sum by (job) (x) > 1", summary)) == []


def test_a_label_template_is_looked_at_like_an_annotation():
    rule = alert("sum by (job) (x) > 1", labels={"severity": "high", "host": "{{ $labels.instance }}"})
    (finding,) = findings("dropped-label", rule)
    assert "label 'host'" in finding.message


def test_every_text_and_label_is_told_once():
    text = "{{ $labels.instance }} {{ $labels.instance }} {{ $labels.path }}"
    found = findings("dropped-label", alert("sum by (job) (x) > 1", text, description=text))
    assert [re.findall(r"'(\w+)'", one.message)[:2] for one in found] == [
        ["summary", "instance"],
        ["summary", "path"],
        ["description", "instance"],
        ["description", "path"],
    ]


@pytest.mark.parametrize("name", ["alertname", "severity"])
def test_labels_that_the_rule_adds_are_probably_not_in_the_text(name):
    assert levels("dropped-label", alert("x > 1", f"{{{{ $labels.{name} }}}}")) == [("warning", False)]


def test_an_alert_over_alerts_has_the_name_of_an_alert():
    assert findings("dropped-label", alert("ALERTS{severity='page'} > 0", "{{ $labels.alertname }}")) == []


# --- labels of the alert itself --------------------------------------------------------------------------------------


def test_the_value_in_a_label_is_a_new_alert_each_time():
    rule = alert("x > 1", labels={"severity": "high", "at": "{{ $value | humanize }}"})
    assert len(findings("value-in-label", rule)) == 1


@pytest.mark.parametrize(
    "text", ["{{ if gt $value 90.0 }}critical{{ else }}high{{ end }}", "{{ $labels.job }}", "high"]
)
def test_a_label_that_only_decides_by_the_value_is_left_alone(text):
    assert findings("value-in-label", alert("x > 1", labels={"severity": text})) == []


@pytest.mark.parametrize(
    ("expr", "given", "expected"),
    [
        ("sum by (job) (x) > 1", {"job": "shop"}, [("warning", True)]),
        ("up == 0", {"instance": "all"}, [("warning", True)]),
        ("x > 1", {"job": "shop"}, [("warning", False)]),
        ("x > 1", {"path": "/"}, []),
        ("sum(x) > 1", {"job": "shop"}, []),
        ("sum by (job) (x) > 1", {"job": "{{ $labels.job }}-2"}, []),
        ('sum by (job) (x{job="shop"}) > 1', {"job": "shop"}, []),
    ],
)
def test_a_fixed_label_over_one_of_the_query_is_found(expr, given, expected):
    assert levels("label-overwrites", alert(expr, labels=given)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("critcal", "warning"), ("Critical", "warning"), ("blocker", "note"), ("page", ""), ("none", ""), ("medium", "")],
)
def test_a_severity_that_nobody_routes_is_found(value, expected):
    found = findings("unknown-severity", alert("x > 1", labels={"severity": value}))
    assert "".join(one.level for one in found) == expected
    assert all(one.edit is not None for one in found if one.level == "warning")


def test_a_severity_from_the_query_is_none_missing():
    assert findings("missing-severity", alert("sum by (severity) (x{severity!=''}) > 1", labels={})) == []
    assert len(findings("missing-severity", alert("x > 1", labels={}))) == 1


@pytest.mark.parametrize(
    ("expr", "summary", "count"),
    [
        ("sum by (job) (x) > 1", "Errors", 1),
        ("sum by (job) (x) > 1", "Errors of {{ $labels.job }}", 0),
        ("sum by (job) (x) > 1", "Errors: {{ $labels }}", 0),
        ("sum(x) > 1", "Errors", 0),
        ('sum by (job) (x{job="shop"}) > 1', "Errors", 0),
        ("x > 1", "Errors", 0),
        ("vector(1)", "Alive", 0),
    ],
)
def test_a_text_that_does_not_say_of_what_is_found(expr, summary, count):
    assert len(findings("summary-static", alert(expr, summary))) == count


def test_only_where_both_sides_must_have_the_label_both_are_told_to_keep_it():
    (one,) = findings("dropped-label", alert("sum by (job) (x) > 1 and on (job) y > 1", "{{ $labels.instance }}"))
    assert one.fix.startswith("write `sum by (job, instance)`, or ")
    (one,) = findings("dropped-label", alert("sum by (job) (x) / sum by (job) (y) > 1", "{{ $labels.instance }}"))
    assert "on both sides of the operator" in one.fix


def test_a_text_that_cannot_be_read_may_say_of_what_it_is():
    assert findings("summary-static", alert("sum by (job) (x) > 1", "{{ $label.job }}")) == []
    assert len(findings("summary-static", alert("sum by (job) (x) > 1", "Bad"))) == 1


def test_a_long_query_is_shortened_in_the_middle_so_that_its_end_is_told():
    query = "sum(rate(shop_orders_total{result='failed'}[5m])) / sum(rate(shop_orders_total[5m])) > 5"
    (one,) = findings("impossible-threshold", alert(query, "Bad"))
    first, _, second = one.message.partition(" is never true: ")
    assert first.startswith("`sum(rate(shop_orders_total{")
    assert first.endswith("[5m])) > 5`")
    assert "[5m]))` is between 0 and 1" in second
