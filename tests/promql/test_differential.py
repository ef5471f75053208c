"""Random expressions over random samples: the evaluator against a real Prometheus 3.5, to 1e-9 of each value."""

from __future__ import annotations

import json
import math
import os
import random
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.promql.expressions import expressions
from tests.promql.remote_write import write
from tests.real import prometheus

from vedette.errors import VedetteError
from vedette.promql.evaluate import instant, query_range
from vedette.promql.labels import NAME, Labels, get, labels, render
from vedette.promql.results import Scalar, Vector
from vedette.promql.source import STALE_NAN, Block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from vedette.promql.labels import Matcher

pytestmark = pytest.mark.real

START = 1_700_000_000_000
STEP = 15_000
COUNT = 160
SEEDS = range(int(os.environ.get("VEDETTE_FUZZ_FIRST", "0")), int(os.environ.get("VEDETTE_FUZZ_LAST", "7")) + 1)
PER_SEED = 120


class Blocks:
    """A source of these blocks."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> list[Block]:
        found = []
        for block in self.blocks:
            rows = [i for i, of in enumerate(block.labels) if all(m.matches(get(of, m.name)) for m in matchers)]
            if rows:
                found.append(
                    Block([block.labels[i] for i in rows], block.timestamps, block.values[rows], block.present[rows])
                )
        return found


def _values(kind: str, generator: np.random.Generator) -> np.ndarray:
    n = COUNT
    if kind == "counter":
        total = np.cumsum(generator.poisson(3, n) * generator.choice([0.25, 1.0, 7.5])).astype(float)
        for reset in np.flatnonzero(generator.random(n) < 0.015):
            total[reset:] -= total[reset] - generator.choice([0.0, 1.0, 5.0])
        return total
    if kind == "gauge":
        return np.cumsum(generator.normal(0, 2, n)) + generator.choice([0.0, 20.0, 1e6])
    if kind == "odd":
        values = generator.normal(0, 1e3, n)
        values[generator.random(n) < 0.05] = math.nan
        values[generator.random(n) < 0.02] = math.inf
        values[generator.random(n) < 0.02] = -math.inf
        return values
    return np.repeat(generator.integers(0, 5, n // 8 + 1), 8)[:n].astype(float)


def samples(seed: int) -> list[Block]:
    """A few targets: counters, gauges, buckets; some with gaps, some that end, some that change targets."""
    generator = np.random.default_rng(seed)
    blocks = []
    for target in range(3):
        times = START + np.arange(COUNT) * STEP + int(generator.integers(0, STEP))
        if target == 1:
            times = times + generator.integers(-40, 40, COUNT)
        series: list[tuple[Labels, np.ndarray]] = []
        common = {"job": "ab"[target % 2], "instance": f"i{target}"}
        for path in ("/a", "/b"):
            for code in ("200", "404", "500"):
                of = labels({NAME: "requests_total", "path": path, "code": code, **common})
                series.append((of, _values("counter", generator)))
            observed = np.cumsum(generator.poisson(1, (6, COUNT)), axis=1)
            for i, le in enumerate(("0.1", "0.5", "1", "2.5", "10", "+Inf")):
                of = labels({NAME: "latency_bucket", "path": path, "le": le, **common})
                series.append((of, observed[: i + 1].sum(axis=0).astype(float)))
        for name, kind in (("temperature", "gauge"), ("odd", "odd"), ("level", "steps"), ("limit", "steps")):
            series += [(labels({NAME: name, "room": room, **common}), _values(kind, generator)) for room in ("x", "y")]
        series.append((labels({NAME: "target_info", "version": f"v{target}", **common}), np.ones(COUNT)))
        values = np.array([item for _, item in series])
        present = np.ones(values.shape, np.bool_)
        for row in range(len(series)):
            if generator.random() < 0.25:
                present[row, generator.random(COUNT) < 0.3] = False
            if generator.random() < 0.15:
                present[row, : int(generator.integers(0, COUNT))] = False
            if generator.random() < 0.2:
                end = int(generator.integers(1, COUNT))
                values[row, end], present[row, end] = STALE_NAN, True
                present[row, end + 1 : end + 1 + int(generator.integers(0, COUNT))] = False
        fails = int(generator.integers(10, COUNT - 10))
        values[:, fails], present[:, fails] = STALE_NAN, True
        of_all = [of for of, _ in series]
        if target == 2:  # the series move to another block half way
            cut = COUNT // 2
            blocks.append(Block(of_all, times[:cut], values[:, :cut], present[:, :cut]))
            blocks.append(Block(of_all, times[cut:], values[:, cut:], present[:, cut:]))
        else:
            blocks.append(Block(of_all, times, values, present))
    return blocks


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, str]]:
    """A Prometheus per seed, started when asked for; here all in one, told apart by a label."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    flags = ("--enable-feature=promql-experimental-functions", "--storage.tsdb.retention.time=100y")
    with prometheus(folder, "global: {scrape_interval: 1h}\n", "3.5", *flags) as base:
        for seed in SEEDS:
            write(base, [_marked(block, seed) for block in samples(seed)])
        yield dict.fromkeys(SEEDS, base)


def _marked(block: Block, seed: int) -> Block:
    marked = [labels({**dict(of), "seed": str(seed)}) for of in block.labels]
    return Block(marked, block.timestamps, block.values, block.present)


def ask(base: str, path: str, **parameters: object) -> Any:
    """What the API says: its data, or the error's text."""
    data = urllib.parse.urlencode({key: str(value) for key, value in parameters.items()}).encode()
    try:
        with urllib.request.urlopen(f"{base}/api/v1/{path}", data=data, timeout=60) as reply:
            return json.load(reply)["data"]
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]


Answer = dict[Labels, dict[int, float]]


def theirs(data: Any) -> Answer:
    """The API's result as plain values."""
    if data["resultType"] == "scalar":
        at, value = data["result"]
        return {(): {round(at * 1000): float(value)}}
    return {
        labels(item["metric"]): {
            round(at * 1000): float(value) for at, value in item.get("values", [item.get("value")])
        }
        for item in data["result"]
    }


def difference(ours: Answer, peer: Answer, tolerance: float = 1e-9) -> str | None:
    """The first cell that differs by more than ``tolerance`` times its value."""
    if ours.keys() != peer.keys():
        only = [render(of) for of in sorted(ours.keys() ^ peer.keys())]
        return f"series that only one has: {only[:4]} (ours {len(ours)}, theirs {len(peer)})"
    finite = [abs(value) for cells in peer.values() for value in cells.values() if math.isfinite(value)]
    # a difference of nearly equal numbers keeps the rounding of what was subtracted
    floor = 1e-13 * max(finite, default=0.0)
    for of, cells in peer.items():
        mine = ours[of]
        if mine.keys() != cells.keys():
            return f"{render(of)}: steps that only one has: {sorted(mine.keys() ^ cells.keys())[:4]}"
        for at, value in cells.items():
            undefined = math.isnan(mine[at]) and math.isnan(value)
            if not undefined and not math.isclose(mine[at], value, rel_tol=tolerance, abs_tol=floor):
                return f"{render(of)} at {at}: ours {mine[at]!r}, theirs {value!r}"
    return None


def over_range(expr: str, source: Blocks, start: int, end: int, step: int) -> Answer | str:
    """Our answer as plain values, or the error's text."""
    try:
        found = query_range(expr, source, start, end, step)
    except VedetteError as error:
        return str(error)
    return {
        of: {int(at): float(value) for at, value, here in zip(found.steps, values, present, strict=True) if here}
        for of, values, present in zip(found.labels, found.values, found.present, strict=True)
    }


def at_once(expr: str, source: Blocks, at: int) -> Answer | str:
    """The same for an instant query."""
    try:
        found = instant(expr, source, at)
    except VedetteError as error:
        return str(error)
    if isinstance(found, Scalar):
        return {(): {at: found.value}}
    assert isinstance(found, Vector)
    return {of: {at: float(value)} for of, value in zip(found.labels, found.values, strict=True)}


# Since 3.8 Prometheus finds ambiguous matches before it filters, and so do we; 3.5 finds only what survives the filter.
STRICTER = "multiple matches for labels"
# We merge series that a function makes equal as long as they never meet; 3.5 refuses them.
MILDER = "vector cannot contain metrics with the same labelset"


# Prometheus adds these up in one uncompensated pass; far from zero it loses digits that our two passes keep.
# And a last digit becomes an earlier one where a large number is an angle.
ROUGH = re.compile(r"\b(stddev|stdvar|sin|cos)\b")


def judge(expr: str, ours: Answer | str, data: Any) -> str | None:
    """What is wrong, None where nothing is."""
    if isinstance(ours, str):
        if isinstance(data, str) or ours.startswith(STRICTER):
            return None
        return f"ours failed: {ours}"
    if isinstance(data, str):
        return None if MILDER in data else f"theirs failed: {data}"
    return difference(ours, theirs(data), 1e-6 if ROUGH.search(expr) else 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_expressions_give_what_prometheus_gives(servers: dict[int, str], seed: int) -> None:
    base = servers[seed]
    source = Blocks([_marked(block, seed) for block in samples(seed)])
    choose = random.Random(seed)
    wrong = []
    answered = 0
    for expr in expressions(choose, PER_SEED, f'seed="{seed}"'):
        step = choose.choice([15_000, 60_000, 47_000, 5_000])
        start = START + choose.randrange(-300_000, COUNT * STEP)
        end = start + choose.randrange(0, 30) * step + choose.randrange(0, step)
        peer = ask(base, "query_range", query=expr, start=start / 1000, end=end / 1000, step=step / 1000)
        problem = judge(expr, over_range(expr, source, start, end, step), peer)
        answered += not isinstance(peer, str) and bool(peer["result"])
        if problem:
            wrong.append(f"range {start} {end} {step}: {expr}\n    {problem}")
        at = START + choose.randrange(0, COUNT * STEP + 300_000)
        peer = ask(base, "query", query=expr, time=at / 1000)
        problem = judge(expr, at_once(expr, source, at), peer)
        if problem:
            wrong.append(f"instant {at}: {expr}\n    {problem}")
    assert not wrong, f"seed {seed}: {len(wrong)} differ\n" + "\n".join(wrong[:20])
    assert answered > PER_SEED / 3, "too few expressions have an answer to compare"
