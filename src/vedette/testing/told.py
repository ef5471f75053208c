"""What is said of a test that fails: what was expected and what there was side by side, and how the alert went."""

from __future__ import annotations

from re import Pattern
from typing import TYPE_CHECKING

from vedette.duration import format_duration
from vedette.promql.labels import render
from vedette.testing.judge import matches
from vedette.testing.plot import chart, strip
from vedette.testing.promtool import AlertMismatch, Error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.testing.judge import CaseOutcome, Firing, Miss
    from vedette.testing.promtool import FiringAlert, Problem

__all__ = ["tell_case", "tell_problem"]

_SHOWN = 5
_WIDEST = 60


def tell_case(outcome: CaseOutcome) -> str:
    """A case that failed, in lines."""
    lines = [f"{outcome.case.name}  ({outcome.case.place})"]
    for miss in outcome.misses:
        where = "" if miss.expectation is None else f"  ({miss.expectation.place})"
        lines += [f"  {miss.message}{where}", *(f"    {line}" for line in _beside(miss))]
    lines += [f"  {line}" for line in _picture(outcome)]
    return "\n".join(lines)


def _beside(miss: Miss) -> list[str]:
    """The expected labels and annotations beside those of the alert that is most like it."""
    expectation = miss.expectation
    if expectation is None or not miss.firing:
        return []
    wanted = {"label": expectation.labels, "annotation": expectation.annotations}
    if expectation.state == "fires" and any(wanted.values()):
        nearest = max(miss.firing, key=lambda one: _alike(one, wanted))
        found: dict[str, Mapping[str, str]] = {"label": nearest.labels, "annotation": nearest.annotations}
        rows = [
            (kind, name, _shown(value), _shown(found[kind].get(name)), matches(found[kind].get(name), value))
            for kind, pairs in wanted.items()
            for name, value in pairs.items()
        ]
        return _table(rows)
    return ["what fires:", *(f"  {render(tuple(sorted(one.labels.items())))}" for one in miss.firing[:_SHOWN])]


def _alike(one: Firing, wanted: Mapping[str, Mapping[str, str | Pattern[str] | None]]) -> int:
    found = {"label": one.labels, "annotation": one.annotations}
    return sum(matches(found[kind].get(name), value) for kind, pairs in wanted.items() for name, value in pairs.items())


def _shown(value: str | Pattern[str] | None) -> str:
    if value is None:
        return "(none)"
    text = f"/{value.pattern}/" if isinstance(value, Pattern) else value
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _table(rows: Sequence[tuple[str, str, str, str, bool]]) -> list[str]:
    """Kind, name, expected, got; a cross before those that differ."""
    head = ("", "", "", "expected", "got")
    cells = [head, *(("" if same else "✗", kind, name, want, got) for kind, name, want, got, same in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(5)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _picture(outcome: CaseOutcome) -> Iterator[str]:
    """The values against the threshold, and the states below."""
    if not outcome.states:
        return
    end = format_duration((len(outcome.states) - 1) * outcome.interval)
    drawn = chart(outcome.values, outcome.threshold, ends=("0s", end)).split("\n")
    if len(drawn) == 1:
        yield "what it compares has no value at any time"
        margin = 0
    else:
        yield from drawn
        margin = drawn[0].index("┤") + 1
    yield " " * margin + strip(outcome.states) + "   · inactive  ▒ pending  █ firing"


def tell_problem(problem: Problem) -> str:
    """What is wrong with a test of a promtool file, in lines."""
    if isinstance(problem, Error):
        return f"{problem.place}: {problem.message}" if problem.place else problem.message
    test = problem.test
    when = format_duration(test.eval_time)
    if isinstance(problem, AlertMismatch):
        lines = [f"{test.place}: alert {problem.test.alertname} at {when}"]
        missing, extra = _apart(problem.expected, problem.got)
        if len(missing) == len(extra) == 1:
            return "\n".join([*lines, *(f"  {line}" for line in _differences(missing[0], extra[0]))])
        for title, alerts in (("expected, but not firing:", missing), ("firing, but not expected:", extra)):
            if alerts:
                lines.append(f"  {title}")
            for one in alerts:
                lines.append(f"    {render(tuple(sorted(one.labels.items())))}")
                lines += [f"      {name}: {value}" for name, value in sorted(one.annotations.items())]
        return "\n".join(lines)
    lines = [f"{test.place}: {problem.test.expr} at {when}"]
    gone = [one for one in problem.expected if one not in problem.got]
    new = [one for one in problem.got if one not in problem.expected]
    lines += [f"  expected  {render(of)} {value!r}" for of, value in gone]
    lines += [f"  got       {render(of)} {value!r}" for of, value in new]
    return "\n".join(lines if gone or new else [*lines, "  the same samples, but not as many times"])


def _apart(expected: Sequence[FiringAlert], got: Sequence[FiringAlert]) -> tuple[list[FiringAlert], list[FiringAlert]]:
    """Those that are only expected, and those that only fire."""
    extra = list(got)
    missing = []
    for one in expected:
        if one in extra:
            extra.remove(one)
        else:
            missing.append(one)
    return missing, extra


def _differences(expected: FiringAlert, got: FiringAlert) -> list[str]:
    rows = []
    for kind, want, have in (
        ("label", expected.labels, got.labels),
        ("annotation", expected.annotations, got.annotations),
    ):
        rows += [
            (kind, name, _shown(want.get(name)), _shown(have.get(name)), want.get(name) == have.get(name))
            for name in sorted({*want, *have})
        ]
    return _table(rows)
