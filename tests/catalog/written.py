"""What a pack's rules write at every evaluation: by our engine, by a backtest, and by the real promtool."""

from __future__ import annotations

import json
import math
import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
from tests.real import binary
from tests.testing.backtest.memory import MINUTE, Memory

from vedette import Service, Stack
from vedette.build import build
from vedette.duration import milliseconds
from vedette.formats import rules
from vedette.formats.series import read_labels, write_labels
from vedette.promql.labels import NAME, labels, render
from vedette.testing.backtest import Candidate, backtest
from vedette.testing.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from vedette import Pack
    from vedette.promql.labels import Labels

EVERYTHING = '{__name__=~"ALERTS|job:.*"}'
# no value of a label here has a quote in it
_GOT = re.compile(r" time: (\w+),\s+exp: nil\s+got: (.*)")
_SAMPLE = re.compile(r'(\{(?:[^"}]|"[^"]*")*\}) (\S+?)(?:, |$)')

Ticks = list[dict["Labels", float]]
"""Series → value, one for each evaluation."""


class Written:
    """A pack under one series of samples, with an evaluation at each.

    Args:
        pack: what is built.
        jobs: the services that use it.
        given: series → values; NaN where there is no sample.
        step: minutes between samples, and between evaluations.
    """

    def __init__(self, pack: Pack, jobs: Sequence[str], given: Mapping[Labels, np.ndarray], step: int) -> None:
        built = build(Stack(name="s", services=[Service(job, targets=["localhost:1"], packs=[pack]) for job in jobs]))
        self._text = built[f"prometheus/rules/{pack.name}.yml"]
        self._groups = rules.read(self._text, "rules.yml").groups
        self._given = given
        self._step = step
        self._count = max(map(len, given.values()))
        self._end = (self._count - 1) * step * MINUTE

    def by_us(self) -> Ticks:
        given = {of: [None if math.isnan(one) else float(one) for one in values] for of, values in self._given.items()}
        trial = Trial(self._groups, given, step=self._step * MINUTE, interval=self._step * MINUTE)
        trial.run(self._end)
        assert not trial.failures
        matrix = trial.ask_range(EVERYTHING, self._end)
        assert matrix is not None
        found: Ticks = [{} for _ in range(self._count)]
        for of, values, present in zip(matrix.labels, matrix.values, matrix.present, strict=True):
            for at in np.flatnonzero(present):
                found[at][of] = float(values[at])
        return found

    def alerts_by_backtest(self) -> list[set[Labels]]:
        """The series of ALERTS, from the episodes that a backtest tells."""
        times = self._step * MINUTE * np.arange(self._count, dtype=np.int64)
        samples = {
            of: (times[: len(values)][~np.isnan(values)], values[~np.isnan(values)])
            for of, values in self._given.items()
        }
        (history,) = backtest(
            Memory(samples), [Candidate("built", self._groups)],
            start=0, end=self._end, step=self._step * MINUTE, warm=0, chunk=37 * MINUTE * self._step,
        )  # fmt: skip
        assert not history.problems
        found: list[set[Labels]] = [set() for _ in times]
        for one in history.episodes:
            over = self._end + 1 if one.ended_at is None else one.ended_at
            for at in np.flatnonzero((times >= one.active_at) & (times < over)):
                fires = one.fired_at is not None and one.fired_at <= times[at]
                state = "firing" if fires else "pending"
                found[at].add(labels([*one.labels, (NAME, "ALERTS"), ("alertstate", state)]))
        return found

    def by_promtool(self, folder: Path) -> Ticks:
        """All of it, for promtool prints what it has where nothing is expected."""
        every = f"{self._step}m"
        given = [
            {
                "series": write_labels(dict(of)),
                "values": " ".join("_" if math.isnan(one) else repr(float(one)) for one in values),
            }
            for of, values in self._given.items()
        ]
        asked = [{"expr": EVERYTHING, "eval_time": f"{at * self._step}m"} for at in range(self._count)]
        test = {"interval": every, "input_series": given, "promql_expr_test": asked}
        (folder / "rules.yml").write_text(self._text)
        (folder / "tests.yml").write_text(
            json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": every, "tests": [test]})  # JSON is YAML
        )
        ran = subprocess.run(
            [binary("promtool", "3.5"), "test", "rules", "tests.yml"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "FAILED" in ran.stderr, (ran.stdout + ran.stderr)[-3000:]
        found: Ticks = [{} for _ in range(self._count)]
        for at, got in _GOT.findall(ran.stderr):
            samples = {read_labels(of): float(value) for of, value in _SAMPLE.findall(got)}
            assert len(samples) == got.count(NAME), got
            found[milliseconds(at) // (self._step * MINUTE)] = samples
        return found


def differences(ours: Ticks, theirs: Ticks, share: float = 1e-9) -> list[str]:
    """Every sample that only one has, or that is further off than a share of it."""
    found = []
    for at, (own, other) in enumerate(zip(ours, theirs, strict=True)):
        for of in sorted(own.keys() | other.keys()):
            one, two = own.get(of), other.get(of)
            if one is None or two is None or not math.isclose(one, two, rel_tol=share, abs_tol=share):
                found.append(f"at evaluation {at} {render(of)}: ours {one}, promtool {two}")
    return found
