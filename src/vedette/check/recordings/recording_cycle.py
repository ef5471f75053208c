"""Recording rules wait for each other in a circle, so that none of them ever has a value.

A rule reads what is stored. One that needs the series of another, which needs those of the first, finds nothing at
its first evaluation, so that nothing is stored for the second, and so on for ever.

A rule may read its own past where something else gives it a first value, as in
`x offset 1m + increase(…) or increase(…)`; that is not reported.
https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.promql.ast import Binary, Call, VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_NEEDS_NOTHING: Final = frozenset({"absent", "absent_over_time", "scalar"})


def find(facts: Facts) -> Iterator[Finding]:
    """Every rule that needs itself, by whatever way."""
    needs: dict[str, frozenset[str]] = {}
    for recording in facts.recordings:
        found = _needs(recording.query.tree)
        needs[recording.name] = found & needs[recording.name] if recording.name in needs else found
    told: set[str] = set()
    for recording in facts.recordings:
        way = _way_back(recording.name, needs)
        if way is None or recording.name in told:
            continue
        told.update(way)
        circle = " needs ".join((*way, recording.name))
        yield CHECK.finding(
            recording.place,
            recording.query.owner,
            f"it never has a value, since it needs one to begin with: {circle}",
            "make one of them from what is scraped, or give it a beginning with `or`",
        )


def _needs(tree: Expr) -> frozenset[str]:
    """The names without which an expression yields nothing."""
    match tree:
        case VectorSelector():
            name = metric_name(tree)
            return frozenset({name} if name else ())
        case Binary() if tree.op == "or":
            return _needs(tree.lhs) & _needs(tree.rhs)
        case Binary() if tree.op == "unless":
            return _needs(tree.lhs)
        case Call() if tree.func in _NEEDS_NOTHING:
            return frozenset()
        case _:
            return frozenset().union(*(_needs(child) for child in children(tree)))


def _way_back(name: str, needs: Mapping[str, frozenset[str]]) -> tuple[str, ...] | None:
    """The shortest way from a name over what it needs to itself."""
    came: dict[str, tuple[str, ...]] = {name: (name,)}
    waiting = [name]
    for current in waiting:
        for following in sorted(needs[current]):
            if following == name:
                return came[current]
            if following in needs and following not in came:
                came[following] = (*came[current], following)
                waiting.append(following)
    return None


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_orders:rate5m{}
        expr: sum by (job) ({})
      - record: job_route:shop_orders:rate5m
        expr: {} * 2
"""

CHECK = Check(
    code="recording-cycle",
    about="recordings",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("  # <-", "job_route:shop_orders:rate5m", "job:shop_orders:rate5m")),
    good=Example("rules.yml", _FILE.format("", "rate(shop_orders_total[5m])", "job:shop_orders:rate5m")),
)
