"""Both sides of an operator are the same series, so that a ratio is always 1 and a difference always 0.

``rate(x{code="500"}[5m]) / rate(x[5m])`` reads like the share of errors. But an operator takes each series of the left
with the one of the right that has the same labels, ``code="500"`` among them: each series is divided by itself. The
same goes for ``sum by (job, code) (…)`` on both sides. A threshold of 5 % is then always passed, one of 200 % never.

Add up both sides by labels that do not tell them apart: ``sum by (job) (…) / sum by (job) (…)``.
https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.pairing import gaps
from vedette.check.reading import bare, constant, nodes, shown, source
from vedette.formats.grafana_query import VARIABLE
from vedette.promql.ast import Aggregate, Binary, Call, MatrixSelector, Subquery, Unary, VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr, Matching

__all__ = ["CHECK", "find"]

_OUTCOMES: Final = {
    "/": "the result is always 1",
    "-": "the result is always 0",
    "%": "the result is always 0",
    ">": "it is never true",
    "<": "it is never true",
    "!=": "it is never true",
    ">=": "it is always true",
    "<=": "it is always true",
    "==": "it is always true",
}
_ADDING_UP: Final = frozenset({"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile"})
_LABELS_STAY: Final = """
abs acos acosh asin asinh atan atanh ceil clamp clamp_max clamp_min cos cosh deg exp floor ln log10 log2 rad round
sgn sin sinh sqrt tan tanh timestamp avg_over_time changes count_over_time delta deriv idelta increase irate
last_over_time max_over_time min_over_time predict_linear present_over_time quantile_over_time rate resets
stddev_over_time stdvar_over_time sum_over_time
"""
"""Functions whose result has the labels of what they are given, and depends on nothing else."""
_FILLED_IN: Final = re.compile(rf"(?:\w+\s*[=!]~?\s*[\"'`][^\"'`]*|\[|offset\s+)?(?:{VARIABLE.pattern})", re.ASCII)


def find(facts: Facts) -> Iterator[Finding]:
    """Every operator that pairs each series with itself. What never pairs is told by other checks."""
    apart = {id(node) for _, node, _ in gaps(facts)}
    for query in facts.queries:
        for node, _ in nodes(query):
            if isinstance(node, Binary) and node.matching is not None and id(node) not in apart:
                outcome = _outcome(query, node, node.matching)
                if outcome:
                    yield CHECK.finding(
                        query.at(node),
                        query.owner,
                        f"each series of {shown(query, node.lhs)} is paired with the one of "
                        f"{shown(query, node.rhs)} that has the same labels, which is itself: {outcome}",
                        "add up both sides by labels that do not tell them apart, `sum by (job) (…)`, or correct "
                        "the side that is a copy of the other",
                    )


def _outcome(query: Query, node: Binary, matching: Matching) -> str:
    """What comes of it, nothing where the sides can differ."""
    outcome = _OUTCOMES.get(node.op, "")
    left, right = bare(node.lhs), bare(node.rhs)
    if node.op == "/":
        factors = _without_factor(query, left), _without_factor(query, right)
        if factors != (left, right):
            outcome = "the result is always the same number"
        left, right = factors
    differing = _differing(left, right) if outcome and _filled_in(query, left) == _filled_in(query, right) else None
    if differing is None or any((label in matching.labels) != matching.on for label in differing):
        return ""
    if not differing and node.op in ("==", "!="):
        return ""  # x == x leaves out what is no number
    return outcome


def _filled_in(query: Query, node: Expr) -> list[str]:
    """The variables of a dashboard and what each decides: the tree does not say."""
    return sorted(found[0] for found in _FILLED_IN.finditer(source(query, node)))


def _without_factor(query: Query, node: Expr) -> Expr:
    """The series of ``100 * x`` or ``x / 60``."""
    while isinstance(node, Binary) and node.matching is None and node.op in ("*", "/"):
        if constant(query, node.rhs) is not None:
            node = bare(node.lhs)
        elif constant(query, node.lhs) is not None and node.op == "*":
            node = bare(node.rhs)
        else:
            break
    return node


def _differing(left: Expr, right: Expr) -> frozenset[str] | None:
    """The labels that only one side, or each differently, picks by; None where they are not made the same way."""
    match bare(left), bare(right):
        case VectorSelector() as one, VectorSelector() as two:
            same = metric_name(one) == metric_name(two) != "" and (one.offset, one.at) == (two.offset, two.at)
            return frozenset(matcher.name for matcher in {*one.matchers} ^ {*two.matchers}) - {NAME} if same else None
        case MatrixSelector() as one, MatrixSelector() as two:
            return _differing(one.selector, two.selector) if one.range == two.range else None
        case Subquery() as one, Subquery() as two:
            same = (one.range, one.step, one.offset, one.at) == (two.range, two.step, two.offset, two.at)
            return _differing(one.expr, two.expr) if same else None
        case Unary() as one, Unary() as two:
            return _differing(one.expr, two.expr) if one.op == two.op else None
        case Call() as one, Call() as two if one.func == two.func in _LABELS_STAY.split():
            return _of_arguments(one, two)
        case Aggregate() as one, Aggregate() as two if one.op == two.op in _ADDING_UP:
            same = (one.param, one.without, {*one.grouping}) == (two.param, two.without, {*two.grouping})
            inner = _differing(one.expr, two.expr) if same else None
            # what is not kept apart is added up with what only one side has
            kept = inner is not None and all((label in one.grouping) != one.without for label in inner)
            return inner if kept else None
        case _:
            return None


def _of_arguments(one: Call, two: Call) -> frozenset[str] | None:
    if len(one.args) != len(two.args):
        return None
    found: frozenset[str] = frozenset()
    for mine, theirs in zip(one.args, two.args, strict=True):
        if mine != theirs:
            inner = _differing(mine, theirs)
            if inner is None:
                return None
            found |= inner
    return found


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ManyErrors
        expr: {} > 0.05{}
"""

CHECK = Check(
    code="paired-with-itself",
    about="queries",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        _FILE.format('rate(shop_requests_total{code="500"}[5m]) / rate(shop_requests_total[5m])', "  # <-"),
    ),
    good=Example(
        "rules.yml",
        _FILE.format(
            'sum by (job) (rate(shop_requests_total{code="500"}[5m])) / sum by (job) (rate(shop_requests_total[5m]))',
            "",
        ),
    ),
)
