"""Rules that are a little wrong: the operators are fixed, so that a score means the same in every project.

Each changes one thing of an alert, or of a recording that it reads. Tests are good if a case fails for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from vedette.duration import format_duration
from vedette.formats.rules import AlertingRule
from vedette.promql.ast import Aggregate, Binary, Expr, Number, Unary, VectorSelector
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import COMPARISONS, parse
from vedette.promql.printer import format as show
from vedette.promql.walk import rewrite, walk
from vedette.testing.equivalence import always_matches, folded, number_of, overruled, same_for_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.formats.rules import Rule, RuleGroup
    from vedette.testing.bench import Bench

__all__ = ["Mutant", "mutants"]

_TURNED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}
_STRICT: Final = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_ADDED: Final = frozenset({NAME, "job"})
"""Matchers that are the name itself, or that the build adds to each selector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one rule."""

    alert: str
    operator: str
    """``threshold``, ``comparator``, ``for``, ``by``, ``matcher`` or ``metric``."""
    what: str
    """The change in words: ``> 0.05 → > 0.1``."""
    rule: str
    """The alert, or the recording that it reads."""
    groups: tuple[RuleGroup, ...]
    """The rules of the alert with the change."""
    equivalent: str = ""
    """Why no case can tell it from the rule, where that is known."""


def mutants(bench: Bench, alert: str) -> Iterator[Mutant]:
    """Every mutant of an alert and of what it reads."""
    groups = bench.needed(alert)
    for at, group in enumerate(groups):
        for position, rule in enumerate(group.rules):
            name = rule.alert if isinstance(rule, AlertingRule) else rule.record
            if isinstance(rule, AlertingRule) and rule.alert != alert:
                continue
            for operator, what, changed, equivalent in _of_rule(rule, bench, alert):
                rules = (*group.rules[:position], changed, *group.rules[position + 1 :])
                whole = (*groups[:at], replace(group, rules=rules), *groups[at + 1 :])
                yield Mutant(
                    alert=alert, operator=operator, what=what, rule=name, groups=whole, equivalent=equivalent
                )  # fmt: skip


_Change = tuple[str, str, Expr, str]
"""Operator, what, the new tree, and why it is equivalent."""


def _of_rule(rule: Rule, bench: Bench, alert: str) -> Iterator[tuple[str, str, Rule, str]]:
    tree = parse(rule.expr)
    if isinstance(rule, AlertingRule):
        yield from _durations(rule)
    seen = {show(tree)}
    for operator, what, changed, equivalent in _of_tree(tree, bench, alert):
        text = show(changed)
        if text not in seen:
            seen.add(text)
            yield operator, what, replace(rule, expr=text, tree=None), equivalent


def _durations(rule: AlertingRule) -> Iterator[tuple[str, str, Rule, str]]:
    for key, old in (("for", rule.for_), ("keep_firing_for", rule.keep_firing_for)):
        for new in (0, 2 * old) if old else ():
            what = f"{key} {format_duration(old)} → {format_duration(new)}"
            changed = replace(rule, for_=new) if key == "for" else replace(rule, keep_firing_for=new)
            yield "for", what, changed, ""


def _of_tree(tree: Expr, bench: Bench, alert: str) -> Iterator[_Change]:
    for node in walk(tree):
        match node:
            case Binary() if node.op in COMPARISONS:
                yield from _comparison(tree, node, bench, alert)
            case Aggregate():
                yield from _grouping(tree, node)
            case VectorSelector():
                yield from _selector(tree, node, bench, alert)
            case _:
                pass


def _put(tree: Expr, old: Expr, new: Expr) -> Expr:
    return rewrite(tree, lambda node: new if node is old else node)


def _comparison(tree: Expr, node: Binary, bench: Bench, alert: str) -> Iterator[_Change]:
    for side in ("lhs", "rhs"):
        number = number_of(getattr(node, side))
        for factor in (0.5, 2.0) if number else ():
            new = _literal((number or 0) * factor)
            changed = replace(node, lhs=new) if side == "lhs" else replace(node, rhs=new)
            why = same_for_whole(node, changed, bench)
            yield "threshold", f"{_brief(node)} → {_brief(changed)}", _put(tree, node, changed), why
    for table in (_TURNED, _STRICT):
        if node.op in table:
            changed = replace(node, op=table[node.op])
            why = overruled(tree, node, bench, alert) if table is _STRICT else ""
            yield "comparator", f"{_brief(node)} → {_brief(changed)}", _put(tree, node, changed), why


def _literal(value: float) -> Expr:
    return Number(value) if value >= 0 else Unary("-", Number(-value))


def _brief(node: Binary) -> str:
    """The comparison without what is long: ``… > 0.05``."""
    left, right = (show(side) if number_of(side) is not None else "…" for side in (node.lhs, node.rhs))
    return f"{left} {node.op} {right}"


def _grouping(tree: Expr, node: Aggregate) -> Iterator[_Change]:
    for label in node.grouping:
        left = tuple(one for one in node.grouping if one != label)
        word = "without" if node.without else "by"
        what = f"{word} ({', '.join(node.grouping)}) → {word} ({', '.join(left)})"
        yield "by", what, _put(tree, node, replace(node, grouping=left)), folded(tree, node, label)


def _selector(tree: Expr, node: VectorSelector, bench: Bench, alert: str) -> Iterator[_Change]:
    series = bench.known.get(node.name)
    for matcher in node.matchers:
        if matcher.name in _ADDED:
            continue
        left = tuple(one for one in node.matchers if one is not matcher)
        what = f"{node.name}{{{matcher}}} without the matcher"
        yield "matcher", what, _put(tree, node, replace(node, matchers=left)), always_matches(matcher, series)
    other = _other_metric(node.name, bench, alert)
    if other is not None:
        named = tuple(Matcher(NAME, "=", other) if one.name == NAME else one for one in node.matchers)
        changed = replace(node, name=other, matchers=named)
        yield "metric", f"{node.name} → {other}", _put(tree, node, changed), ""


def _other_metric(name: str, bench: Bench, alert: str) -> str | None:
    """The next series of the same type in the pack of the alert, by name; None where it has no other."""
    own = bench.known.get(name)
    if own is None:
        return None
    packs = [use.pack for use in bench.plan.packs()[bench.alerts()[alert]]]
    recorded = {one.name for pack in packs for one in pack.recordings}
    metrics = {metric.name for pack in packs for metric in pack.metrics}
    pool = recorded if name in recorded else {key for key, one in bench.known.items() if one.metric in metrics}
    same = sorted(other for other in pool if bench.known[other].type == own.type)
    return next((other for other in same if other > name), next((other for other in same if other < name), None))
