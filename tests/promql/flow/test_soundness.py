"""What the analysis says of a query holds: the answers of random queries over random samples never contradict it."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from tests.promql.expressions import expressions
from tests.promql.test_differential import START, STEP, Blocks, over_range, samples

from vedette.promql.flow import Label, Labels, Series, analyse
from vedette.promql.labels import NAME
from vedette.promql.parser import parse

if TYPE_CHECKING:
    from vedette.promql.flow import Branch
    from vedette.promql.labels import Labels as LabelSet

JOB = {"job": Label("always", frozenset("ab")), "instance": Label("always", frozenset(["i0", "i1", "i2"]))}
CLOSED = Label("never")


def declared(name: str, *, low: float = -math.inf, **labels: tuple[str, ...]) -> Series:
    named = {label: Label("always", frozenset(values)) for label, values in labels.items()}
    return Series(name=name, low=low, labels=Labels({**JOB, **named}, CLOSED))


BOUNDS = (0.1, 0.5, 1.0, 2.5, 10.0)
CODES, PATHS, ROOMS = ("200", "404", "500"), ("/a", "/b"), ("x", "y")
SERIES = {
    one.name: one
    for one in (
        declared("requests_total", low=0.0, path=PATHS, code=CODES),
        declared("temperature", room=ROOMS),
        declared("odd", room=ROOMS),
        declared("level", low=0.0, room=ROOMS),
        declared("limit", low=0.0, room=ROOMS),
        declared("target_info", low=1.0, version=("v0", "v1", "v2")),
        Series(
            name="latency_bucket",
            type="bucket",
            low=0.0,
            bounds=BOUNDS,
            labels=Labels(
                {
                    **JOB,
                    "path": Label("always", frozenset(PATHS)),
                    "le": Label("always", frozenset(["0.1", "0.5", "1", "2.5", "10", "+Inf"])),
                },
                CLOSED,
            ),
        ),
    )
}


def lies(branches: tuple[Branch, ...], of: LabelSet, values: list[float]) -> str:
    """Why no branch allows these series; empty where one does."""
    reasons = [_lie(branch, dict(of), values) for branch in branches]
    return "" if "" in reasons else "; ".join(reasons)


def _lie(branch: Branch, of: dict[str, str], values: list[float]) -> str:
    if branch.empty is not None:
        return f"said to be empty: {branch.empty.text}"
    for name, value in of.items():
        label = branch.labels.get(name)
        if label.state == "never":
            return f"said never to have {name}"
        if label.values is not None and value not in label.values and name != NAME:
            return f"said that {name} is one of {sorted(label.values)}"
    for name, label in branch.labels.named.items():
        if label.state == "always" and name not in of:
            return f"said always to have {name}"
    for value in values:
        if math.isnan(value):
            continue
        slack = 1e-9 * max(1.0, abs(value))
        if not branch.low - slack <= value <= branch.high + slack:
            return f"said to be from {branch.low} to {branch.high}, is {value}"
    return ""


@pytest.mark.parametrize("guess", [True, False], ids=["declared", "unknown"])
@pytest.mark.parametrize("seed", range(6))
def test_the_analysis_of_a_query_is_never_contradicted_by_its_answer(seed: int, guess: bool) -> None:
    source = Blocks(samples(seed))
    answered = 0
    for expr in expressions(random.Random(seed), 250, 'job!=""'):
        answer = over_range(expr, source, START, START + 100 * STEP, 5 * STEP)
        if isinstance(answer, str):
            continue
        found = analyse(parse(expr), SERIES.get if guess else (lambda _: None))
        for of, cells in answer.items():
            answered += 1
            # what is divided by zero, or infinite in the samples, is beyond every bound of numbers
            values = [value for value in cells.values() if math.isfinite(value)]
            assert not lies(found.branches, of, values), f"{expr}\n{of}"
        if any(branch.always for branch in found.branches):
            assert answer, expr
    assert answered > 500
