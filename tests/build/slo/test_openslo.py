"""Objectives go out as OpenSLO and come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.build.plan import plan
from vedette.build.slo.openslo import export, imported
from vedette.catalog import Events, Freshness, Latency, Pack, Service, Slo, Stack
from vedette.errors import ConfigError
from vedette.formats import openslo
from vedette.instruments.metrics import Metric

METRICS = [
    Metric.foreign("counter", "orders_total", exporter="x", labels=["result", "route"], help="O."),
    Metric.foreign("counter", "failures_total", exporter="x", labels=["route"], help="F."),
    Metric.foreign("histogram", "seconds", exporter="x", labels=["route"], help="S."),
    Metric.foreign("gauge", "last_backup_timestamp_seconds", exporter="x", help="B."),
]

indicators = st.sampled_from(
    [
        Events("orders_total", errors='{result="failed"}'),
        Events('orders_total{route!="/health"}', errors='{result=~"failed|lost"}'),
        Events("orders_total", good='{result="done"}'),
        Events("orders_total", errors="failures_total"),
        Latency("seconds", below=0.25),
        Latency("seconds", below=1, where='{route="/buy"}'),
        Freshness("last_backup_timestamp_seconds", within="93600s"),
    ]
)
objectives = st.builds(
    Slo,
    st.sampled_from(["checkout", "a-b"]),
    indicators,
    objective=st.sampled_from(["90", "99.9", "99.95", "99.999"]),
    window=st.sampled_from(["7d", "28d", "30d", "5d12h"]),
    min_errors=st.integers(1, 50),
    title=st.sampled_from(["Checkout: all", "1"]),
    description=st.sampled_from(["", "It works."]),
    team=st.sampled_from(["", "web"]),
)


def there(slo: Slo, job="shop") -> str:
    stack = Stack(services=[Service(job, ["a:1"], [Pack("shop", metrics=METRICS, slos=[slo])])])
    return openslo.write(export(plan(stack, stack.environment())))


@settings(max_examples=80, deadline=None)
@given(objectives)
def test_there_and_back_it_is_the_same(slo):
    ((service, found),) = imported(there(slo), "o.yaml")
    assert service == "shop"
    assert found == Slo(
        slo.name,
        slo.indicator,
        objective=slo.objective,
        window=found.window,
        min_errors=slo.min_errors,
        title=slo.title,
        description=slo.description,
        team=slo.team,
    )
    assert found.window_ms == slo.window_ms
    assert there(found) == there(slo)


def test_the_labels_of_a_budget_come_back():
    slo = Slo("a", Events("orders_total", errors='{result="failed"}'), objective=99, by=["route", "result"])
    ((_, found),) = imported(there(slo), "o.yaml")
    assert found.by == ("route", "result")


def test_each_service_has_its_own():
    pack = Pack("shop", metrics=METRICS, slos=[Slo("a", Latency("seconds", below=0.5), objective=99)])
    stack = Stack(name="s", services=[Service("shop", ["a:1"], [pack]), Service("ware", ["b:1"], [pack])])
    found = export(plan(stack, stack.environment()))
    assert [one.name for one in found] == ["shop-shop-a", "ware-shop-a"]
    assert 'sum(seconds_bucket{job="ware",le="0.5"})' in openslo.write(found)


FOREIGN = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: Web Availability}
spec:
  service: web
  indicator:
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(http_requests_total{code!~"5.."}[5m]))'}}}
        total: {metricSource: {type: prometheus, spec: {query: 'sum(rate(http_requests_total[5m]))'}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.995}, {displayName: Good days, target: 0.9}]
"""


def test_a_file_of_another_tool_is_taken_over():
    found = [slo for _, slo in imported(FOREIGN, "o.yaml")]
    assert [(slo.name, slo.objective, slo.window_ms) for slo in found] == [
        ("web-availability-1", "99.5", 28 * 86_400_000),
        ("web-availability-good-days", "90", 28 * 86_400_000),
    ]
    assert found[0].indicator == Events("http_requests_total", good='{code!~"5.."}')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Occurrences", "Timeslices"), "budgets here count events"),
        (("isRolling: true", "isRolling: false"), "windows here slide"),
        (("4w", "1M"), "its window is '1M'"),
        (("counter: true", "counter: false"), "not of counters"),
        (("prometheus", "CloudWatch"), "measured by CloudWatch"),
        (("http_requests_total[5m]", "http_requests_total[5m"), "is no PromQL"),
        (("sum(rate(http_requests_total[5m]))", "avg(http_requests_total)"), "does more than select counters"),
    ],
)
def test_what_cannot_be_counted_by_events_is_refused_with_its_place(change, message):
    with pytest.raises(ConfigError) as caught:
        imported(FOREIGN.replace(*change), "o.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("o.yaml:")


def test_a_threshold_is_taken_over_where_it_is_an_age():
    text = there(Slo("b", Freshness("last_backup_timestamp_seconds", within="1h"), objective=99))
    assert "time() - max(last_backup_timestamp_seconds" in text
    with pytest.raises(ConfigError, match="the age of a timestamp"):
        imported(text.replace("time() - max", "max"), "o.yaml")
