"""What rules read: which raw series a backtest has to load, how far back, and how long before its start to begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.formats.rules import RecordingRule
from vedette.promql.ast import MatrixSelector, Subquery, VectorSelector
from vedette.promql.evaluate import LOOKBACK
from vedette.promql.labels import NAME
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.formats.rules import Rule, RuleGroup
    from vedette.promql.ast import Expr
    from vedette.promql.labels import Matcher

__all__ = ["Need", "closure", "needs", "reads", "tree", "warmup"]

_OWN = ("ALERTS", "ALERTS_FOR_STATE")


@dataclass(frozen=True, slots=True)
class Need:
    """A selector, with the part of the past that its readers look at (milliseconds)."""

    matchers: tuple[Matcher, ...]
    back: int
    """From an evaluation to the oldest sample that it may read."""
    ahead: int = 0
    """From an evaluation to the newest one, where that lies after it (a negative offset)."""
    fixed: int | None = None
    """The time of an ``@``, where it has one: ``back`` and ``ahead`` are from there."""

    @property
    def name(self) -> str | None:
        """The name that is asked for; None where it is not said outright."""
        return next((matcher.value for matcher in self.matchers if matcher.name == NAME and matcher.op == "="), None)

    def matches_name(self, name: str) -> bool:
        """Whether a series of this name may be meant."""
        return all(matcher.matches(name) for matcher in self.matchers if matcher.name == NAME)


def tree(rule: Rule) -> Expr | None:
    """The expression of a rule; None where it does not parse, and so reads nothing."""
    if rule.tree is not None:
        return rule.tree
    try:
        return parse(rule.expr)
    except ParseError:
        return None


def reads(expr: Expr, back: int = 0, ahead: int = 0, fixed: int | None = None) -> Iterator[Need]:
    """Every selector of an expression."""
    if isinstance(expr, VectorSelector):
        at = fixed if expr.at is None or isinstance(expr.at, str) else expr.at
        yield Need(expr.matchers, back + expr.offset + LOOKBACK, max(0, ahead - expr.offset), at)
    elif isinstance(expr, MatrixSelector):
        extra = max(0, expr.range - LOOKBACK)
        yield from reads(expr.selector, back + extra, ahead, fixed)
    elif isinstance(expr, Subquery):
        at = fixed if expr.at is None or isinstance(expr.at, str) else expr.at
        yield from reads(expr.expr, back + expr.range + expr.offset, ahead - expr.offset, at)
    else:
        for part in children(expr):
            yield from reads(part, back, ahead, fixed)


def needs(groups: Sequence[RuleGroup]) -> list[Need]:
    """The selectors over raw series, each once; one that another includes is left out.

    What the rules record themselves is not loaded.
    """
    recorded = {rule.record for group in groups for rule in group.rules if isinstance(rule, RecordingRule)}
    found: dict[tuple[frozenset[Matcher], int | None], Need] = {}
    for need in _all(groups):
        if any(m.name == NAME and m.op == "=" and (m.value in recorded or m.value in _OWN) for m in need.matchers):
            continue
        key = frozenset(need.matchers), need.fixed
        known = found.get(key)
        found[key] = need if known is None else _wider(known, need)
    kept: list[Need] = []
    for need in sorted(found.values(), key=lambda one: len(one.matchers)):
        own = set(need.matchers)
        at = next((i for i, one in enumerate(kept) if one.fixed == need.fixed and set(one.matchers) <= own), None)
        if at is None:
            kept.append(need)
        else:
            kept[at] = _wider(kept[at], need)
    return kept


def _all(groups: Sequence[RuleGroup]) -> Iterator[Need]:
    for group in groups:
        late = group.query_offset or 0
        for rule in group.rules:
            expr = tree(rule)
            if expr is not None:
                yield from reads(expr, back=late)


def _wider(one: Need, other: Need) -> Need:
    return Need(one.matchers, max(one.back, other.back), max(one.ahead, other.ahead), one.fixed)


def warmup(groups: Sequence[RuleGroup]) -> int:
    """Milliseconds that evaluation begins before what is asked about.

    By then alerts that were pending or kept firing at the start are, and recorded series reach as far back as they
    are read.
    """
    writers: dict[str, list[Rule]] = {}
    for group in groups:
        for rule in group.rules:
            if isinstance(rule, RecordingRule):
                writers.setdefault(rule.record, []).append(rule)
    known: dict[int, int] = {}
    longest = 0
    for group in groups:
        for rule in group.rules:
            if not isinstance(rule, RecordingRule):
                longest = max(longest, _history(rule, writers, known) + rule.for_ + rule.keep_firing_for)
    return longest


def _history(rule: Rule, writers: Mapping[str, Sequence[Rule]], known: dict[int, int]) -> int:
    """How long before an evaluation the recordings that it rests on have to begin."""
    if id(rule) in known:
        return known[id(rule)]
    known[id(rule)] = 0  # a rule that reads itself begins with nothing
    expr = tree(rule)
    found = 0
    for need in reads(expr) if expr is not None else ():
        for name, rules in writers.items():
            if need.matches_name(name):
                found = max(found, *(need.back + _history(writer, writers, known) for writer in rules))
    known[id(rule)] = found
    return found


def closure(groups: Sequence[RuleGroup], alerts: set[str]) -> list[RuleGroup]:
    """The groups with only these alerts and the recording rules that they rest on."""
    from dataclasses import replace  # noqa: PLC0415 - only a sweep wants it

    wanted = {id(rule) for group in groups for rule in group.rules if _name(rule) in alerts}
    recordings = [rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule)]
    waiting = [rule for group in groups for rule in group.rules if id(rule) in wanted]
    while waiting:
        expr = tree(waiting.pop())
        read = list(reads(expr)) if expr is not None else []
        for rule in recordings:
            if id(rule) not in wanted and any(need.matches_name(rule.record) for need in read):
                wanted.add(id(rule))
                waiting.append(rule)
    cut = [replace(group, rules=tuple(rule for rule in group.rules if id(rule) in wanted)) for group in groups]
    return [group for group in cut if group.rules]


def _name(rule: Rule) -> str:
    return "" if isinstance(rule, RecordingRule) else rule.alert
