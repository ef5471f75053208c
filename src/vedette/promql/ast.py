"""The syntax tree of PromQL: frozen values with their span in the text. Equality ignores spans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vedette.promql.labels import Matcher

__all__ = [
    "Aggregate", "At", "Binary", "Call", "Expr", "Matching", "MatrixSelector", "Number", "Paren", "Span", "String",
    "Subquery", "Unary", "ValueType", "VectorSelector",
]  # fmt: skip

ValueType = Literal["scalar", "string", "instant vector", "range vector"]
"""What an expression yields, in the words of Prometheus' own messages."""

At = int | Literal["start", "end"] | None
"""The ``@`` modifier: milliseconds, ``start()``, ``end()`` or none."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open character offsets ``[start, end)`` into the text that was parsed."""

    start: int = 0
    end: int = 0


def _span() -> Span:
    return Span()


@dataclass(frozen=True, slots=True)
class Number:
    """``1``, ``0x1f``, ``Inf``, or a duration used as a number (``5m`` = 300)."""

    value: float
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class String:
    """A quoted text, unquoted."""

    value: str
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class VectorSelector:
    """``name{matchers} offset 5m @ t``. ``matchers`` includes the one on ``__name__`` that ``name`` stands for."""

    name: str
    """The metric name before (or quoted inside) the braces, ``""`` where there is none."""
    matchers: tuple[Matcher, ...]
    offset: int = 0
    """Milliseconds back (negative: forward)."""
    at: At = None
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class MatrixSelector:
    """``selector[5m]``; offset and ``@`` stand in the selector."""

    selector: VectorSelector
    range: int
    """Milliseconds."""
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Subquery:
    """``expr[range:step] offset … @ …``; ``step`` 0 means the engine's default."""

    expr: Expr
    range: int
    step: int = 0
    offset: int = 0
    at: At = None
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Paren:
    """``(expr)``, kept so that printing gives the text back."""

    expr: Expr
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-expr`` or ``+expr``."""

    op: Literal["-", "+"]
    expr: Expr
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Matching:
    """How two vectors pair. ``card`` reads left to right: many-to-one is ``group_left``."""

    card: Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"]
    on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    """Labels named in ``group_left(…)`` or ``group_right(…)``."""


@dataclass(frozen=True, slots=True)
class Binary:
    """``lhs op rhs``. ``matching`` is None unless both sides are vectors."""

    op: str
    lhs: Expr
    rhs: Expr
    bool_: bool = False
    matching: Matching | None = None
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``func(args)``."""

    func: str
    args: tuple[Expr, ...]
    span: Span = field(default_factory=_span, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``op by|without (grouping) (param, expr)``."""

    op: str
    expr: Expr
    param: Expr | None = None
    grouping: tuple[str, ...] = ()
    without: bool = False
    span: Span = field(default_factory=_span, compare=False)


Expr = Number | String | VectorSelector | MatrixSelector | Subquery | Paren | Unary | Binary | Call | Aggregate
