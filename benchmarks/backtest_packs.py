"""Thirty days of the alerts of all packs over 1,000 series, a sample and an evaluation a minute.

``python benchmarks/backtest_packs.py [--json] [--days 30] [--profile FILE]``. The rules are those that are built from a
stack with every pack, none left out; the samples are made up as in a preview, with an incident every five days. Of each
metric, in turn, one label set more is taken, as far as rules read it, until there are 1,000 series; they begin as long
before the first day as the rules look back. Samples are in this process: CPU seconds of it, wall time beside.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from vedette.build import build, write
from vedette.formats.rules import AlertingRule
from vedette.instruments.metrics.description import Description
from vedette.place import Place
from vedette.promql.labels import NAME, get, labels
from vedette.server.watch import Built
from vedette.testing.backtest import Candidate, backtest
from vedette.testing.backtest.needs import needs, warmup
from vedette.testing.preview.asked import asked
from vedette.testing.preview.labels import told
from vedette.testing.preview.movement import Movement
from vedette.testing.preview.series import Series

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.testing.backtest.memory import Memory
from tests.testing.preview.every_pack import stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vedette.formats.rules import RuleGroup
    from vedette.testing.backtest import Batch, History
    from vedette.testing.backtest.needs import Need
    from vedette.testing.preview.asked import Asked

GOAL = 20.0
SERIES = 1000
MINUTE = 60_000
DAY = 86_400_000
BETWEEN = 5 * DAY
"""Milliseconds from one incident to the next."""
UP = Description("gauge", "up", "1 where the last scrape went well.", Place("", 0))


@dataclass(frozen=True, slots=True)
class Repeated(Movement):
    """A movement whose incident comes again."""

    def incident(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """0, and 1 during an incident."""
        return Movement.incident(self, self.moment - (self.moment - times) % BETWEEN)


def rules(folder: Path) -> tuple[list[RuleGroup], Asked]:
    """What is built of all packs, and what it asks for."""
    write(build(stack), folder)
    built = Built.read(folder)
    return [group for file in built.rules for group in file.groups], asked(built)


def series(groups: Sequence[RuleGroup], found: Asked, times: NDArray[np.int64]) -> Batch:
    """The samples of as many series as are wanted."""
    movement, read = Repeated(int(times[-1])), needs(groups)
    waiting = list(_by_metric(found, movement, times))
    batch: Batch = {}
    while waiting and len(batch) < SERIES:
        for one in list(waiting):
            more = next(one, None)
            if more is None:
                waiting.remove(one)
            else:
                batch |= {of: held for of, held in more.items() if any(_reads(need, of) for need in read)}
    return dict(list(batch.items())[:SERIES])


def _reads(need: Need, of: tuple[tuple[str, str], ...]) -> bool:
    return all(matcher.matches(get(of, matcher.name)) for matcher in need.matchers)


def _by_metric(found: Asked, movement: Movement, times: NDArray[np.int64]) -> Iterator[Iterator[Batch]]:
    """The metrics of every service, each as one label set after the other."""
    for service in stack.services:
        target = labels({"job": service.name, "instance": next(iter(service.instances()), f"{service.name}:80")})
        declared = {metric.name: metric.description for pack in service.pack_list() for metric in pack.metrics}
        for metric in (UP, *declared.values()):
            selectors = [one for name in metric.sample_names for one in sorted(found.selectors.get(name, ()), key=str)]
            yield _one_by_one(metric, told(metric, selectors), target, movement, times)


def _one_by_one(
    metric: Description,
    sets: Sequence[tuple[int, dict[str, str]]],
    target: tuple[tuple[str, str], ...],
    movement: Movement,
    times: NDArray[np.int64],
) -> Iterator[Batch]:
    for one in sets:
        seed = zlib.crc32(f"{target}{metric.name}{one}".encode())
        made = Series(metric, [one], target, movement, np.random.default_rng(seed))
        yield {
            of: (times, row) for of, row in zip(made.labels, made.values(times, int(times[0]) - MINUTE), strict=True)
        }


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float
    history: History


def judged(samples: Memory, groups: Sequence[RuleGroup], span: tuple[int, int], profile: str | None) -> Cost:
    """The backtest, timed; and profiled, if that is wanted."""
    profiler = cProfile.Profile()
    before, began = psutil.Process().cpu_times(), time.perf_counter()
    if profile:
        profiler.enable()
    (history,) = backtest(samples, [Candidate("now", tuple(groups))], start=span[0], end=span[1], step=MINUTE)
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)
    wall, after = time.perf_counter() - began, psutil.Process().cpu_times()
    assert not history.problems, history.problems
    return Cost(wall, after.user + after.system - before.user - before.system, history)


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--json", action="store_true")
    given.add_argument("--days", type=int, default=30)
    given.add_argument("--profile", metavar="FILE", help="write where the time goes, for pstats")
    options = given.parse_args()
    end = int(time.time() * 1000) // DAY * DAY
    start = end - options.days * DAY
    with tempfile.TemporaryDirectory() as name:
        groups, found = rules(Path(name))
    every = [rule for group in groups for rule in group.rules]
    alerts = sum(isinstance(rule, AlertingRule) for rule in every)
    early = warmup(groups)
    back = max(need.back for need in needs(groups))
    times = np.arange((start - early - back) // MINUTE * MINUTE, end, MINUTE, dtype=np.int64)
    batch = series(groups, found, times)
    assert len(batch) == SERIES, len(batch)
    cost = judged(Memory(batch), groups, (start, end - MINUTE), options.profile)
    fired = sum(one.fired_at is not None for one in cost.history.episodes)
    firing = len({get(one.labels, "alertname") for one in cost.history.episodes if one.fired_at is not None})
    if options.json:
        row = {
            "ours": round(cost.cpu, 3), "peer": None, "ratio": None, "goal": GOAL, "unit": "s CPU",
            "others": {"wall": round(cost.wall, 3), "alerts": alerts, "fired": fired},
        }  # fmt: skip
        print(json.dumps({"backtest_of_all_packs": row}))
        return
    read = len({get(of, NAME) for of in batch})
    print(f"{options.days} days and {early / DAY:.0f} before them, {SERIES:,} series of {read} names, ", end="")
    print(f"{cost.history.samples:,} samples")
    print(f"{alerts} alerts and {len(every) - alerts} recording rules; {firing} alerts fired, {fired:,} times")
    print(f"{cost.cpu:.1f} s CPU   {cost.wall:.1f} s wall   goal {GOAL:.0f} s")


if __name__ == "__main__":
    main()
