"""An alert's text shows its value in a way that nobody reads: 0.0523 for 5 %, 1073741824 for 1 GiB.

``{{ $value }}`` prints the bare number with all its digits. ``humanizePercentage`` makes 5.23% of a ratio,
``humanizeDuration`` 1h 3m of seconds, ``humanize1024`` 1Gi of bytes. Where a unit stands behind that is not the
value's own, the text is wrong: a ratio with a % sign behind it says 0.05% for five per cent.
https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.check.alerts._conditions import possible
from vedette.check.alerts._texts import annotation_texts
from vedette.check.check import Check, Example
from vedette.promql.flow import RATIO, SECONDS
from vedette.promql.flow.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.alerts._texts import Written
    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding, Level
    from vedette.formats.template_uses import ValueUse

__all__ = ["CHECK", "find"]

_PERCENT: Final = Unit((("percent", 1),))
_MILLISECONDS: Final = Unit((("milliseconds", 1),))
_BYTES: Final = Unit((("bytes", 1),))
_BETTER: Final = {RATIO: "humanizePercentage", SECONDS: "humanizeDuration", _BYTES: "humanize1024"}
_PLAIN: Final = frozenset(("printf", "humanize"))
_PERCENT_SIGN: Final = re.compile(r"\s*(%|percent\b)")
_MS: Final = re.compile(r"\s*(ms|milliseconds?)\b")
_UNIT_BEHIND: Final = re.compile(r"\s*(s|sec|secs|seconds?|m?s|b|bytes?|%)(?![\w/])", re.IGNORECASE)
_RAW_ON_PURPOSE: Final = re.compile(r"\bvalues?\s*(is)?\s*[=:]?\s*$", re.IGNORECASE)


class _Wrong(NamedTuple):
    what: str
    fix: str


def find(facts: Facts) -> Iterator[Finding]:
    """Values whose unit is known, printed bare or as another unit."""
    for alert in facts.alerts:
        branches = possible(alert.query)
        units = {branch.unit for branch in branches}
        unit = units.pop() if len(units) == 1 else None
        if unit is None:
            continue
        certain = all(branch.certain for branch in branches)
        written = list(annotation_texts(alert))
        readable = any(
            name.startswith("humanize") for one in written for use in one.uses.values for name in use.functions
        )
        for one in written:
            for use in one.uses.values:
                wrong = _wrong(unit, use)
                if wrong is not None:
                    yield _finding(alert, one, use, wrong, certain=certain, level="warning")
                elif not readable and _bare(unit, use):
                    told = _Wrong(
                        f"is printed bare, and its unit is {unit}", f"write {{{{ $value | {_BETTER[unit]} }}}}"
                    )
                    yield _finding(alert, one, use, told, certain=certain, level="note")


def _wrong(unit: Unit, use: ValueUse) -> _Wrong | None:
    """What a text says that is not so."""
    behind = _behind(use)
    unscaled = set(use.functions) <= _PLAIN
    if unit == RATIO and unscaled and _PERCENT_SIGN.match(behind):
        return _Wrong(
            "is a ratio with a % sign behind it, so that 0.05 reads as 0.05 % in place of 5 %",
            "write {{ $value | humanizePercentage }}, without the sign",
        )
    if unit == _PERCENT and "humanizePercentage" in use.functions:
        return _Wrong(
            "is multiplied by 100 already, and humanizePercentage does it once more: 5 % reads as 500 %",
            'write {{ $value | printf "%.1f" }}%, or take "* 100" out of the query and of its threshold',
        )
    if unit == SECONDS and unscaled and _MS.match(behind):
        return _Wrong("is in seconds, and the text says milliseconds", "write {{ $value | humanizeDuration }}")
    if unit in (RATIO, _PERCENT, _MILLISECONDS, _BYTES) and "humanizeDuration" in use.functions:
        return _Wrong(f"is printed as seconds, and its unit is {unit}", _instead(unit))
    if unit in (SECONDS, _BYTES) and "humanizePercentage" in use.functions:
        return _Wrong(f"is printed as a percentage, and its unit is {unit}", _instead(unit))
    return None


def _instead(unit: Unit) -> str:
    better = _BETTER.get(unit)
    return f"write {{{{ $value | {better} }}}}" if better else "write {{ $value | humanize }} and its unit"


def _behind(use: ValueUse) -> str:
    """What the reader sees behind the number."""
    _, verb, rest = use.format.rpartition("%%")
    if verb:
        return f"%{rest}"
    in_format = re.search(r"%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z](.*)$", use.format)
    return (in_format[1] if in_format is not None else "") or use.after


def _bare(unit: Unit, use: ValueUse) -> bool:
    """Whether a number stands there that people cannot read, and is not there for machines."""
    if use.functions or unit not in _BETTER:
        return False
    return not _UNIT_BEHIND.match(use.after) and not _RAW_ON_PURPOSE.search(use.before)


def _finding(alert: Alert, written: Written, use: ValueUse, wrong: _Wrong, *, certain: bool, level: Level) -> Finding:
    return CHECK.finding(
        written.text.locate(use.offset),
        alert.subject,
        f"the value in {written} {wrong.what}",
        wrong.fix,
        certain=certain,
        level=level,
    )


CHECK = Check(
    code="missing-humanize",
    about="alerts",
    level="note",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum(rate(shop_orders_total{result="failed"}[5m])) / sum(rate(shop_orders_total[5m])) > 0.05
        for: 5m
        labels: {severity: high}
        annotations:
          summary: "{{ $value }}% of the orders fail"  # <-
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum(rate(shop_orders_total{result="failed"}[5m])) / sum(rate(shop_orders_total[5m])) > 0.05
        for: 5m
        labels: {severity: high}
        annotations:
          summary: "{{ $value | humanizePercentage }} of the orders fail"
""",
    ),
)
