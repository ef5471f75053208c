"""A threshold is written in another unit than the value: seconds against 500, a ratio against 5.

Metrics are in base units: seconds, bytes, ratios from 0 to 1. People think in milliseconds, gigabytes and per cent,
and write the number they think: ``… > 500`` for half a second, ``… > 5`` for five per cent. The text of the alert
often says which was meant.
https://prometheus.io/docs/practices/naming/#base-units
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import Comparison, comparisons, quoted
from vedette.check.alerts._texts import prose
from vedette.check.check import Check, Example
from vedette.promql.ast import Aggregate, Paren, VectorSelector
from vedette.promql.flow import RATIO, SECONDS
from vedette.promql.flow.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]

_PERCENT: Final = Unit((("percent", 1),))
_BYTES: Final = Unit((("bytes", 1),))
_MILLISECONDS: Final = Unit((("milliseconds", 1),))

# Words that people write behind a number, and how many of the value's unit they are
_SCALES: Final[Mapping[Unit, Mapping[str, float]]] = {
    SECONDS: {
        "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3, "s": 1, "sec": 1, "secs": 1, "second": 1,
        "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600,
        "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "week": 604800, "weeks": 604800,
    },
    _MILLISECONDS: {
        "ms": 1, "msec": 1, "millisecond": 1, "milliseconds": 1, "s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3,
        "seconds": 1e3, "min": 6e4, "minute": 6e4, "minutes": 6e4,
    },
    _BYTES: {
        "b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "kib": 2**10, "mb": 1e6, "mib": 2**20, "gb": 1e9, "gib": 2**30,
        "tb": 1e12, "tib": 2**40, "megabytes": 1e6, "gigabytes": 1e9,
    },
    RATIO: {"%": 0.01, "percent": 0.01},
    _PERCENT: {"%": 1, "percent": 1},
}  # fmt: skip
_NUMBER: Final = re.compile(r"(?<![\w.$])(\d+(?:\.\d+)?)\s?(%|[A-Za-z]+)?(?![\w/])")
_SPAN_OF_TIME: Final = re.compile(
    r"\b(for|last|past|over|within|in|every|during|window)( the)?( last| past)? ?$", re.IGNORECASE
)


def find(facts: Facts) -> Iterator[Finding]:
    """Thresholds that the alert's own text contradicts."""
    for alert in facts.alerts:
        for comparison in comparisons(alert.query.tree):
            branches = [one for one in alert.query.flow.of(comparison.tested) if one.empty is None]
            unit = _unit(comparison, branches)
            if unit is None or unit not in _SCALES or not comparison.number:
                continue
            meant = _meant(alert, comparison, unit)
            if meant is None:
                if unit == RATIO and _is_percentage(comparison, branches):
                    yield CHECK.finding(
                        alert.query.at(comparison.node),
                        alert.subject,
                        f"{quoted(alert.query, comparison.node)} compares a ratio, which its name says it is, with "
                        f"{comparison.number:g}: a whole is 1",
                        f"write {comparison.number / 100:g} for {comparison.number:g} %",
                        certain=False,
                    )
                continue
            said, number = meant
            yield CHECK.finding(
                alert.query.at(comparison.node),
                alert.subject,
                f"{quoted(alert.query, comparison.node)} compares {_named(unit)} with {comparison.number:g}, while its "
                f"text says {said!r}",
                f"write {number:g}, or correct the text",
                certain=False,
            )


def _is_percentage(comparison: Comparison, branches: list[Branch]) -> bool:
    """Whether a number from 2 to 100 is held against what is called a ratio; a burn rate is called otherwise."""
    return _is_ratio_by_name(branches) and comparison.op in (">", ">=", "<", "<=") and 2 <= comparison.number <= 100


def _unit(comparison: Comparison, branches: list[Branch]) -> Unit | None:
    """The unit of what is compared, where it has one; where nothing else tells, a series is what its name says."""
    units = {branch.unit for branch in branches}
    if units == {None} and _is_as_stored(comparison.tested) and all(branch.series for branch in branches):
        return RATIO if _is_ratio_by_name(branches) else None
    return units.pop() if len(units) == 1 else None


def _is_as_stored(expr: Expr) -> bool:
    """Whether its values are those of the series in it."""
    while isinstance(expr, Paren) or (isinstance(expr, Aggregate) and expr.op in ("max", "min", "avg")):
        expr = expr.expr
    return isinstance(expr, VectorSelector)


def _is_ratio_by_name(branches: list[Branch]) -> bool:
    """Whether all that is compared is called a ratio."""
    return all("ratio" in re.split(r"[_:]", one.name) for branch in branches for one in branch.series)


def _named(unit: Unit) -> str:
    return "a ratio" if unit == RATIO else str(unit)


def _meant(alert: Alert, comparison: Comparison, unit: Unit) -> tuple[str, float] | None:
    """What the text says, and the number that it would be; None where the text agrees or says nothing."""
    text = prose(alert)
    scales = _SCALES[unit]
    wrong: tuple[str, float] | None = None
    for found in _NUMBER.finditer(re.sub(r"\{\{.*?\}\}", "…", text)):
        word = (found[2] or "").lower()
        scale = scales.get(word)
        if scale is None:
            if unit == RATIO and float(found[1]) == comparison.number:
                return None
            continue
        if _SPAN_OF_TIME.search(found.string[: found.start()]):
            continue
        said = float(found[1]) * scale
        if _close(said, comparison.number):
            return None
        # the same digits in another unit, or the number a hundred times too small beside a % sign
        if float(found[1]) == comparison.number or (unit == _PERCENT and _close(said, comparison.number * 100)):
            wrong = (found[0], said)
    return wrong


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 0.05 * max(abs(a), abs(b))  # 1 GB for 1 GiB is near enough


CHECK = Check(
    code="threshold-unit",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: CheckoutSlow
        expr: histogram_quantile(0.95, sum by (job, le) (rate(shop_checkout_seconds_bucket[5m]))) > 500  # <-
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Checkouts of {{ $labels.job }} take more than 500 ms"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: CheckoutSlow
        expr: histogram_quantile(0.95, sum by (job, le) (rate(shop_checkout_seconds_bucket[5m]))) > 0.5
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Checkouts of {{ $labels.job }} take more than 500 ms"}
""",
    ),
)
