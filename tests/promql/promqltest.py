"""Prometheus' test language for PromQL (``load``, ``eval``, ``expect``), read and run against the evaluator.

The language: https://github.com/prometheus/prometheus/blob/main/promql/promqltest/README.md. Samples are floats; series
of native histograms are known by label set alone, so that evaluations which read them can be told apart.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from vedette.duration import milliseconds
from vedette.errors import VedetteError
from vedette.formats.series import NUMBER, number, read_labels, read_samples
from vedette.promql.ast import Call, Expr, Subquery, VectorSelector
from vedette.promql.evaluate import instant, query_range
from vedette.promql.labels import NAME, Labels, Matcher, get, labels, render
from vedette.promql.parser import parse
from vedette.promql.results import Matrix, RangeMatrix, Scalar, StringResult, Vector
from vedette.promql.source import Block
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["fail", "warn", "no_warn", "info", "no_info", "ordered", "string", "range vector"]

_EVAL = re.compile(
    r"eval(?:_(?P<old>fail|warn|ordered|info))?\s+(?:instant\s+at\s+(?P<at>\S+)"
    r"|range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+))\s+(?P<expr>.+)"
)
_EXPECT = re.compile(r"expect\s+(range vector|\w+)\s*(.*)")
_SERIES = re.compile(
    r"""\s*([a-zA-Z_:][\w:]*)?\s*(\{(?!\{)(?:[^"'`}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)*\})?(@st)?\s*(.*)"""
)

NATIVE = object()
"""Stands in for a native histogram among expected values."""

Sample = float | object | None


@dataclass
class Eval:
    """One ``eval`` with what it expects."""

    file: str
    line: int
    expr: str
    start: int
    end: int
    step: int
    """0 for an instant query."""
    expects: list[tuple[Kind, str]] = field(default_factory=list)
    series: list[tuple[Labels, list[Sample]]] = field(default_factory=list)
    scalar: float | None = None

    def wants(self, kind: Kind) -> bool:
        return any(found == kind for found, _ in self.expects)

    @property
    def native(self) -> bool:
        return any(value is NATIVE for _, values in self.series for value in values)


@dataclass
class Load:
    """One ``load`` command: series by label set, values by step."""

    step: int
    custom_buckets: bool
    series: dict[Labels, list[Sample]] = field(default_factory=dict)
    start_timestamps: bool = False


@dataclass
class Clear:
    """Forget all samples."""


Command = Eval | Load | Clear


def duration(text: str) -> int:
    """``5m`` or plain seconds, in milliseconds."""
    try:
        return round(float(text) * 1000)
    except ValueError:
        return milliseconds(text)


def series_labels(name: str | None, braces: str | None) -> Labels:
    """``name{a="b"}`` as a label set."""
    return read_labels((name or "") + (braces or ""))


def samples(text: str) -> list[Sample]:
    """``1+2x3 _ stale {{…}}`` expanded; None where there is no sample."""
    return list(read_samples(text, histogram=lambda _: NATIVE))


def read(text: str, file: str) -> Iterator[Command]:
    """The commands of a test file."""
    lines = [line.strip() for line in text.split("\n")]
    lines = ["" if line.startswith("#") else line for line in lines]
    at = 0
    while at < len(lines):
        line, number_of_line = lines[at], at + 1
        at += 1
        if not line:
            continue
        body: list[str] = []
        if not line.startswith("clear"):
            while at < len(lines) and lines[at]:
                body.append(lines[at])
                at += 1
        if line.startswith("clear"):
            yield Clear()
        elif line.startswith("load"):
            yield _load(line, body)
        else:
            yield _eval(line, body, file, number_of_line)


def _load(line: str, body: list[str]) -> Load:
    command, step = line.split()
    load = Load(duration(step), command == "load_with_nhcb")
    for item in body:
        match = _SERIES.fullmatch(item)
        assert match, f"not a series: {item!r}"
        if match[3]:
            load.start_timestamps = True
            continue
        load.series[series_labels(match[1], match[2])] = samples(match[4])
    return load


def _eval(line: str, body: list[str], file: str, number_of_line: int) -> Eval:
    match = _EVAL.fullmatch(line)
    assert match, f"{file}:{number_of_line}: not an eval: {line!r}"
    if match["at"] is not None:
        at = duration(match["at"])
        command = Eval(file, number_of_line, match["expr"], at, at, 0)
    else:
        start, end, step = (duration(match[key]) for key in ("start", "end", "step"))
        command = Eval(file, number_of_line, match["expr"], start, end, step)
    if match["old"]:
        command.expects.append((match["old"], ""))
    for item in body:
        if expect := _EXPECT.fullmatch(item):
            command.expects.append((expect[1], expect[2]))  # type: ignore[arg-type]
        elif re.fullmatch(rf"[-+]?{NUMBER}", item):
            command.scalar = number(item)
        else:
            series = _SERIES.fullmatch(item)
            assert series, f"{file}:{number_of_line}: not a series: {item!r}"
            command.series.append((series_labels(series[1], series[2]), samples(series[4])))
    return command


class MemorySource:
    """A ``Source`` with one block per load and, to be asked for several, two series of each block apart."""

    def __init__(self) -> None:
        self.floats: dict[Labels, dict[int, float]] = {}
        self.native: dict[Labels, set[int]] = {}
        self.blocks: list[tuple[tuple[Labels, ...], np.ndarray, np.ndarray, np.ndarray]] = []
        self.touched_native = False
        self.start_timestamps = False

    def load(self, load: Load) -> None:
        """Add the samples of one command."""
        self.start_timestamps |= load.start_timestamps
        fresh: dict[Labels, dict[int, float]] = {}
        for of, values in load.series.items():
            known = self.floats.setdefault(of, {})
            new = fresh.setdefault(of, {})
            for i, value in enumerate(values):
                at = i * load.step
                if value is NATIVE:
                    self.native.setdefault(of, set()).add(at)
                elif value is not None and at not in known:
                    known[at] = new[at] = float(value)  # type: ignore[arg-type]
            if load.custom_buckets and (name := get(of, NAME)):
                base = labels(
                    (key, re.sub("_(bucket|sum|count)$", "", name) if key == NAME else item)
                    for key, item in of
                    if key != "le"
                )
                self.native.setdefault(base, set()).update(range(0, len(values) * load.step, load.step))
        self._add({of: new for of, new in fresh.items() if new})

    def _add(self, series: dict[Labels, dict[int, float]]) -> None:
        if not series:
            return
        times = np.array(sorted({at for values in series.values() for at in values}), np.int64)
        values = np.zeros((len(series), len(times)))
        present = np.zeros(values.shape, np.bool_)
        column = {at: i for i, at in enumerate(times.tolist())}
        for row, by_time in enumerate(series.values()):
            at = [column[time] for time in by_time]
            values[row, at] = list(by_time.values())
            present[row, at] = True
        self.blocks.append((tuple(series), times, values, present))

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> list[Block]:
        def matches(of: Labels) -> bool:
            return all(matcher.matches(get(of, matcher.name)) for matcher in matchers)

        if any(start <= at <= end for of, times in self.native.items() if matches(of) for at in times):
            self.touched_native = True
        found = []
        for of, times, values, present in self.blocks:
            rows = [row for row, item in enumerate(of) if matches(item)]
            if rows:
                found.append(Block(tuple(of[row] for row in rows), times, values[rows], present[rows]))
        return found


# What Prometheus' own suite leaves out of its check with `@` (promql/promqltest/test.go, atModifierUnsafeFunctions).
_NOT_FIXED_BY_AT = frozenset(
    {"days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year"}
    | {"predict_linear", "time", "timestamp"}
)


def fixed_at(expr: Expr, at: int) -> Expr | None:
    """The expression with ``@ at`` on every selector, None where that would change what it means."""
    if any(isinstance(node, Call) and node.func in _NOT_FIXED_BY_AT for node in walk(expr)):
        return None
    if any(isinstance(node, VectorSelector | Subquery) and node.at is not None for node in walk(expr)):
        return None
    if any(isinstance(node, Subquery) for node in walk(expr)):
        return None

    def change(node: Expr) -> Expr:
        if isinstance(node, VectorSelector):
            return VectorSelector(node.name, node.matchers, node.offset, at, node.span)
        return node

    return rewrite(expr, change)


def almost(left: float, right: float, tolerance: float = 1e-6) -> bool:
    """Prometheus' ``almost.Equal``."""
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    if left == right:
        return True
    total, difference = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or total < 2.2250738585072014e-308:
        return difference < tolerance * 2.2250738585072014e-308
    return difference / min(total, 1.7976931348623157e308) < tolerance


def run(command: Eval, source: MemorySource) -> str | None:
    """What is wrong with the answer, None where nothing is."""
    try:
        if command.step:
            result = query_range(command.expr, source, command.start, command.end, command.step, delayed_names=True)
        else:
            result = instant(command.expr, source, command.start, delayed_names=True)
    except VedetteError as error:
        return _failure(command, error)
    if command.wants("fail"):
        return f"should have failed, gave {result}"
    wrong = _annotations(command, result.warnings) or _compare(command, result)
    if wrong is None and isinstance(result, Vector):
        wrong = _again(command, source)
    return wrong


def _failure(command: Eval, error: VedetteError) -> str | None:
    if not command.wants("fail"):
        return f"failed: {error}"
    for kind, text in command.expects:
        if kind != "fail" or not text:
            continue
        how, _, wanted = text.partition(":")
        message = str(error)
        if how == "msg" and wanted.strip() != message:
            return f"failed with {message!r}, not {wanted.strip()!r}"
        if how == "regex" and not re.search(wanted.strip(), message):
            return f"failed with {message!r}, not like {wanted.strip()!r}"
    return None


def _annotations(command: Eval, warnings: Sequence[str]) -> str | None:
    found = {
        "warn": [text for text in warnings if text.startswith("PromQL warning: ")],
        "info": [text for text in warnings if text.startswith("PromQL info: ")],
    }
    for kind, text in command.expects:
        if kind in ("no_warn", "no_info") and found[kind[3:]]:
            return f"should have no {kind[3:]}, has {found[kind[3:]]}"
        if kind in ("warn", "info"):
            if not found[kind]:
                return f"should have {kind} {text!r}, has none"
            how, _, wanted = text.partition(":")
            if how == "msg" and wanted.strip() not in found[kind]:
                return f"should have {wanted.strip()!r}, has {found[kind]}"
            if how == "regex" and not any(re.search(wanted.strip(), item) for item in found[kind]):
                return f"should have {wanted.strip()!r}, has {found[kind]}"
    return None


def _compare(command: Eval, result: Scalar | StringResult | Vector | Matrix | RangeMatrix) -> str | None:
    match result:
        case Scalar():
            wanted = command.scalar
            return None if wanted is not None and almost(wanted, result.value) else f"gave {result.value}, not {wanted}"
        case StringResult():
            text = next(text for kind, text in command.expects if kind == "string")
            wanted_text = text[1:-1] if text.startswith("`") else ast.literal_eval(text)
            return None if wanted_text == result.value else f"gave {result.value!r}, not {wanted_text!r}"
        case Vector():
            found = list(zip(result.labels, ([float(value)] for value in result.values), strict=True))
            if command.wants("ordered") and [of for of, _ in found] != [of for of, _ in command.series]:
                return f"gave {[render(of) for of, _ in found]} in this order"
            wanted_series = [(of, values[:1]) for of, values in command.series]
        case RangeMatrix():
            found = [
                (of, [float(value) if there else None for value, there in zip(values, present, strict=True)])
                for of, values, present in zip(result.labels, result.values, result.present, strict=True)
            ]
            steps = (command.end - command.start) // command.step + 1
            wanted_series = [(of, (values + [None] * steps)[:steps]) for of, values in command.series]
        case Matrix():
            text = next(text for kind, text in command.expects if kind == "range vector")
            _, start, _, end, _, step = text.split()
            first, last, by = duration(start), duration(end), duration(step)
            times = list(range(first, last + 1, by))
            found = []
            for of, at, values in result.series:
                by_time = dict(zip(at.tolist(), values.tolist(), strict=True))
                assert set(by_time) <= set(times), f"samples at {sorted(by_time)}"
                found.append((of, [by_time.get(time) for time in times]))
            wanted_series = [(of, (values + [None] * len(times))[: len(times)]) for of, values in command.series]
    return _same(wanted_series, found)


def _same(wanted: list[tuple[Labels, list[Sample]]], found: list[tuple[Labels, list[Sample]]]) -> str | None:
    answers = dict(found)
    if len(answers) != len(found):
        return f"the same series twice: {[render(of) for of, _ in found]}"
    expected = {of: values for of, values in wanted if any(value is not None for value in values)}
    if extra := answers.keys() - expected.keys():
        return f"unexpected {[f'{render(of)} {answers[of]}' for of in extra]}"
    for of, values in expected.items():
        given = answers.get(of)
        if given is None:
            return f"missing {render(of)} {values}; has {[render(other) for other in answers]}"
        for i, (want, have) in enumerate(zip(values, given, strict=True)):
            if want is NATIVE or (want is None) != (have is None) or (want is not None and not almost(want, have)):  # type: ignore[arg-type]
                return f"{render(of)} at step {i}: {have}, not {want}; {given}"
    return None


def _again(command: Eval, source: MemorySource) -> str | None:
    """The same as the middle of a range query, and with ``@`` at other times, as Prometheus' suite does."""
    if command.wants("ordered"):
        return None
    at, minute = command.start, 60_000
    wanted = [(of, values[:1]) for of, values in command.series]
    try:
        result = query_range(command.expr, source, at - minute, at + minute, minute, delayed_names=True)
    except VedetteError as error:
        return f"as a range query failed: {error}"
    middle = [
        (of, [float(values[1])])
        for of, values, there in zip(result.labels, result.values, result.present, strict=True)
        if there[1]
    ]
    wrong = _same(wanted, middle)
    if wrong:
        return f"as a range query: {wrong}"
    fixed = fixed_at(parse(command.expr), at)
    if fixed is None:
        return None
    for other in (at - 10 * minute, at + 7 * minute + 13):
        answer = instant(fixed, source, other, delayed_names=True)
        assert isinstance(answer, Vector)
        wrong = _same(wanted, list(zip(answer.labels, ([float(value)] for value in answer.values), strict=True)))
        if wrong:
            return f"with @ {at} at {other}: {wrong}"
    return None
