"""Label sets and matchers, as the language, the store, relabelling and routing all use them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from vedette.promql.regex import compile_anchored

__all__ = ["EMPTY", "NAME", "Labels", "MatchOp", "Matcher", "get", "labels", "render", "without"]

NAME = "__name__"

Labels = tuple[tuple[str, str], ...]
"""A label set: pairs sorted by name, no empty values. Hashable, so it is its own key."""

EMPTY: Labels = ()
MatchOp = Literal["=", "!=", "=~", "!~"]


def labels(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Labels:
    """The label set of these pairs; an empty value is the same as no label (Prometheus data model)."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return tuple(sorted((name, value) for name, value in items if value))


def get(of: Labels, name: str) -> str:
    """The value of a label, ``""`` where there is none."""
    for key, value in of:
        if key == name:
            return value
    return ""


def without(of: Labels, *names: str) -> Labels:
    """The label set less these names."""
    return tuple(pair for pair in of if pair[0] not in names)


def render(of: Labels) -> str:
    """``name{a="b"}`` as Prometheus prints a series, for messages."""
    name = get(of, NAME)
    inner = ", ".join(f"{key}={_quote(value)}" for key, value in of if key != NAME)
    return f"{name}{{{inner}}}" if inner or not name else name


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Matcher:
    """One ``name op "value"``. A missing label matches as the empty string.

    Raises:
        ValueError: ``value`` is not a valid regular expression (RE2 syntax) for ``=~`` or ``!~``.
    """

    name: str
    op: MatchOp
    value: str
    matches: Callable[[str], bool] = field(init=False, compare=False, repr=False)
    """Whether a label value satisfies the matcher."""

    def __post_init__(self) -> None:
        value = self.value
        test: Callable[[str], bool]
        if self.op == "=":
            test = value.__eq__
        elif self.op == "!=":
            test = value.__ne__
        else:
            search = compile_anchored(value).fullmatch
            test = (lambda text: search(text) is not None) if self.op == "=~" else (lambda text: search(text) is None)
        object.__setattr__(self, "matches", test)

    def __str__(self) -> str:
        return f"{self.name}{self.op}{_quote(self.value)}"
