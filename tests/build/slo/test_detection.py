"""Each alert fires when the closed form says, whatever the objective and the share of errors."""

from __future__ import annotations

import numpy as np
import pytest
from tests.build.slo.judged import AVAILABILITY, REQUESTS

from vedette.build import build
from vedette.build.slo.burn import burns
from vedette.build.slo.objective import INTERVAL
from vedette.catalog import Environment, Pack, Service, Slo, Stack
from vedette.engine.rules import Rules
from vedette.engine.tsdb.head import Head
from vedette.formats import rules
from vedette.promql.labels import labels

START = 1_700_000_000_000
DAY = 86_400_000
SCRAPE = 60_000
DELAY = 10_000
EVENTS = 100_000
"""Between two scrapes; so many that 0.1 % of them are whole events."""
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def simulated(slo: Slo, shares, *, days: float, clean: float = 3, each: int = EVENTS) -> dict[tuple[str, float], int]:
    """(alert, share of errors) → when it fires, milliseconds after the first error. So many days are clean before."""
    pack = Pack("app", metrics=[REQUESTS], slos=[slo])
    jobs = [f"app{index}" for index in range(len(shares))]
    stack = Stack(
        name="apps",
        services=[Service(job, ["localhost:1"], [pack]) for job in jobs],
        environments=[Environment("local", scrape_interval="1m")],
    )
    groups = rules.read(build(stack)["prometheus/rules/app.yml"], "app.yml").groups
    head = Head()
    steps, before = int((clean + days) * DAY / SCRAPE), int(clean * DAY / SCRAPE)
    times = START + SCRAPE * np.arange(steps, dtype=np.int64)
    bad = np.maximum(0, np.arange(steps) - before)
    for job, share in zip(jobs, shares, strict=True):
        matrix = head.target(job)
        whose = {"__name__": "requests_total", "job": job, "instance": f"{job}:1"}
        slots = [matrix.slot(labels({**whose, "code": code})) for code in ("200", "500")]
        failed = np.rint(bad * share * each)
        values = np.stack([np.arange(steps) * float(each) - failed, failed])
        matrix.append_columns(times, slots, values, np.ones(values.shape, np.bool_))
    begun = int(times[before])
    fired: dict[tuple[str, float], int] = {}
    verdicts = Rules(groups, head, start=START, interval=SCRAPE, resend_delay=10**12).evaluate_range(
        START, int(times[-1])
    )
    for verdict in verdicts:
        for alert in verdict.alerts:
            given = dict(alert.labels)
            key = given["alertname"], shares[jobs.index(given["job"])]
            fired.setdefault(key, alert.starts_at - begun)
    return fired


def nearly(took: int, told: float) -> bool:
    """Within one evaluation of when the samples that tell it are there."""
    return 0 <= took - told <= SCRAPE + DELAY + INTERVAL


@pytest.mark.parametrize("objective", [90, 95, 99, 99.5, 99.9, 99.95, 99.99])
def test_every_alert_fires_within_one_evaluation_of_the_closed_form(objective) -> None:
    slo = Slo("availability", AVAILABILITY, objective=objective)
    found, left_out = burns(slo)
    assert len(found) + len(left_out) == 4
    assert_told(found, simulated(slo, SHARES, days=3.2))


def assert_told(found, fired) -> None:
    wrong = []
    for burn in found:
        name = f"AppAvailabilityBurn{burn.tier.severity.capitalize()}"
        for share in SHARES:
            told, took = burn.told(share), fired.pop((name, share), None)
            if (told is None) != (took is None) or (told is not None and not nearly(took, told)):
                wrong.append((burn.tier.severity, share, told, took))
    assert (wrong, fired) == ([], {})


@pytest.mark.parametrize("window", ["7d", "90d"])
def test_the_factors_of_another_window_keep_to_the_closed_form(window) -> None:
    slo = Slo("availability", AVAILABILITY, objective=99.9, window=window)
    assert_told(burns(slo)[0], simulated(slo, SHARES, days=3.2))


def test_right_after_a_start_it_takes_no_less_than_ever() -> None:
    slo = Slo("availability", AVAILABILITY, objective=99.9)
    assert_told(burns(slo)[0], simulated(slo, SHARES, days=3.2, clean=0))


def test_where_there_is_little_traffic_a_page_waits_for_so_many_errors() -> None:
    slo = Slo("availability", AVAILABILITY, objective=99.9, min_errors=20)
    fired = simulated(slo, [1.0], days=0.3, each=2)
    critical, high, *_ = burns(slo)[0]
    for burn, name in ((critical, "Critical"), (high, "High")):
        told = burn.told(1.0, rate=2 / 60)
        assert told is not None
        assert told == 20 * 30_000 + burn.tier.for_
        assert nearly(fired[f"AppAvailabilityBurn{name}", 1.0], told)
