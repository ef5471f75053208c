"""Which rules read what other rules write, and in which order whole columns of them can be computed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.formats.gotemplate import TemplateError
from vedette.formats.rules import AlertingRule, RecordingRule
from vedette.formats.template_uses import template_uses
from vedette.promql.ast import Call, Subquery, VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.labels import NAME
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from vedette.promql.ast import Expr

__all__ = ["Dated", "Reader", "asked_in_texts", "column_order", "looks_ahead", "same_in_columns", "same_series"]

_QUERY = re.compile(r"\bquery\b")
"""The template function, not ``urlquery``."""


_OF_ALERTS = frozenset(("ALERTS", "ALERTS_FOR_STATE"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What one rule reads."""

    selectors: Sequence[VectorSelector]
    in_texts: Sequence[VectorSelector]
    """Those that stand in queries within its texts, which are also in ``selectors``."""
    names: frozenset[str] | None
    """The names of all; None where one of them is not said outright."""
    ahead: bool
    """Whether it asks for samples of another time than its own."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One rule, for the question what it reads and writes."""

    rule: RecordingRule | AlertingRule
    labels: Mapping[str, str]
    """The group's and its own."""
    expr: Expr | None
    written: Mapping[str, frozenset[str]] = field(init=False, compare=False, repr=False)
    """The values that labels of what it writes can have, where that is known; of an alert's two metrics the name is
    left open."""
    asked: Asked | None = field(init=False, compare=False, repr=False)
    """What it reads; None where nobody can tell before it runs."""

    def __post_init__(self) -> None:
        own = {name: frozenset((value,)) for name, value in self.labels.items() if "{{" not in value}
        found = {name: values for name, values in _yielded(self.expr).items() if name not in self.labels}
        named = (NAME, self.rule.record) if isinstance(self.rule, RecordingRule) else ("alertname", self.rule.alert)
        object.__setattr__(self, "written", {**found, **own, named[0]: frozenset((named[1],))})
        object.__setattr__(self, "asked", _asked(self))

    @property
    def name(self) -> str:
        """What it records, or what the alert is called: rules of other names write other series."""
        return self.rule.record if isinstance(self.rule, RecordingRule) else self.rule.alert


def _yielded(expr: Expr | None) -> dict[str, frozenset[str]]:
    """The labels that every series of an expression has, with the values that are possible."""
    if expr is None:
        return {}
    branches = [branch for branch in analyse(expr, lambda _: None).branches if branch.empty is None]
    found: dict[str, frozenset[str]] = {}
    for name in {name for branch in branches for name in branch.labels.named} - {NAME, "alertname"}:
        labels = [branch.labels.get(name) for branch in branches]
        values = [label.values for label in labels if label.state == "always" and label.values is not None]
        if len(values) == len(labels):
            found[name] = frozenset().union(*values)
    return found


@dataclass(frozen=True, slots=True)
class Dated:
    """One group's rules with the instants they are evaluated at and how far back they look (milliseconds)."""

    rules: Sequence[Reader]
    times: Collection[int]
    query_offset: int


def same_in_columns(expr: Expr) -> bool:
    """Whether a range query gives at each step what an instant query gives there: not with ``@ start()`` and kin."""
    return not any(
        (isinstance(node, VectorSelector | Subquery) and node.at in ("start", "end"))
        or (isinstance(node, Call) and node.func in ("start", "end", "range", "step"))
        for node in walk(expr)
    )


def same_series(one: Reader, other: Reader) -> bool:
    """Whether two rules may write one and the same series."""
    if type(one.rule) is not type(other.rule):
        return False
    if one.name != other.name:
        return False
    left, right = one.written, other.written
    return all(not left[name].isdisjoint(right[name]) for name in left.keys() & right.keys())


def column_order(groups: Sequence[Dated]) -> list[int] | None:
    """The order in which groups can be computed a whole range at a time, or None where only step by step is right.

    None: a rule (or a query in its texts) reads what it, or a later rule, wrote before; groups read each other; a rule
    looks at what another will write later; or two rules may write the same series at one instant. Two groups that are
    due at one instant are evaluated in the order given, so a group that reads a later one must not share an instant
    with it.
    """
    needs: list[set[int]] = [set() for _ in groups]
    writers = _Writers(groups)
    for reader_group, dated in enumerate(groups):
        for reader_at, reader in enumerate(dated.rules):
            asked = reader.asked
            if asked is None:
                return None
            for writer_group, writer_at, writer in writers.alike(reader):
                if (writer_group, writer_at) >= (reader_group, reader_at) or not same_series(reader, writer):
                    continue
                if writer_group == reader_group or _meet(dated, groups[writer_group]):
                    return None
            for writer_group, writer_at, writer in writers.of(asked.names):
                if not _reads(asked.selectors, writer):
                    continue
                # what a text asks for is as of the evaluation itself, whatever the group's offset
                back = 0 if _reads(asked.in_texts, writer) else dated.query_offset
                if asked.ahead or groups[writer_group].query_offset > back:
                    return None
                if writer_group == reader_group:
                    if writer_at >= reader_at:
                        return None
                elif writer_group > reader_group and _meet(dated, groups[writer_group]):
                    return None
                else:
                    needs[reader_group].add(writer_group)
    order: list[int] = []
    waiting = list(range(len(groups)))
    while waiting:
        ready = next((group for group in waiting if needs[group] <= set(order)), None)
        if ready is None:
            return None
        order.append(ready)
        waiting.remove(ready)
    return order


_Writer = tuple[int, int, Reader]
"""The group, the place in it, the rule."""


class _Writers:
    """All rules, by what they write."""

    def __init__(self, groups: Sequence[Dated]) -> None:
        self._every: list[_Writer] = []
        self._alike: dict[str, list[_Writer]] = {}
        self._of: dict[str, list[_Writer]] = {}
        for group, dated in enumerate(groups):
            for at, reader in enumerate(dated.rules):
                one = group, at, reader
                self._every.append(one)
                self._alike.setdefault(reader.name, []).append(one)
                for name in reader.written.get(NAME, _OF_ALERTS):
                    self._of.setdefault(name, []).append(one)

    def alike(self, reader: Reader) -> Sequence[_Writer]:
        """Those of the same name, itself among them."""
        return self._alike[reader.name]

    def of(self, names: frozenset[str] | None) -> Iterable[_Writer]:
        """Those that write metrics of these names, or of any; each once."""
        if names is None:
            return self._every
        return {one[:2]: one for name in names for one in self._of.get(name, ())}.values()


def _meet(one: Dated, other: Dated) -> bool:
    """Whether two groups are evaluated at the same instant at some time."""
    if one.times == other.times:
        return bool(one.times)
    return not set(one.times).isdisjoint(other.times)


def _asked(reader: Reader) -> Asked | None:
    in_texts = asked_in_texts(_texts(reader))
    if in_texts is None:
        return None
    more = [one for expr in in_texts for one in _selectors(expr)]
    every = [*_selectors(reader.expr), *more]
    return Asked(every, more, _names(every), any(map(looks_ahead, (reader.expr, *in_texts))))


def _texts(reader: Reader) -> list[str]:
    annotations = reader.rule.annotations.values() if isinstance(reader.rule, AlertingRule) else ()
    return [*reader.labels.values(), *annotations]


def asked_in_texts(texts: Iterable[str]) -> list[Expr] | None:
    """What the queries within templates ask for, or None where nobody can tell before they run.

    Of what ``printf`` puts into a query nothing is known, so every selector of such a one is taken for its name alone.
    """
    found: list[Expr] = []
    for text in texts:
        calls = len(_QUERY.findall(text)) if "{{" in text else 0
        if not calls:
            continue
        try:
            queries = template_uses(text).queries
            trees = [(query, parse(query.text)) for query in queries]
        except (TemplateError, ParseError):
            return None
        if len(queries) < calls:
            return None
        found += [tree if query.complete else rewrite(tree, _by_name) for query, tree in trees]
    return found


def _by_name(node: Expr) -> Expr:
    if not isinstance(node, VectorSelector):
        return node
    return replace(node, matchers=tuple(one for one in node.matchers if one.name == NAME))


def _selectors(expr: Expr | None) -> list[VectorSelector]:
    return [node for node in walk(expr) if isinstance(node, VectorSelector)] if expr is not None else []


def _names(selectors: Sequence[VectorSelector]) -> frozenset[str] | None:
    """The names that are asked for; None where one is not said outright."""
    found = [next((one.value for one in of.matchers if one.name == NAME and one.op == "="), None) for of in selectors]
    return None if None in found else frozenset(name for name in found if name is not None)


def looks_ahead(expr: Expr | None) -> bool:
    """Whether it asks for samples of another time than its own, which may not be there yet."""
    return expr is not None and any(
        isinstance(node, VectorSelector | Subquery) and (node.offset < 0 or node.at is not None) for node in walk(expr)
    )


def _reads(selectors: Sequence[VectorSelector], writer: Reader) -> bool:
    known = writer.written
    if NAME in known:
        return _may_match(selectors, known)
    return any(_may_match(selectors, {**known, NAME: frozenset((name,))}) for name in _OF_ALERTS)


def _may_match(selectors: Sequence[VectorSelector], known: Mapping[str, frozenset[str]]) -> bool:
    return any(
        all(any(map(matcher.matches, known[matcher.name])) for matcher in selector.matchers if matcher.name in known)
        for selector in selectors
    )
