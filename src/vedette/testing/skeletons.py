"""Cases as text in Python: skeletons of what is missing, and the case that would kill a mutant."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.duration import format_duration
from vedette.formats.rules import AlertingRule
from vedette.formats.series import write_labels
from vedette.instruments.metrics import OVERFLOW
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.parser import parse
from vedette.promql.source import STALE_BITS
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from vedette.promql.flow import Series
    from vedette.testing.bench import Bench
    from vedette.testing.coverage import AlertCoverage
    from vedette.testing.judge import Kind
    from vedette.testing.killing import Killer
    from vedette.testing.mutants import Mutant

__all__ = ["case_of", "notation", "skeletons"]

_WHY: Final[dict[Kind, str]] = {
    "fires": "it is as bad as it may not be",
    "silent": "all is well",
    "boundary": "exactly at the threshold",
    "resolves": "it was bad and is well again",
}
_NEVER_ASKED: Final = frozenset({NAME, "instance"})
"""What the name says, and what is added for the case."""
_MOST_VALUES: Final = 4
_USUAL: Final = 15_000
"""Milliseconds between the samples of a case that does not say it."""


def skeletons(bench: Bench, found: Sequence[AlertCoverage]) -> str:
    """A module with a skeleton for every kind of case that is missing; empty where none is."""
    written = [_skeleton(bench, one.alert, kind) for one in found for kind in one.missing]
    if not written:
        return ""
    head = '"""When the alerts fire and when not: skeletons, which fail until they are filled in."""\n\n'
    body = "\n".join(f"    {line}".rstrip() for text in written for line in text.splitlines())
    return f"{head}from vedette.testing import at, skeleton\n\nSKELETONS = [\n{body}\n]\n"


def _skeleton(bench: Bench, alert: str, kind: Kind) -> str:
    rules = [rule for group in bench.needed(alert) for rule in group.rules if isinstance(rule, AlertingRule)]
    rule = next(rule for rule in rules if rule.alert == alert)
    hold = format_duration(rule.for_ or 60_000)
    late = format_duration(rule.for_ + 600_000)
    times = {
        "fires": f'at("{hold}", "fires", {{"severity": "{rule.labels.get("severity", "")}"}}),',
        "silent": f'at("{late}", "silent"),',
        "boundary": f'at("{late}", "silent"),',
        "resolves": f'at("{hold}", "fires"),\n    at("{late}", "resolved"),',
    }
    given = "\n".join(f'        {text!r}: "",' for text in _series(bench, alert))
    waits = f" for {format_duration(rule.for_)}" if rule.for_ else ""
    return (
        f'# {rule.expr}{waits}\nskeleton(\n    "{alert}",\n    "{_WHY[kind]}",\n    {{\n{given}\n    }},\n'
        f"    {times[kind]}\n),"
    )


def _series(bench: Bench, alert: str) -> Iterator[str]:
    """The series that an alert reads in the end; of a label that one of its queries picks by value, every value."""
    rules = [rule for group in bench.needed(alert) for rule in group.rules]
    recorded = {rule.record for rule in rules if not isinstance(rule, AlertingRule)}
    trees = [parse(rule.expr) for rule in rules]
    read = [node for tree in trees for node in walk(tree) if isinstance(node, VectorSelector)]
    picked = {(node.name, matcher.name) for node in read for matcher in node.matchers}
    found: dict[str, None] = {}
    for node in read:
        series = bench.known.get(node.name)
        if series is not None and node.name not in recorded:
            for labels in _labels(node, series, bench, picked):
                found[write_labels({NAME: node.name, **labels})] = None
    return iter(found)


def _labels(
    node: VectorSelector, series: Series, bench: Bench, picked: Collection[tuple[str, str]]
) -> Iterator[dict[str, str]]:
    jobs = series.labels.get("job").values or ()
    added = {"job", *(name for service in bench.plan.services for name in service.labels)} if len(jobs) == 1 else set()
    choices: dict[str, list[str]] = {}
    for name, label in sorted(series.labels.named.items()):
        if label.state == "never" or name in _NEVER_ASKED or name in added:
            continue
        matchers = [matcher for matcher in node.matchers if matcher.name == name]
        literal = [one.value for one in matchers if one.op == "="]
        declared = sorted((label.values or frozenset()) - {OVERFLOW})
        fitting = literal or [value for value in declared if all(one.matches(value) for one in matchers)] or ["…"]
        choices[name] = fitting[:_MOST_VALUES] if (node.name, name) in picked else fitting[:1]
    return (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


def case_of(mutant: Mutant, killer: Killer) -> str:
    """The case that would kill a mutant, as it is written in Python."""
    lines = (f"        {write_labels(dict(of))!r}: {notation(samples)!r}," for of, samples in killer.given.items())
    given = "\n".join(lines)
    state = "fires" if killer.state == "firing" else "silent"
    own = {name: value for name, value in killer.labels.items() if name != "alertname"}
    labels = f", {own!r}" if state == "fires" and mutant.operator in ("by", "matcher", "metric") else ""
    why = f"{mutant.operator}: {mutant.what}"
    every = "" if killer.interval == _USUAL else f'\n    interval="{format_duration(killer.interval)}",'
    return (
        f"alert_case(\n    {mutant.alert!r},\n    {why!r},\n    {{\n{given}\n    }},\n"
        f'    at("{format_duration(killer.when)}", "{state}"{labels}),{every}\n),'
    )


def notation(samples: Sequence[float | None]) -> str:
    """Samples as they are written, those with one step between them together."""
    parts: list[str] = []
    at = 0
    while at < len(samples):
        end = at + _run(samples, at)
        first, count = samples[at], end - at
        if first is None:
            parts.append("_" if count == 1 else f"_x{count}")
        elif _is_stale(first):
            parts.append("stale")
        else:
            step = (samples[at + 1] or 0.0) - first if count > 1 else 0.0
            by = f"{step:+.17g}" if step else ""
            parts.append(f"{first:.17g}{by}x{count - 1}" if count > 1 else f"{first:.17g}")
        at = end
    return " ".join(parts)


def _run(samples: Sequence[float | None], at: int) -> int:
    """How many samples from here on are gaps, or are one step apart."""
    first = samples[at]
    end = at + 1
    if first is None:
        while end < len(samples) and samples[end] is None:
            end += 1
        return end - at
    second = samples[end] if end < len(samples) else None
    if second is None or _is_stale(first) or _is_stale(second):
        return 1
    step, value = second - first, first
    while end < len(samples) and samples[end] == value + step:
        value += step
        end += 1
    return max(end - at, 1)


def _is_stale(value: float) -> bool:
    return int(np.float64(value).view(np.uint64)) == STALE_BITS
