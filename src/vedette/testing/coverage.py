"""Which alerts are tested in which way: told by the cases that pass, from how the alert went in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from vedette.build.derive import comparison
from vedette.formats.rules import AlertingRule
from vedette.promql.parser import parse
from vedette.testing.judge import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.testing.bench import Bench
    from vedette.testing.judge import CaseOutcome

__all__ = ["KINDS", "AlertCoverage", "coverage", "percent"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What every alert wants a case of: it fires, it never does, its value is exactly its threshold, it is over again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCoverage:
    """How one alert is tested."""

    alert: str
    pack: str
    cases: int
    failed: int
    kinds: Mapping[Kind, int]
    """Kind → how many cases show it; a kind that there cannot be is not here."""

    @property
    def missing(self) -> tuple[Kind, ...]:
        """The kinds that no case shows."""
        return tuple(kind for kind, count in self.kinds.items() if not count)

    @property
    def complete(self) -> bool:
        """Whether there is a case of every kind and all cases pass."""
        return not self.missing and not self.failed


def coverage(bench: Bench, outcomes: Iterable[CaseOutcome]) -> list[AlertCoverage]:
    """How every alert of a stack is tested, pack by pack.

    Those of the packs that are shipped are tested where they are made; here they count once they have a case.
    """
    by_alert: dict[str, list[CaseOutcome]] = {}
    for outcome in outcomes:
        by_alert.setdefault(outcome.case.alert, []).append(outcome)
    found = []
    shipped = bench.shipped()
    for alert, pack in bench.alerts().items():
        own = by_alert.get(alert, [])
        if alert in shipped and not own:
            continue
        found.append(
            AlertCoverage(
                alert=alert,
                pack=pack,
                cases=len(own),
                failed=sum(not one.passed for one in own),
                kinds={kind: sum(kind in one.kinds for one in own) for kind in _wanted(bench, alert)},
            )
        )
    return found


def _wanted(bench: Bench, alert: str) -> tuple[Kind, ...]:
    """Without ``boundary`` where nothing is compared with a number."""
    rules = [rule for group in bench.needed(alert) for rule in group.rules if isinstance(rule, AlertingRule)]
    compares = any(comparison(parse(rule.expr)).op for rule in rules if rule.alert == alert)
    return KINDS if compares else tuple(kind for kind in KINDS if kind != "boundary")


def percent(found: Sequence[AlertCoverage]) -> int:
    """How many of a hundred alerts are complete, rounded down; 100 where there are none."""
    return 100 * sum(one.complete for one in found) // len(found) if found else 100
