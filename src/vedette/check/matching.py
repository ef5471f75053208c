"""What label matchers let through: whether they contradict each other, and whether some leave nothing for others.

What is claimed here is proven. Regular expressions count as far as their texts can be listed, or as they are equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final

from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.promql.labels import MatchOp

__all__ = ["ALL", "Scope", "Values", "listed"]

_OPPOSITE: Final[Mapping[MatchOp, MatchOp]] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_ANYTHING: Final = frozenset({".*", "(.*)", "^.*$", "^(?:.*)$"})
_SOMETHING: Final = frozenset({".+", "(.+)", "^.+$", "^(?:.+)$"})
_MOST: Final = 1000
"""Texts of one regular expression that are listed, and steps of one proof."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values that one label can have. A label that is not there has the value ``""``."""

    only: frozenset[str] | None = None
    """All of them; None where they cannot be listed."""
    never: frozenset[str] = frozenset()
    """Where they cannot be listed: those that are left out."""
    patterns: tuple[Matcher, ...] = ()
    """Where they cannot be listed: regular expressions that hold."""

    @property
    def none(self) -> bool:
        """Whether there is certainly no value."""
        if self.only is not None:
            return not self.only
        held = {one.value for one in self.patterns if one.op == "=~"}
        return any(one.op == "!~" and one.value in held for one in self.patterns)

    def allows(self, value: str) -> bool:
        """Whether it can be this value."""
        if self.only is not None:
            return value in self.only
        return value not in self.never and all(one.matches(value) for one in self.patterns)

    def narrowed(self, matcher: Matcher) -> Values:
        """What a matcher leaves."""
        if self.only is not None:
            return Values(frozenset(filter(matcher.matches, self.only)))
        if matcher.op in ("=~", "!~") and matcher.value in _ANYTHING:
            return self if matcher.op == "=~" else Values(frozenset())
        if matcher.op in ("=~", "!~") and matcher.value in _SOMETHING:
            return self.narrowed(Matcher(matcher.name, "!=" if matcher.op == "=~" else "=", ""))
        texts = frozenset({matcher.value}) if matcher.op in ("=", "!=") else listed(matcher.value)
        if texts is None:
            return Values(None, self.never, (*self.patterns, matcher))
        if matcher.op in ("=", "=~"):
            return Values(frozenset(filter(self.allows, texts)))
        return Values(None, self.never | texts, self.patterns)

    def and_(self, other: Values) -> Values:
        """What both allow."""
        if self.only is not None:
            return Values(frozenset(filter(other.allows, self.only)))
        if other.only is not None:
            return other.and_(self)
        return Values(None, self.never | other.never, (*self.patterns, *other.patterns))

    def satisfy(self, matcher: Matcher) -> bool:
        """Whether each of them certainly satisfies a matcher."""
        return self.narrowed(_opposite(matcher)).none


ALL: Final = Values()


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of alerts, by what their labels can be."""

    labels: Mapping[str, Values] = field(default_factory=dict)
    other: Values = ALL
    """What holds of every label that is not named."""

    def get(self, name: str) -> Values:
        """The values of a label."""
        return self.labels.get(name, self.other)

    def narrowed(self, matchers: Iterable[Matcher]) -> Scope:
        """Those that satisfy all matchers."""
        labels = dict(self.labels)
        for matcher in matchers:
            labels[matcher.name] = labels.get(matcher.name, self.other).narrowed(matcher)
        return Scope(labels, self.other)

    def and_(self, other: Scope) -> Scope:
        """Those that are in both."""
        names = {**self.labels, **other.labels}
        return Scope({name: self.get(name).and_(other.get(name)) for name in names}, self.other.and_(other.other))

    @property
    def clash(self) -> str:
        """The first label that can have no value, so that there is no such alert; ``""`` where there may be one."""
        return next((name for name, values in self.labels.items() if values.none), "")

    def satisfies(self, matchers: Iterable[Matcher]) -> bool:
        """Whether every one of them certainly satisfies all matchers."""
        return all(self.get(matcher.name).satisfy(matcher) for matcher in matchers)

    def covered(self, others: Sequence[Sequence[Matcher]]) -> bool:
        """Whether each of them certainly satisfies all matchers of one of ``others``."""
        steps = _MOST

        def inside(scope: Scope, index: int) -> bool:
            nonlocal steps
            steps -= 1
            if scope.clash:
                return True
            if index == len(others) or steps < 0:
                return False
            # what the first leaves, matcher by matcher, is for those after it
            return all(inside(scope.narrowed([_opposite(matcher)]), index + 1) for matcher in others[index])

        return inside(self, 0)


def _opposite(matcher: Matcher) -> Matcher:
    return Matcher(matcher.name, _OPPOSITE[matcher.op], matcher.value)


_WHOLE: Final = re.compile(r"\^\((?:\?:)?(?!\?)(.*)\)\$", re.DOTALL)
_TOKEN: Final = re.compile(
    r"(?P<text>[^\\.+*?()|\[\]{}^$])|\\(?P<escaped>[^a-zA-Z0-9])|(?P<open>\((?:\?:)?)(?!\?)|(?P<mark>[)|?])"
    r"|\[(?P<set>[^\\\]^\[-][^\\\]\[-]*)\]"
)


def listed(pattern: str) -> frozenset[str] | None:
    """All texts that an anchored regular expression matches: ``a|b``, ``web-(1|2)``, ``v?`` and their like.

    None where they cannot be listed, or are too many. ``.*`` and ``.+`` are not listed.
    """
    inner = pattern
    while (whole := _WHOLE.fullmatch(inner)) is not None and _closes_last(whole[1]):
        inner = whole[1]
    if "|" not in inner:
        inner = inner.removeprefix("^")
        inner = inner[:-1] if re.search(r"(?<!\\)(\\\\)*\$\Z", inner) else inner
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(inner):
        found = _TOKEN.match(inner, at)
        if found is None:
            return None
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        at = found.end()
    try:
        texts = _Lister(tokens).alternatives()
    except (LookupError, RecursionError):
        return None
    return frozenset(texts)


def _closes_last(inner: str) -> bool:
    """Whether the parentheses in it are balanced, so that one group is around all of it."""
    depth = 0
    for char in re.sub(r"\\.|\[[^\]]*\]", "", inner):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


class _Lister:
    """Recursive descent over the tokens; a LookupError ends it where it cannot go on."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def alternatives(self) -> set[str]:
        found = self.sequence()
        while self.peek() == ("mark", "|"):
            self.at += 1
            found |= self.sequence()
        if (self.peek()[0] == "end") != (self.depth == 0):
            raise LookupError
        return found

    def sequence(self) -> set[str]:
        found = {""}
        while self.peek()[0] in ("text", "escaped", "set", "open"):
            part = self.atom()
            if self.peek() == ("mark", "?"):
                self.at += 1
                part = part | {""}
                if self.peek() == ("mark", "?"):
                    self.at += 1  # which is tried first makes no difference to what matches
            if len(found) * len(part) > _MOST:
                raise LookupError
            found = {before + after for before, after in product(found, part)}
        if self.peek() == ("mark", "?"):
            raise LookupError
        return found

    def atom(self) -> set[str]:
        kind, text = self.peek()
        self.at += 1
        if kind != "open":
            return set(text)
        self.depth += 1
        found = self.alternatives()
        if self.peek() != ("mark", ")"):
            raise LookupError
        self.at += 1
        self.depth -= 1
        return found
