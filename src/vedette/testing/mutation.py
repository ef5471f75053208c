"""How many mutants of each alert its cases kill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vedette.errors import VedetteError
from vedette.testing.judge import judge, prepare
from vedette.testing.killing import Killer, Search
from vedette.testing.mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vedette.testing.bench import Bench
    from vedette.testing.cases import AlertCase
    from vedette.testing.judge import Prepared
    from vedette.testing.mutants import Mutant

__all__ = ["Fate", "mutate", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one mutant."""

    mutant: Mutant
    state: Literal["killed", "survived", "equivalent"]
    by: AlertCase | None = None
    """The case that killed it."""
    killer: Killer | None = None
    """What would kill it, where something was found."""


def mutate(
    bench: Bench,
    cases: Iterable[AlertCase],
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Fate]:
    """The fate of every mutant of every alert; ``cases`` are those that pass.

    Args:
        bench: the stack.
        cases: of any of its alerts.
        tell: told of each alert before it is done.
    """
    by_alert: dict[str, list[Prepared]] = {}
    for case in cases:
        by_alert.setdefault(case.alert, []).append(prepare(case, bench))
    fates = []
    shipped = bench.shipped()
    for alert in bench.alerts():
        if alert in shipped and alert not in by_alert:
            continue  # tested where it is made
        tell(alert)
        own, search = by_alert.get(alert, []), Search()
        fates += [_fate(mutant, own, search) for mutant in mutants(bench, alert)]
    return fates


def _fate(mutant: Mutant, cases: Sequence[Prepared], search: Search) -> Fate:
    if mutant.equivalent:
        return Fate(mutant=mutant, state="equivalent")
    for prepared in cases:
        try:
            _, misses = judge(prepared, mutant.groups)
        except VedetteError:
            return Fate(mutant=mutant, state="killed", by=prepared.case)
        if misses:
            return Fate(mutant=mutant, state="killed", by=prepared.case)
    return Fate(mutant=mutant, state="survived", killer=search.find(mutant, cases))


def score(fates: Iterable[Fate]) -> float:
    """The share of the mutants that are killed, of those that can be; 1 where there are none."""
    states = [fate.state for fate in fates if fate.state != "equivalent"]
    return states.count("killed") / len(states) if states else 1.0
