"""What anomaly() and exhausts() record and alert on, beside the real promtool: every sample of every evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.catalog.written import Written, differences

from vedette import Counter, Gauge, Pack, anomaly, exhausts
from vedette.instruments.metrics import Registry
from vedette.promql.labels import NAME, get, labels

if TYPE_CHECKING:
    from collections.abc import Mapping

registry = Registry()
visits = Gauge("shop_visits", help="Visits.", registry=registry)
orders = Counter("shop_orders_total", help="Orders.", registry=registry)
used = Gauge("disk_used_bytes", help="Bytes used.", registry=registry)
size = Gauge("disk_size_bytes", help="Bytes there are.", registry=registry)
free = Gauge("disk_free_bytes", help="Bytes free.", registry=registry)

DAY = 1440
NOTHING = float("nan")


def usual(minutes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A week: days and nights, quieter weekends, and noise."""
    wave = 60 + 40 * np.sin((minutes / DAY - 0.3) * 2 * np.pi)
    return wave * np.where(minutes // DAY % 7 >= 5, 0.6, 1.0) * generator.normal(1, 0.04, len(minutes))


def weekly() -> Written:
    """A gauge every quarter of an hour for seven weeks."""
    generator = np.random.default_rng(5)
    step, weeks = 15, 7
    week = 7 * DAY // step
    minutes = step * np.arange(weeks * week)
    jobs = ("spike", "gone_week", "new", "stops")
    given = {job: usual(minutes, generator) for job in jobs}
    at = 6 * week + 2 * DAY // step
    given["spike"][at : at + 8] *= 3
    given["spike"][at + 200 : at + 212] *= 0.1
    given["gone_week"][4 * week : 5 * week] = NOTHING
    given["new"][: 3 * week] = NOTHING
    given["new"][at : at + 8] *= 2
    given["stops"][at:] = 0
    series = {labels({NAME: "shop_visits", "job": job, "instance": "a"}): values for job, values in given.items()}
    return Written(Pack("shop", metrics=[visits]) + anomaly(visits, name="visits"), jobs, series, step)


def daily() -> Written:
    """A counter of two instances every minute for five days; one starts anew, and sells nothing for an hour."""
    generator = np.random.default_rng(6)
    minutes = np.arange(5 * DAY)
    rates = [usual(minutes, generator) for _ in range(2)]
    for rate in rates:
        rate[4 * DAY + 700 : 4 * DAY + 760] = 0
    totals = [np.cumsum(np.round(rate)) for rate in rates]
    totals[1][2 * DAY + 77 :] -= totals[1][2 * DAY + 77]
    series = {
        labels({NAME: "shop_orders_total", "job": "shop", "instance": str(number)}): total
        for number, total in enumerate(totals)
    }
    pack = Pack("shop", metrics=[orders]) + anomaly(orders, season="1d", direction="below", minimum=0.5)
    return Written(pack, ["shop"], series, 1)


def filling() -> Written:
    """Disks, by the minute for two and a half days."""
    generator = np.random.default_rng(7)
    minutes = np.arange(5 * DAY // 2)
    noise = generator.normal(0, 0.2, len(minutes))
    fills = 50 + noise + 50 * np.clip((minutes - 2 * DAY) / 600, 0, 1)
    levels = {
        "fills": np.minimum(fills, 100),
        "sawtooth": 30 + 55 * (minutes % 720 / 720) + noise,
        "shrinks": 45 + noise + 20 * np.clip((minutes - 2 * DAY) / 300, 0, 1),
        "new": np.where(minutes < 2 * DAY + 400, NOTHING, 70 + (minutes - 2 * DAY) / 60),
        "gap": np.where((minutes > 2 * DAY + 200) & (minutes < 2 * DAY + 260), NOTHING, np.minimum(fills, 100)),
    }
    series = {}
    for job, values in levels.items():
        whole = np.where(minutes < 2 * DAY + 100, 100.0, 70.0) if job == "shrinks" else np.full(len(minutes), 100.0)
        for name, samples in (("used", values), ("size", whole), ("free", whole - values)):
            series[labels({NAME: f"disk_{name}_bytes", "job": job, "instance": "a"})] = samples
    pack = Pack(
        "shop",
        metrics=[used, size, free],
        alerts=[
            exhausts(used, size, within="4h", name="DiskFull"),
            exhausts(free, 0, of=size, within="6h", over="2h", name="DiskEmpties", for_="10m"),
        ],
    )
    return Written(pack, tuple(levels), series, 1)


MAKE = {"weekly": weekly, "daily": daily, "filling": filling}
FIRES: Mapping[str, dict[str, set[str]]] = {
    "weekly": {"VisitsUnusual": {"spike", "new", "stops"}},
    "daily": {"ShopOrdersUnusual": {"shop"}},
    "filling": {"DiskFull": {"fills", "shrinks", "gap"}, "DiskEmpties": {"fills", "shrinks", "gap"}},
}
LEARNT = {"weekly": 6 * 7 * DAY // 15, "daily": 4 * DAY, "filling": DAY}
"""The evaluation from which on it is known what is usual: the first tooth of a saw is one that fills."""


@pytest.mark.real
@pytest.mark.timeout(900)  # weeks of evaluations, on a machine that may be busy
@pytest.mark.parametrize("name", MAKE)
def test_promtool_records_the_same_values_and_sees_the_same_alerts_at_every_evaluation(tmp_path, name):
    made = MAKE[name]()
    ours, theirs = made.by_us(), made.by_promtool(tmp_path)
    assert differences(ours, theirs) == []
    alerts = [{of for of in tick if get(of, NAME) == "ALERTS"} for tick in theirs]
    assert made.alerts_by_backtest() == alerts
    fired: dict[str, set[str]] = {}
    for of in set().union(*alerts[LEARNT[name] :]):
        if get(of, "alertstate") == "firing":
            fired.setdefault(get(of, "alertname"), set()).add(get(of, "job"))
    assert fired == FIRES[name]


@pytest.mark.parametrize("name", MAKE)
def test_every_rule_has_written_something(name):
    found = {get(of, NAME) for tick in MAKE[name]().by_us() for of in tick}
    pack = "visits" if name == "weekly" else "shop_orders"
    rest = {
        f"job:{pack}:{one}" for one in ("actual", "relative", "shape_in_1h", "deviation", "margin", "upper", "lower")
    }
    season = {f"job:{pack}:level_1{name[0]}"}
    assert found == {"ALERTS"} | (set() if name == "filling" else rest | season)
