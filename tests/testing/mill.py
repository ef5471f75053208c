"""A small stack to test the tests of alerts on: a mill with two services, and a second pack."""

from __future__ import annotations

from vedette import Alert, Counter, Gauge, Histogram, Pack, Recording, Service, Stack
from vedette.testing.bench import bench
from vedette.testing.judge import run_case

sacks = Counter("mill_sacks_total", help="Sacks.", labels={"result": ["ground", "spilt"]})
stones = Gauge("mill_stones", help="Stones that turn.")
grind = Histogram("mill_grind_seconds", help="Time to grind a sack.", buckets=[0.5, 1, 2.5])
dust = Gauge("mill_dust_ratio", help="Dust in the air.", unit="ratio", labels=["floor"])

PACK = Pack(
    "mill",
    title="Mill",
    metrics=[sacks, stones, grind, dust],
    recordings=[
        Recording(
            "job:mill_sacks:rate5m", "sum by (job) (rate(mill_sacks_total[5m]))", description="Sacks per second."
        ),
    ],
    alerts=[
        Alert(
            "SacksSpilt",
            'sum by (job) (rate(mill_sacks_total{result="spilt"}[5m])) / (job:mill_sacks:rate5m > 0) > 0.1',
            for_="1m",
            severity="high",
            summary="{{ $value | humanizePercentage }} of the sacks of {{ $labels.job }} are spilt",
        ),
        Alert("StonesStand", "mill_stones < 1", for_="2m", severity="critical", summary="Nothing turns"),
        Alert(
            "DustHigh",
            "max by (job, floor) (mill_dust_ratio) >= 0.5",
            severity="medium",
            summary="Dust on {{ $labels.floor }}",
        ),
    ],
)
STACK = Stack(services=[Service("mill", ["mill:1", "mill:2"], [PACK], labels={"site": "hill"})])
TWO = Stack(name="mills", services=[Service("mill", ["mill:1"], [PACK]), Service("annex", ["annex:1"], [PACK])])
BENCH = bench(STACK)


def outcome(case, on=BENCH):
    return run_case(case, on)


def message(case, on=BENCH):
    """What is said of a case that fails."""
    (miss,) = run_case(case, on).misses
    return miss.message
