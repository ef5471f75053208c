"""Prometheus' own test scripts of PromQL: every evaluation of floats in the stable language must pass."""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest
from tests.promql.promqltest import Clear, Eval, Load, MemorySource, read, run

DATA = os.environ.get("VEDETTE_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="VEDETTE_DATA is not set: no promqltest scripts to run")

CLASSIC = "classic"

# What an evaluation needs that Vedette does not have: category → a pattern in its text. The first that fits counts.
NEEDS = {
    "trimming of native histograms, </ and >/ (experimental)": r"</|>/",
    "anchored and smoothed selectors (experimental)": r"\b(anchored|smoothed)\b",
    "fill modifiers of binary operators (experimental)": r"\bfill(_left|_right)?\s*\(",
    "info() (experimental)": r"\binfo\(",
    "calculated durations (experimental)": (r"\[[^\]]*[-+*/%^(]|\boffset\s+[-+]?\s*(?:\(|[a-zA-Z])"),
}
START_TIMESTAMPS = "start timestamps of counters (experimental)"
TYPE_AND_UNIT = "labels __type__ and __unit__ that go with the name (experimental)"
NATIVE = "reads native histograms"

# How many there are, and how many give the expected answer all the same. Changes in either direction must be looked at.
COUNTS = {
    CLASSIC: (980, 980),
    NATIVE: (756, 71),
    TYPE_AND_UNIT: (58, 43),
    START_TIMESTAMPS: (26, 2),
    "trimming of native histograms, </ and >/ (experimental)": (110, 0),
    "anchored and smoothed selectors (experimental)": (135, 0),
    "fill modifiers of binary operators (experimental)": (45, 0),
    "info() (experimental)": (53, 1),
    "calculated durations (experimental)": (51, 0),
}


def category(command: Eval, source: MemorySource) -> str:
    """Which of the above an evaluation is; asked after it ran, so that the source knows what was read."""
    text = re.sub(r'"[^"]*"', '""', command.expr)
    for name, pattern in NEEDS.items():
        if re.search(pattern, text):
            return name
    if source.start_timestamps or "start_timestamp(" in command.expr:
        return START_TIMESTAMPS
    if any(key in ("__type__", "__unit__") for of in source.floats for key, _ in of):
        return TYPE_AND_UNIT
    return NATIVE if source.touched_native or command.native else CLASSIC


@lru_cache
def outcomes(path: Path) -> list[tuple[str, Eval, str | None]]:
    """Category, evaluation and what is wrong with each evaluation of a script."""
    found: list[tuple[str, Eval, str | None]] = []
    source = MemorySource()
    for command in read(path.read_text(), path.name):
        if isinstance(command, Clear):
            source = MemorySource()
        elif isinstance(command, Load):
            source.load(command)
        else:
            source.touched_native = False
            wrong = run(command, source)
            found.append((category(command, source), command, wrong))
    return found


def scripts() -> list[Path]:
    return sorted(Path(DATA or ".", "promqltest").glob("*.test")) if DATA else []


@pytest.mark.parametrize("script", scripts(), ids=lambda path: path.stem)
def test_every_classic_evaluation_gives_what_prometheus_gives(script: Path) -> None:
    wrong = [
        f"{command.file}:{command.line}: {command.expr}: {problem}"
        for kind, command, problem in outcomes(script)
        if kind == CLASSIC and problem
    ]
    assert not wrong, "\n".join(wrong)


def test_no_evaluation_slips_out_of_the_count() -> None:
    total: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for script in scripts():
        for kind, _, problem in outcomes(script):
            total[kind] += 1
            passed[kind] += problem is None
    assert {kind: (total[kind], passed[kind]) for kind in total} == COUNTS
