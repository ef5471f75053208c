"""A backtest against the judges: promtool at every step, and the samples of a real Prometheus against its own."""

from __future__ import annotations

import json
import math
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.promql.remote_write import write
from tests.promql.test_differential import START, STEP, samples
from tests.real import binary, prometheus
from tests.testing.backtest.memory import MINUTE, Memory

from vedette.formats import rules
from vedette.promql.labels import NAME, Matcher, labels, render
from vedette.promql.source import STALE_NAN, is_stale
from vedette.testing.backtest import Candidate, Server, ServerError, backtest, server

if TYPE_CHECKING:
    from vedette.testing.backtest import Episode

pytestmark = pytest.mark.real

STEPS = 240

RULES = """
groups:
- name: recorded
  rules:
  - record: job:load:sum
    expr: sum by (job) (load)
  - record: job:load:change10m
    expr: job:load:sum - job:load:sum offset 10m
- name: alerts
  rules:
  - alert: LoadHigh
    expr: load > 6
    for: 3m
    labels: {severity: high}
  - alert: LoadKept
    expr: load > 8
    keep_firing_for: 7m
  - alert: LoadBoth
    expr: load > 5
    for: 2m
    keep_firing_for: 4m
    labels: {level: '{{ if gt $value 8.0 }}very{{ else }}quite{{ end }}'}
  - alert: SumGrows
    expr: job:load:change10m > 3
    for: 1m
  - alert: Busy
    expr: rate(done_total[5m]) > 0.05
    for: 2m
  - alert: Gone
    expr: absent(load{instance="0"})
    for: 4m
  - alert: Peak
    expr: max_over_time(job:load:sum[15m:1m]) > 22
  - alert: Both
    expr: count by (job) (ALERTS{alertname="LoadHigh",alertstate="firing"}) > 1
"""


OPEN = {"[5m]": "[4m30s]", "[15m:1m]": "[14m30s:1m]"}
"""Until Prometheus 3 a window included a sample at its left end: there, rules are compared that have none there."""


def _series(seed: int, longest: int) -> dict[tuple[tuple[str, str], ...], tuple[np.ndarray, np.ndarray]]:
    """Gauges that wander, some with gaps and ends, and counters with resets."""
    generator = np.random.default_rng(seed)
    found = {}
    for number in range(4):
        times = MINUTE * np.arange(STEPS, dtype=np.int64)
        values = np.abs(np.cumsum(generator.normal(0, 1.2, STEPS)) + 5) % 10
        keep = generator.random(STEPS) > 0.03
        for at in generator.integers(20, STEPS - 20, 2):
            keep[at : at + int(generator.integers(2, longest))] = False
        for at in generator.integers(20, STEPS - 20, 2):
            values[at] = STALE_NAN
        of = labels({NAME: "load", "job": "ab"[number % 2], "instance": str(number)})
        found[of] = (times[keep], values[keep])
        total = np.cumsum(generator.poisson(2.5, STEPS)).astype(float)
        total[100:] -= total[100]
        found[labels({NAME: "done_total", "job": "a", "instance": str(number)})] = (times, total)
    return found


def _written(times: np.ndarray, values: np.ndarray) -> str:
    """Promtool's notation of one sample a minute."""
    at = {int(time): value for time, value in zip(times, values, strict=True)}
    words = []
    for step in range(STEPS):
        value = at.get(step * MINUTE, math.nan)
        stale = bool(is_stale(np.array([value]))[0])
        words.append("stale" if stale else "_" if math.isnan(value) else repr(float(value)))
    return " ".join(words)


def _expected(episodes: tuple[Episode, ...], at: int) -> list[dict[str, object]]:
    found = []
    for one in episodes:
        if one.active_at <= at and (one.ended_at is None or at < one.ended_at):
            state = "firing" if one.fired_at is not None and one.fired_at <= at else "pending"
            found.append({"labels": render((*one.labels, (NAME, "ALERTS"), ("alertstate", state))), "value": 1})
    return found


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
@pytest.mark.parametrize("seed", range(4))
def test_promtool_sees_the_same_alerts_at_every_step(tmp_path, version, seed):
    promtool = binary("promtool", version)
    text, series = RULES, _series(seed, 12 if version == "3.5" else 3)
    for window, other in OPEN.items() if version != "3.5" else ():
        text = text.replace(window, other)
    end = (STEPS - 1) * MINUTE
    history, *_ = backtest(
        Memory(series), [Candidate("now", rules.read(text, "rules.yml").groups)],
        start=0, end=end, warm=0, chunk=37 * MINUTE,
    )  # fmt: skip
    assert len({one.alert for one in history.episodes if one.fired_at is not None}) >= 6
    assert not history.problems
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "group_eval_order": ["recorded", "alerts"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": render(of), "values": _written(times, values)} for of, (times, values) in series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": "ALERTS",
                        "eval_time": f"{step}m",
                        "exp_samples": _expected(history.episodes, step * MINUTE),
                    }
                    for step in range(STEPS)
                ],
            }
        ],
    }
    (tmp_path / "rules.yml").write_text(text)
    (tmp_path / "tests.yml").write_text(json.dumps(tests))  # JSON is YAML
    command = [promtool, "test", "rules", "tests.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


SERVED = """
groups:
- name: served
  interval: 15s
  rules:
  - record: job:requests:rate2m
    expr: sum by (job) (rate(requests_total[2m]))
  - alert: Warm
    expr: temperature > 5
    for: 30s
  - alert: Level
    expr: level >= 3
    keep_firing_for: 1m
  - alert: Here
    expr: target_info
  - alert: Missing
    expr: absent(target_info{instance="i1"})
  - alert: Requests
    expr: job:requests:rate2m > 0.4
    for: 1m
  - alert: Slow
    expr: histogram_quantile(0.9, sum by (job, le) (rate(latency_bucket[2m]))) > 1
"""


@pytest.mark.parametrize("version", ["2.42", "3.5"])
def test_samples_of_a_server_give_what_the_samples_themselves_give(tmp_path, version, monkeypatch):
    blocks = samples(5)
    candidate = Candidate("now", rules.read(SERVED, "rules.yml").groups)
    end = START + 170 * STEP

    def episodes(source: object) -> tuple[Episode, ...]:
        (history,) = backtest(source, [candidate], start=START, end=end, warm=0, chunk=7 * MINUTE)  # type: ignore[arg-type]
        return history.episodes

    expected = episodes(Memory.of_blocks(blocks))
    assert len(expected) > 20
    with prometheus(tmp_path, "global: {}\n", version) as base:
        write(base, blocks)
        assert episodes(Server(base)) == expected
        monkeypatch.setattr(server, "_MANY", 1000)  # from then on in a process beside
        beside = Server(base)
        assert episodes(beside) == expected
        beside._base = "http://127.0.0.1:1"
        assert beside.load([Matcher(NAME, "=", "level")], START, end)
    with pytest.raises(ServerError, match="no answer"):
        beside.load([Matcher(NAME, "=", "level")], START, end)
    beside.close()
