"""Each kind of indicator counts what it says, by the embedded engine and by the real promtool."""

from __future__ import annotations

import pytest
from tests.build.slo.judged import judge, stack

from vedette.catalog import Events, Freshness, Latency, Slo
from vedette.instruments.metrics import Histogram, Metric, Registry

JUDGES = pytest.mark.parametrize(
    "version", ["ours", *(pytest.param(one, marks=pytest.mark.real) for one in ("2.42", "2.53", "3.5"))]
)
WHO = 'job="app",instance="a:1"'
SECONDS = Metric.foreign("histogram", "seconds", exporter="app", labels=["route"], help="Time.")
WHOLE = Metric.foreign("counter", "all_total", exporter="app", help="All.")
GOOD = Metric.foreign("counter", "good_total", exporter="app", help="Good.")
BACKUP = Metric.foreign("gauge", "backup_timestamp_seconds", exporter="app", help="Last backup.")
NATIVE = Histogram("native_seconds", help="Time.", native=True, registry=Registry())


def of(name, value, **labels):
    pairs = "".join(f',{key}="{text}"' for key, text in labels.items())
    return {f'{{job="app"{pairs},slo="app/{name}"}}': value}


def sums(by=""):
    return (
        f"sum by (job, slo{by}) (slo:events:increase_window)",
        f"sum by (job, slo{by}) (slo:errors:increase_window)",
    )


@JUDGES
def test_observations_above_the_bound_are_errors_for_each_label(tmp_path, version):
    slo = Slo("speed", Latency(SECONDS, below=1, where='{route!="/health"}'), objective=99, by=["route"])
    series = {
        f'seconds_count{{{WHO},route="/"}}': "0+10x40 400x20",
        f'seconds_bucket{{{WHO},route="/",le="1.0"}}': "0+7x40 280x20",
        f'seconds_count{{{WHO},route="/buy"}}': "0+10x40 400x20",
        f'seconds_bucket{{{WHO},route="/buy",le="1"}}': "0+10x40 400x20",
        f'seconds_count{{{WHO},route="/health"}}': "0+10x40 400x20",
    }
    events, errors = sums(", route")
    expected = {
        (events, "13m"): {**of("speed", 400, route="/"), **of("speed", 400, route="/buy")},
        (errors, "13m"): {**of("speed", 120, route="/"), **of("speed", 0, route="/buy")},
    }
    judge(tmp_path, stack(slo, metrics=[SECONDS]), series, expected, version)


@JUDGES
def test_what_is_not_good_is_an_error(tmp_path, version):
    slo = Slo("good", Events(WHOLE, good=GOOD), objective=99)
    series = {f"all_total{{{WHO}}}": "0+10x40 400x20", f"good_total{{{WHO}}}": "0+9x40 360x20"}
    events, errors = sums()
    expected = {(events, "13m"): of("good", 400), (errors, "13m"): of("good", 40)}
    judge(tmp_path, stack(slo, metrics=[WHOLE, GOOD]), series, expected, version)


@JUDGES
def test_where_nothing_good_was_counted_yet_all_are_errors(tmp_path, version):
    slo = Slo("good", Events(WHOLE, good=GOOD), objective=99)
    events, errors = sums()
    expected = {(events, "13m"): of("good", 400), (errors, "13m"): of("good", 400)}
    judge(tmp_path, stack(slo, metrics=[WHOLE, GOOD]), {f"all_total{{{WHO}}}": "0+10x40 400x20"}, expected, version)


@JUDGES
def test_every_evaluation_with_an_old_timestamp_is_an_error(tmp_path, version):
    # the last backup is at 0; within 5 minutes, the evaluations after 300 s are errors: 315, 330, …, 600
    slo = Slo("backup", Freshness(BACKUP, within="5m"), objective=99)
    events, errors = sums()
    expected = {(events, "10m"): of("backup", 41), (errors, "10m"): of("backup", 20)}
    judge(tmp_path, stack(slo, metrics=[BACKUP]), {f"backup_timestamp_seconds{{{WHO}}}": "0x60"}, expected, version)


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.53", "3.5"])
def test_a_native_histogram_tells_the_share_below_a_bound(tmp_path, version):
    # ten observations at a time, two of them between 1 and 2 and none of the others above 1
    slo = Slo("native", Latency(NATIVE, below=1, native=True), objective=99)
    step = "{{schema:0 sum:10 count:10 buckets:[8 2]}}"
    series = {f"native_seconds{{{WHO}}}": f"{{{{schema:0 sum:0 count:0 buckets:[0 0]}}}}+{step}x200"}
    share = "round(slo:errors:increase_window / slo:events:increase_window, 0.0001)"
    pace = "round(avg_over_time(slo:events:increase[10m]), 1)"
    expected = {(share, "45m"): of("native", 0.2), (pace, "45m"): of("native", 10)}
    judge(tmp_path, stack(slo, metrics=[NATIVE]), series, expected, version)


@JUDGES
def test_an_objective_that_is_not_measured_says_so(tmp_path, version):
    slo = Slo("good", Events(WHOLE, good=GOOD), objective=99)
    firing = 'count by (alertname, job) (ALERTS{alertstate="firing"})'
    expected = {
        # it stops at 20 minutes, is looked back for 5 more, and then misses for 10
        (firing, "34m"): {},
        (firing, "37m"): {'{alertname="AppGoodNotMeasured",job="app"}': 1},
    }
    series = {f"all_total{{{WHO}}}": "0+10x80 _x200", f"good_total{{{WHO}}}": "0+10x80 _x200"}
    judge(tmp_path, stack(slo, metrics=[WHOLE, GOOD]), series, expected, version)
