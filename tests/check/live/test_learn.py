"""What a server or a page knows becomes what the checks know of the series: types, units, labels, bounds."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.check.foreign import facts_of_texts
from vedette.check.live.api import NAMES, Questions
from vedette.check.live.ask import read_answers
from vedette.check.live.learn import questions, with_live
from vedette.check.live.page import read_page
from vedette.check.registry import Choice
from vedette.check.run import run
from vedette.errors import VedetteError
from vedette.promql.flow import COUNT, SECONDS, unit_of_name

URL = "http://localhost:9090"

RULES = """\
groups:
  - name: g
    rules:
      - alert: A
        expr: sum by (foo) (rate(a_total{job="x",env="prod"}[30d] offset 2d)) > 1
        for: 5m
      - record: r:s
        expr: a_seconds_bucket + b
      - alert: B
        expr: histogram_quantile(0.9, rate(a_seconds_bucket[5m])) > 3
"""

ANSWERS = {
    NAMES: ["a_total", "a_seconds_bucket", "a_seconds_sum", "b", "r:live", "pushed_seconds_total"],
    "metadata": {
        "a_total": [{"type": "counter", "help": "A.", "unit": ""}],
        "a_seconds": [{"type": "histogram", "help": "A.", "unit": "seconds"}],
        "b": [{"type": "gauge", "help": "", "unit": ""}, {"type": "counter", "help": "", "unit": ""}],
        "later": [{"type": "counter", "help": "Nothing has happened yet.", "unit": ""}],
    },
    "series": [
        {"__name__": "a_total", "job": "x", "env": "prod", "code": "200"},
        {"__name__": "a_total", "job": "x", "env": "prod"},
        {"__name__": "a_seconds_bucket", "job": "x", "le": "0.5"},
        {"__name__": "a_seconds_bucket", "job": "x", "le": "+Inf"},
    ],
    "rules": {
        "groups": [
            {
                "name": "g",
                "file": "/etc/prometheus/rules.yml",
                "rules": [
                    {"type": "alerting", "name": "A", "query": "b", "duration": 300, "labels": {}},
                    {"type": "recording", "name": "r:live", "query": "sum by (job) (rate(a_total[5m]))", "labels": {}},
                    {"type": "recording", "name": "r:new", "query": "sum by (job) (rate(a_total[5m]))", "labels": {}},
                ],
            }
        ]
    },
    "targets": {
        "activeTargets": [
            {"labels": {"job": "x"}, "scrapeUrl": "http://x/m?a=b", "health": "up", "scrapeInterval": interval}
            for interval in ("15s", "15s", "5m")
        ]
    },
    "status/config": {"yaml": "global:\n  evaluation_interval: 20s\n  external_labels: {cluster: eu}\n"},
    "status/runtimeinfo": {"storageRetention": "15d or 10GiB"},
    "status/buildinfo": {"version": "3.5.0"},
    "label/job/values": ["x", "y"],
    "status/tsdb": {"seriesCountByMetricName": [{"name": "b", "value": 30_000}]},
    "query": {
        "resultType": "vector",
        "result": [{"metric": {"__name__": "a_total", "label": "zz"}, "value": [1, "2"]}],
    },
    "labels": ["__name__", "job", "zz"],
}


def facts_of(rules=RULES):
    facts, found = facts_of_texts({"rules.yml": rules})
    assert not found
    return facts


def heard(**changed):
    facts = facts_of()
    live = read_answers({**ANSWERS, **changed}, URL, questions(facts))
    return with_live(facts, live), live


def states(series):
    return {name: label.state for name, label in series.labels.named.items()}


# --- a server --------------------------------------------------------------------------------------------------------


def test_a_server_says_what_its_series_are():
    facts, live = heard()
    assert facts.live
    assert facts.complete
    counter = facts.known("a_total")
    assert (counter.type, counter.unit, counter.low, counter.certain) == ("counter", COUNT, 0, True)
    assert counter.why == f"{URL} has it"
    buckets = facts.known("a_seconds_bucket")
    assert (buckets.type, buckets.unit, buckets.bounds, buckets.metric) == ("bucket", SECONDS, (0.5,), "a_seconds")
    assert buckets.labels.get("le").values == {"0.5", "+Inf"}
    assert (facts.known("a_seconds_sum").type, facts.known("a_seconds_sum").unit) == ("counter", SECONDS)
    assert live.retention == 15 * 86_400_000


def test_labels_of_all_series_are_always_there_and_no_others_ever():
    facts, _ = heard()
    series = facts.known("a_total")
    assert states(series) == {"cluster": "maybe", "job": "always", "env": "always", "code": "maybe"}
    assert series.labels.closed
    assert series.labels.get("foo").state == "never"


def test_a_value_that_there_is_none_of_today_may_come_tomorrow():
    facts, _ = heard()
    assert facts.known("a_total").labels.get("code").values is None


def test_of_too_many_series_only_the_names_of_the_labels_are_asked_for():
    facts, live = heard()
    assert states(facts.known("b")) == {"cluster": "maybe", "job": "maybe", "zz": "maybe"}
    assert facts.known("b").labels.closed
    assert live.values["b"] == {"zz": 2}


def test_where_targets_differ_the_type_is_not_certain():
    facts, _ = heard()
    assert facts.known("b").type == "unknown"


def test_what_nobody_describes_is_guessed_by_its_name_and_its_labels_are_known():
    facts, _ = heard(series=[{"__name__": "pushed_seconds_total", "job": "x"}])
    pushed = facts.known("pushed_seconds_total")
    assert (pushed.type, pushed.unit, pushed.certain) == ("counter", SECONDS, False)
    assert pushed.labels.closed


def test_what_is_announced_exists_before_it_happens():
    facts, _ = heard()
    assert facts.known("later_total").type == "counter"
    assert facts.known("later_total").labels.get("anything").state == "maybe"
    assert facts.known("never_heard_of_total") is None


def test_what_is_stored_says_how_its_family_names_its_series():
    facts, _ = heard(**{NAMES: ["later_total"]})
    assert facts.known("later_total") is not None
    assert facts.known("later") is None


def test_rules_that_run_say_what_they_record():
    facts, _ = heard()
    for name in ("r:live", "r:new"):
        assert (facts.known(name).type, str(facts.known(name).unit)) == ("gauge", "count/s")
        assert facts.known(name).why == f"recorded on {URL}"
    assert facts.known("r:s").why == "recorded in rules.yml:7:9"


def test_rules_that_record_themselves_there_end():
    rule = {"type": "recording", "name": "a:b", "query": "a:b + 1", "labels": {}}
    facts, _ = heard(rules={"groups": [{"rules": [rule]}]})
    assert facts.known("a:b") is not None


def test_alerts_and_what_every_scrape_writes_are_there_before_any():
    facts, _ = heard()
    assert facts.known("ALERTS").labels.get("severity").state == "maybe"
    assert facts.known("up").type == "gauge"


def test_the_interval_of_most_targets_counts_unless_the_files_say():
    facts, live = heard()
    assert facts.scrape_interval == 15_000
    assert facts.evaluation_interval == 20_000
    config = "global: {scrape_interval: 1m}\nscrape_configs: [{job_name: a, static_configs: [{targets: ['a:1']}]}]\n"
    own, _ = facts_of_texts({"rules.yml": RULES, "prometheus.yml": config})
    assert with_live(own, live).scrape_interval == 60_000


def test_all_names_are_there_to_choose_from():
    facts, _ = heard()
    assert set(facts.series) > {"a_total", "later_total", "r:s", "up"}
    assert facts.series["a_total"].type == "counter"
    assert len(facts.series) == len(set(facts.series))
    with pytest.raises(KeyError):
        facts.series["gone_total"]


def test_where_older_samples_are_elsewhere_nothing_is_said_of_retention():
    _, live = heard(**{"status/config": {"yaml": "remote_read: [{url: 'http://long.example'}]\n"}})
    assert live.retention is None


@pytest.mark.parametrize(
    ("written", "retention"),
    [("15d", 1_296_000_000), ("10GiB", None), ("", None), (7, None), ("1" * 400 + "d", None), ("0s", None)],
)
def test_retention_is_what_a_server_writes(written, retention):
    assert heard(**{"status/runtimeinfo": {"storageRetention": written}})[1].retention == retention


def test_what_is_not_told_is_named_and_not_missed():
    facts = facts_of()
    live = read_answers({NAMES: ["a_total"]}, URL, questions(facts))
    assert live.unanswered == ("counts", "retention", "rules", "series", "targets", "types")
    learned = with_live(facts, live)
    assert learned.known("a_total").type == "counter"
    assert not learned.known("a_total").certain


def test_the_questions_are_about_what_is_asked_for():
    dashboard = {
        "title": "D",
        "panels": [{"id": 1, "title": "P", "type": "stat", "targets": [{"refId": "A", "expr": "c_total"}]}],
        "templating": {"list": [{"name": "v", "type": "query", "query": 'label_values(d_info{x="y"}, z)'}]},
    }  # fmt: skip
    facts, _ = facts_of_texts({"rules.yml": RULES, "d.json": json.dumps(dashboard)})
    assert questions(facts).names == {"a_total", "a_seconds_bucket", "b", "c_total", "d_info"}


# --- a page ----------------------------------------------------------------------------------------------------------

TEXT = b"""\
# HELP a_total A.
# TYPE a_total counter
a_total{code="200"} 1
a_total 2
# TYPE none_yet_total counter
# TYPE a_seconds histogram
a_seconds_bucket{le="1"} 1
a_seconds_bucket{le="+Inf"} 1
a_seconds_sum 1
a_seconds_count 1
# TYPE s summary
s{quantile="0.5"} 1
s_sum 1
s_count 1
"""
OPENMETRICS = b"""\
# TYPE a counter
a_total{code="200"} 1
a_created{code="200"} 1
# TYPE none_yet counter
# TYPE built info
built_info{version="1"} 1
# TYPE state stateset
state{state="on"} 1
# TYPE size_bytes gaugehistogram
# UNIT size_bytes bytes
size_bytes_bucket{le="+Inf"} 1
size_bytes_gcount 1
size_bytes_gsum 1
# EOF
"""


def on_page(body, kind="text"):
    return with_live(facts_of(), read_page(body, kind, "http://localhost:8000/metrics"))


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("a_total", "counter", COUNT),
        ("none_yet_total", "counter", COUNT),
        ("a_seconds_bucket", "bucket", SECONDS),
        ("a_seconds_sum", "counter", SECONDS),
        ("a_seconds_count", "counter", COUNT),
        ("s", "quantile", None),
        ("s_count", "counter", COUNT),
    ],
)
def test_a_page_of_text_says_types(name, kind, unit):
    series = on_page(TEXT).known(name)
    assert (series.type, series.unit, series.certain) == (kind, unit, True)


@pytest.mark.parametrize(
    ("name", "kind", "unit", "high"),
    [
        ("a_total", "counter", COUNT, math.inf),
        ("a_created", "gauge", SECONDS, math.inf),
        ("none_yet_total", "counter", COUNT, math.inf),
        ("built_info", "info", None, 1),
        ("state", "stateset", None, 1),
        ("size_bytes_gsum", "gauge", unit_of_name("x_bytes"), math.inf),
    ],
)
def test_a_page_of_openmetrics_says_types(name, kind, unit, high):
    series = on_page(OPENMETRICS, "openmetrics").known(name)
    assert (series.type, series.unit, series.high, series.certain) == (kind, unit, high, True)


def test_a_page_knows_nothing_of_other_processes_nor_of_what_the_scrape_adds():
    facts = on_page(TEXT)
    assert not facts.live
    assert not facts.complete
    assert not facts.known("elsewhere_total").certain
    labels = facts.known("a_total").labels
    assert {name: label.state for name, label in labels.named.items()} == {
        "job": "always", "instance": "always", "code": "maybe",
    }  # fmt: skip
    assert labels.get("namespace").state == "maybe"


def test_a_page_says_where_each_family_stands():
    live = read_page(TEXT, "text", "x")
    assert {name: one.line for name, (one,) in live.metadata.items()} == {
        "a_total": 2, "none_yet_total": 5, "a_seconds": 6, "s": 11,
    }  # fmt: skip


# --- whatever comes --------------------------------------------------------------------------------------------------

KEYS = [
    "groups",
    "rules",
    "name",
    "type",
    "query",
    "labels",
    "yaml",
    "value",
    "metric",
    "result",
    "activeTargets",
    "\x07",
]
SCALARS = st.sampled_from([
    None, True, 0, -1, 1e308, float("inf"), 2**70, "", "x", "NaN", "5m", "\x1b[31m", "a" * 1000, "(",
    "9" * 30 + "y", "{", "\ud800", "a_total", "sum(b",
])  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw, value=ANSWERS):
    """The answers, with anything at all in some places."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    if isinstance(value, dict):
        return {key: draw(damaged(one)) for key, one in value.items() if draw(st.integers(0, 19))}
    return [draw(damaged(one)) for one in value] if isinstance(value, list) else value


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_whatever_a_server_answers_every_check_runs_and_nothing_steers_a_terminal(answers):
    facts = facts_of()
    try:
        live = read_answers(answers if isinstance(answers, dict) else {}, URL, questions(facts))
    except VedetteError:
        return
    findings = run(with_live(facts, live), choice=Choice(everything=True))
    assert not [one.message for one in findings if one.code == "internal"]
    assert all(f"{one.message}{one.fix}{one.subject}{live.described()}".isprintable() for one in findings)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(TEXT.splitlines(keepends=True) + OPENMETRICS.splitlines(keepends=True))
        | st.binary(max_size=20),
        max_size=12,
    ),
    st.sampled_from(["text", "openmetrics"]),
)
def test_whatever_stands_on_a_page_every_check_runs(lines, kind):
    try:
        live = read_page(b"".join(lines), kind, "http://x/metrics")
    except VedetteError:
        return
    findings = run(with_live(facts_of(), live), choice=Choice(everything=True))
    assert not [one.message for one in findings if one.code == "internal"]


def test_a_server_with_very_many_metrics_is_heard_in_a_moment():
    answers = {NAMES: [f"metric_{number}_total" for number in range(50_000)]}
    facts = facts_of()
    learned = with_live(facts, read_answers(answers, URL, Questions()))
    assert learned.known("metric_7_total").type == "counter"
    assert learned.known("metric_7x_total") is None
