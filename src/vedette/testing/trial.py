"""Rules over series that are given beforehand: what a test of rules runs on.

Nothing is scraped and no clock runs: all groups are evaluated at whole multiples of one interval, as promtool does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.engine.rules import Failure, Rules
from vedette.engine.rules.dependencies import asked_in_texts, looks_ahead
from vedette.engine.tsdb.head import Head
from vedette.errors import VedetteError
from vedette.formats.rules import AlertingRule
from vedette.promql.evaluate import instant, query_range
from vedette.promql.labels import NAME, Labels, Matcher, get, render
from vedette.promql.parser import ParseError, parse
from vedette.promql.source import STALE_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.engine.rules import ActiveAlert
    from vedette.formats.rules import Rule, RuleGroup
    from vedette.promql.ast import Expr
    from vedette.promql.results import RangeMatrix, Result

__all__ = ["Trial"]

_NEVER: Final = 2**60
"""Milliseconds: nobody is told of these alerts again."""
_OF_ALERTS: Final = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


class Trial:
    """Series, rules, and how far they have come.

    Args:
        groups: the rules, in the order in which they are evaluated; intervals of their own do not count.
        given: series → a value at every ``step`` from the start, None where there is none.
        step: milliseconds between the values.
        interval: milliseconds between evaluations.
        start: milliseconds since the epoch of the first value and the first evaluation.
        external_labels: what templates know them as.
        external_url: likewise.
    """

    def __init__(
        self,
        groups: Sequence[RuleGroup],
        given: Mapping[Labels, Sequence[float | None]],
        *,
        step: int,
        interval: int,
        start: int = 0,
        external_labels: Mapping[str, str] | None = None,
        external_url: str = "",
    ) -> None:
        self.failures: list[Failure] = []
        """Every evaluation that went wrong so far."""
        self.head: Final = Head()
        """All samples: those given and those of the rules."""
        self._start = start
        self._step = step
        self._interval = interval
        self._due = start
        rules = [rule for group in groups for rule in group.rules]
        self._given = _Given(self.head, given, step=step, start=start)
        self._contested = _contested(rules, given)
        self._one_by_one = bool(self._contested) or any(map(_looks_ahead, rules))
        self._rules = Rules(
            groups,
            self.head,
            start=start,
            interval=interval,
            external_labels=external_labels,
            external_url=external_url,
            failed=self.failures.append,
            resend_delay=_NEVER,
        )

    def run(self, until: int) -> None:
        """Evaluate at every tick up to and including ``until`` (milliseconds from the start), or to the first failure.

        At a tick the rules know the given values up to it.
        """
        last = self._start + until // self._interval * self._interval
        while self._due <= last and not self.failures:
            to = self._due if self._one_by_one else last
            self._given.feed(to)
            self._rules.evaluate_range(self._due, to, self._interval)
            if self._contested:
                self._find_conflicts(to)
            self._due = to + self._interval

    def alerts(self) -> list[ActiveAlert]:
        """What is pending or firing after the last evaluation."""
        return self._rules.alerts()

    def ask(self, expr: str | Expr, at: int) -> Result:
        """The value of an expression at a time (milliseconds from the start), over what is known by now.

        Raises:
            ParseError: it is not PromQL.
            EvaluationError: it has no answer.
        """
        return instant(expr, self.head, self._start + at, subquery_step=self._interval)

    def ask_range(self, expr: str | Expr, until: int) -> RangeMatrix | None:
        """The value of an expression at every tick up to ``until``, None where it has no answer."""
        last = self._start + until // self._interval * self._interval
        try:
            return query_range(
                expr, self.head, self._start, last, self._interval, subquery_step=self._interval, max_points=None
            )
        except VedetteError:
            return None

    def _find_conflicts(self, at: int) -> None:
        """A rule that gives a series another value than was given for the same time."""
        values = self._given.at(at)
        for name in self._contested:
            for block in self.head.select((Matcher(NAME, "=", name),), at, at):
                column = int(block.timestamps.searchsorted(at))
                if column >= len(block.timestamps) or block.timestamps[column] != at:
                    continue
                for of, value, there in zip(
                    block.labels, block.values[:, column], block.present[:, column], strict=True
                ):
                    own = values.get(of)
                    if there and own is not None and _bits(value) not in (_bits(own), STALE_BITS):
                        message = (
                            f"duplicate sample for timestamp: {render(of)} is given as {own:g} and recorded as "
                            f"{value:g}; leave it out of the series that are given"
                        )
                        self.failures.append(Failure(at, name, message))


class _Given:
    """The series that are given, one matrix of them."""

    def __init__(self, head: Head, given: Mapping[Labels, Sequence[float | None]], *, step: int, start: int) -> None:
        width = max(map(len, given.values()), default=0)
        self._labels = list(given)
        self._values = np.zeros((len(given), width))
        self._present = np.zeros((len(given), width), np.bool_)
        for row, samples in enumerate(given.values()):
            self._present[row, : len(samples)] = [one is not None for one in samples]
            self._values[row, : len(samples)] = [0.0 if one is None else one for one in samples]
        self._times = start + np.arange(width, dtype=np.int64) * step
        self._matrix = head.target("given")
        self._slots = np.array([self._matrix.slot(of) for of in given], np.intp)
        self._fed = 0

    def feed(self, to: int) -> None:
        """Store what is given up to ``to``, milliseconds since the epoch."""
        end = int(self._times.searchsorted(to, side="right"))
        if end > self._fed:
            part = slice(self._fed, end)
            self._matrix.append_columns(self._times[part], self._slots, self._values[:, part], self._present[:, part])
            self._fed = end

    def at(self, time: int) -> dict[Labels, float]:
        """What is given for exactly this time."""
        column = int(self._times.searchsorted(time))
        if column >= len(self._times) or self._times[column] != time:
            return {}
        held = np.flatnonzero(self._present[:, column])
        return {self._labels[row]: float(self._values[row, column]) for row in held}


def _bits(value: float) -> int:
    return int(np.float64(value).view(np.uint64))


def _contested(rules: Sequence[Rule], given: Mapping[Labels, object]) -> frozenset[str]:
    """The names that are given and that rules write, too."""
    written: set[str] = set()
    for rule in rules:
        written |= _OF_ALERTS if isinstance(rule, AlertingRule) else {rule.record}
    return frozenset(written & {get(of, NAME) for of in given})


def _looks_ahead(rule: Rule) -> bool:
    """Whether a rule asks for samples of another time than its own, which may not be there yet."""
    texts = [*rule.labels.values(), *(rule.annotations.values() if isinstance(rule, AlertingRule) else ())]
    asked = asked_in_texts(texts)
    if asked is None:
        return True
    try:
        tree = parse(rule.expr)
    except ParseError:
        return False
    return any(map(looks_ahead, (tree, *asked)))
