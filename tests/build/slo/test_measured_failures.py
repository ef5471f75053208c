"""What a much used generator gets wrong, measured: an idle half hour, a quiet night, one failure among few requests."""

from __future__ import annotations

import pytest
from tests.build.slo.judged import FAILED, TOTAL, availability, judge, stack

from vedette.catalog import Environment

pytestmark = pytest.mark.timeout(600)  # promtool takes a while over a night, and longer where others are busy

JUDGES = pytest.mark.parametrize(
    "version", ["ours", *(pytest.param(one, marks=pytest.mark.real) for one in ("2.42", "2.53", "3.5"))]
)
OF = '{job="app",slo="app/availability"}'
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
ANY = "count(ALERTS)"
SERIES = ("slo:budget_left:ratio", "slo:events:increase", "slo:errors:increase", "slo:errors:increase_window")


def left(value):
    return {'slo:budget_left:ratio{job="app",slo="app/availability"}': value}


@JUDGES
def test_an_idle_half_hour_leaves_no_trace_in_budget_or_alerts(tmp_path, version):
    series = {TOTAL: "0+100x40 4000x120 4000+100x360", FAILED: "0x520"}
    budget = "slo:budget_left:ratio"
    expected = {(budget, at): left(1) for at in ("5m", "15m", "39m", "41m", "2h")}
    # what is not itself is NaN
    expected |= {(f"count({name} != {name})", at): {} for at in ("5m", "39m", "41m", "2h") for name in SERIES}
    expected |= {(ANY, at): {} for at in ("5m", "39m", "41m", "2h")}
    judge(tmp_path, stack(availability()), series, expected, version)


@JUDGES
def test_errors_of_a_quiet_night_weigh_as_many_as_they_are(tmp_path, version):
    # 16 hours of 2000 requests a second, then 8 hours of 2 a second of which one in ten fails
    series = {TOTAL: "0+120000x960 115200000+108x480 115251840x8", FAILED: "0x960 0+12x480 5760x8"}
    failed, total = 5_760, 115_257_600
    expected = {
        (f"abs(slo:budget_left:ratio - {1 - failed / (0.001 * total)!r}) < bool 1e-9", "24h5m"): {OF: 1},
        ("sum by (job, slo) (slo:events:increase_window)", "24h5m"): {OF: total},
        ("sum by (job, slo) (slo:errors:increase_window)", "24h5m"): {OF: failed},
        (FIRING, "20h"): {},
        (FIRING, "24h"): {},
    }
    # once a minute, for a window of a month costs promtool as much as it holds, at each evaluation
    slowly = Environment("local", scrape_interval="1m", evaluation_interval="1m")
    judge(tmp_path, stack(availability(), environment=slowly), series, expected, version, step=60)


@JUDGES
def test_one_failure_among_six_requests_an_hour_tells_nobody(tmp_path, version):
    # a request every ten minutes, the 13th of which fails
    steps = [0] * 40
    good = "0 " + " ".join(str(count) for count in range(1, 13) for _ in steps) + " 12x39 "
    good += " ".join(str(count) for count in range(13, 25) for _ in steps)
    failed = "0 " + "0x479 " + "1x519"
    expected = {(ANY, f"{minutes}m"): {} for minutes in (121, 125, 130, 150, 179, 200)}
    expected[("slo:errors:increase_window", "200m")] = {
        'slo:errors:increase_window{job="app",slo="app/availability"}': 1
    }
    judge(tmp_path, stack(availability()), {TOTAL: good, FAILED: failed}, expected, version)


@JUDGES
def test_five_failures_in_a_minute_do_page(tmp_path, version):
    series = {TOTAL: "0+10x240 2400x40", FAILED: "0x240 0+10x40"}
    expected = {
        (FIRING, "60m"): {},
        (FIRING, "63m"): {'{alertname="AppAvailabilityBurnCritical"}': 1},
    }
    judge(tmp_path, stack(availability()), series, expected, version)
