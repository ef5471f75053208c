"""The expressions of a stack: parsed once, checked against what is declared, limited to services, scaled in time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.build.refusal import RefusalError
from vedette.build.where import character
from vedette.catalog.names import nearest
from vedette.promql.ast import Expr, MatrixSelector, Subquery, VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.flow.unknown import Missing, missing_labels, missing_metrics
from vedette.promql.labels import Matcher
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vedette.build.series import Known
    from vedette.catalog import Service
    from vedette.place import Place

__all__ = [
    "Scale", "limit_to", "limit_to_variables", "open_variables", "parse_checked", "parsed", "scaled",
    "without_variables",
]  # fmt: skip

_VARIABLE = re.compile(r"\$\w+|\$\{[^}]*\}")


def parsed(text: str, place: Place, owner: str) -> Expr:
    """The tree of an expression.

    Raises:
        RefusalError: it is not PromQL; with the user's line, and a caret under the character.
    """
    try:
        return parse(text)
    except ParseError as problem:
        raise _refusal(problem, text, place, owner) from None


def parse_checked(text: str, place: Place, owner: str, known: Known) -> Expr:
    """The tree of an expression whose metrics and labels are all declared.

    Raises:
        RefusalError: it is not PromQL, uses a metric nobody declares, or matches or groups by a label that the
            metric does not have; with the user's line, and a caret under the character.
    """
    expr = parsed(text, place, owner)
    missing = next(missing_metrics(expr, known.get), None)
    if missing is None:
        labels = missing_labels(analyse(expr, known.get), text)
        missing = next((one for one in labels if one.what in ("matcher", "by", "without")), None)
    if missing is not None:
        raise _refusal(ParseError(_told(missing, known), text, missing.offset), text, place, owner)
    return expr


def _refusal(problem: ParseError, text: str, place: Place, owner: str) -> RefusalError:
    shown = str(problem).split("\n", 1)[1]
    where = character(place, text, problem.position)
    return RefusalError(where, owner, f": {problem.message}", code="syntax", shown=f"\n{shown}")


def _told(missing: Missing, known: Known) -> str:
    if missing.what == "metric":
        near = nearest(missing.name, known)
        return (
            f"no pack of the stack declares the metric {missing.name!r}{f'{near} Else' if near else ';'} declare it in "
            "metrics=[…] of the pack (what others expose with Metric.foreign)"
        )
    near = nearest(missing.name, missing.there)
    if missing.what == "matcher":
        return f"{missing.of!r} has no label {missing.name!r}; it has {_list(missing.there)}{near}"
    return f"no series here has the label {missing.name!r}; there are {_list(missing.there)}{near}"


def _list(labels: Iterable[str]) -> str:
    return ", ".join(sorted(labels)) or "none"


def limit_to(expr: Expr, services: Sequence[Service]) -> Expr:
    """The expression over the series of these services only: ``job`` is added where no matcher speaks of it."""
    if len(services) == 1:
        matcher = Matcher("job", "=", services[0].name)
    else:
        matcher = Matcher("job", "=~", "|".join(re.escape(service.name).replace("\\-", "-") for service in services))

    def change(node: Expr) -> Expr:
        if isinstance(node, VectorSelector) and not _speaks_of(node, "job"):
            return replace(node, matchers=(*node.matchers, matcher))
        return node

    return rewrite(expr, change)


def limit_to_variables(expr: Expr, known: Known) -> Expr:
    """The expression over what is chosen on a dashboard: ``$job``, and ``$instance`` where the series has one."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, VectorSelector):
            return node
        added = [] if _speaks_of(node, "job") else [Matcher("job", "=~", "$job")]
        series = known.get(node.name)
        if series is not None and series.labels.get("instance").state == "always" and not _speaks_of(node, "instance"):
            added.append(Matcher("instance", "=~", "$instance"))
        return replace(node, matchers=(*node.matchers, *added))

    return rewrite(expr, change)


def without_variables(expr: Expr) -> Expr:
    """The expression without the matchers that wait for a dashboard's variable."""
    return _variables(expr, lambda _: None)


def open_variables(expr: Expr) -> Expr:
    """The expression in which every dashboard's variable stands for all that there is."""
    return _variables(expr, lambda matcher: Matcher(matcher.name, "=~", ".*"))


def _variables(expr: Expr, fill: Callable[[Matcher], Matcher | None]) -> Expr:
    def change(node: Expr) -> Expr:
        if not isinstance(node, VectorSelector) or not any(_VARIABLE.search(one.value) for one in node.matchers):
            return node
        filled = [fill(one) if _VARIABLE.search(one.value) else one for one in node.matchers]
        return replace(node, matchers=tuple(one for one in filled if one is not None))

    return rewrite(expr, change)


def _speaks_of(node: VectorSelector, label: str) -> bool:
    return any(matcher.name == label for matcher in node.matchers)


@dataclass(frozen=True, slots=True)
class Scale:
    """How time is stretched: ``factor`` on every duration, but no range shorter than ``shortest`` milliseconds."""

    factor: float = 1.0
    shortest: int = 0

    def of(self, ms: int, shortest: int = 0) -> int:
        """A duration in milliseconds, scaled; whole seconds where it is longer than one."""
        if self.factor == 1.0 or ms == 0:
            return ms
        exact = abs(ms) * self.factor
        rounded = round(exact / 1000) * 1000 if exact > 1000 else max(1, round(exact))
        least = min(abs(ms), shortest)
        return max(rounded, least) if ms > 0 else -max(rounded, least)


def scaled(expr: Expr, scale: Scale) -> Expr:
    """The expression with every range, offset and subquery step scaled."""
    if scale.factor == 1.0:
        return expr

    def change(node: Expr) -> Expr:
        match node:
            case MatrixSelector():
                return replace(node, range=scale.of(node.range, scale.shortest))
            case Subquery():
                step = scale.of(node.step, min(scale.shortest, 1000))
                return replace(
                    node, range=scale.of(node.range, scale.shortest), step=step, offset=scale.of(node.offset)
                )
            case VectorSelector():
                return replace(node, offset=scale.of(node.offset)) if node.offset else node
            case _:
                return node

    return rewrite(expr, change)
