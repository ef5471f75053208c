"""From an indicator to the PromQL that counts its events, each of them once.

What is recorded is how many events came since the last evaluation, not a rate: sums of it over any window are counts,
so that an hour with much traffic weighs more than one with little, and an idle hour weighs nothing.

``increase()`` would not do: it stretches what it sees over the whole range, less so near zero, and of a counter that
is small (as errors should be) several percent are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from vedette.build.queries import parsed
from vedette.build.refusal import RefusalError
from vedette.catalog import Events, Freshness, Latency
from vedette.catalog.slo import plain
from vedette.duration import format_duration
from vedette.promql.ast import Aggregate, Call, MatrixSelector, Paren, VectorSelector
from vedette.promql.labels import NAME, Matcher
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from vedette.build.series import Known
    from vedette.catalog import Slo
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = ["ERRORS", "EVENTS", "Pace", "counts", "plain_seconds", "selector_of", "selectors_of_buckets"]

EVENTS: Final = "slo:events:increase"
"""The series of all events since the last evaluation."""
ERRORS: Final = "slo:errors:increase"
"""The series of those of them that were not good."""

_BACK: Final = "5m"
"""How long a series that is not scraped is still compared with: as long as Prometheus looks back."""
_NEAREST: Final = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """When samples are compared. Milliseconds, before they are scaled."""

    delay: int
    """How far back the newer sample is taken, so that a scrape that takes its time is stored by then."""
    step: int
    """From one evaluation to the next, and between the samples compared."""


def counts(slo: Slo, known: Known, pace: Pace, slo_id: str) -> tuple[str, str]:
    """The queries for all events and for the errors among them, ``by (job, …)``.

    Raises:
        RefusalError: a text does not select counters, or a bound is none of the histogram's.
    """
    owner = f"objective {slo.name!r}"
    by = ", ".join(("job", *slo.by))
    every = f'{EVENTS}{{slo="{slo_id}"}}'
    match slo.indicator:
        case Events() as events:
            total = selector_of(str(events.total), events.place, owner)
            part = selector_of(str(events.errors or events.good), events.place, owner, of=total)
            counted = f"{_counted(part, by, pace)} or on ({by}) 0 * {every}"
            return _counted(total, by, pace), counted if events.errors else f"{every} - on ({by}) ({counted})"
        case Latency(native=True) as latency:
            return _native(latency, by, every, pace, owner)
        case Latency() as latency:
            total, good = _buckets(latency, known, owner)
            none = f"or on ({by}) 0 * {every}"
            return _counted(total, by, pace), f"{every} - on ({by}) ({_counted(good, by, pace)} {none})"
        case Freshness() as freshness:
            newest = f"max by ({by}) ({show(selector_of(str(freshness.timestamp), freshness.place, owner))})"
            return f"0 * {newest} + 1", f"time() - {newest} > bool {plain_seconds(freshness.limit)}"


def plain_seconds(ms: int) -> str:
    """Milliseconds as seconds: ``93600``, ``0.5``."""
    return f"{ms // 1000}" if ms % 1000 == 0 else f"{ms / 1000}"


def _counted(selector: VectorSelector, by: str, pace: Pace) -> str:
    """What counters have grown by, exactly, between two moments.

    One that went down has begun again at zero. One that was not there before is new on a target that was, and so
    began at zero, too; where the target is new, nobody knows what it had counted before.
    """
    series = show(selector)
    newer, older = format_duration(pace.delay), format_duration(pace.delay + pace.step)
    now = f"last_over_time({series}[{_BACK}] offset {newer})"
    before = f"last_over_time({series}[{_BACK}] offset {older})"
    was_up = f"max_over_time(up[{_BACK}] offset {older}) == 1"
    return (
        f"sum by ({by}) ({now} - {before} >= 0 or {now} < {before}"
        f" or (({now} unless {before}) and on (job, instance) {was_up}))"
    )


def _native(latency: Latency, by: str, every: str, pace: Pace, owner: str) -> tuple[str, str]:
    """Of native histograms Prometheus subtracts none that began again, so these are its own estimates.

    Every event is in the increases of five minutes at each evaluation within them, and counts for a part each time.
    """
    selector = selector_of(f"{latency.histogram}{latency.where}", latency.place, owner)
    grown = f"sum by ({by}) (increase({show(selector)}[{_BACK}]))"
    part = f"{plain_seconds(pace.step)} / 300"
    good = f"histogram_fraction(-Inf, {plain(latency.bound)}, {grown})"
    # without an observation the fraction is NaN, which no comparison lets through
    return f"histogram_count({grown}) * {part}", f"{every} * on ({by}) ((1 - {good}) >= 0) or on ({by}) 0 * {every}"


def _buckets(latency: Latency, known: Known, owner: str) -> tuple[VectorSelector, VectorSelector]:
    """The selectors of all observations and of those below the bound.

    Raises:
        RefusalError: no bucket ends there.
    """
    name, bound = str(latency.histogram), latency.bound
    found = known.get(f"{name}_bucket")
    if found is not None and found.bounds and float(bound) not in found.bounds:
        near = sorted(sorted(found.bounds, key=lambda one: abs(one - float(bound)))[:_NEAREST])
        raise RefusalError(
            latency.place,
            owner,
            f" asks how much of {name} is below {plain(bound)}, which is no bound of its buckets, so nobody has "
            "counted it",
            f"take one of the nearest ({', '.join(f'{one:g}' for one in near)}), or add the bound to the histogram",
            code="objective-bound",
        )
    return selectors_of_buckets(latency, owner)


def selectors_of_buckets(latency: Latency, owner: str) -> tuple[VectorSelector, VectorSelector]:
    """The selectors of all observations and of those below the bound, whether or not a bucket ends there.

    Raises:
        RefusalError: they are no selectors.
    """
    name, bound = str(latency.histogram), latency.bound
    # Prometheus 3 writes 1.0 where older ones keep what the client wrote
    whole = bound == bound.to_integral_value()
    le = Matcher("le", "=~", f"{plain(bound)}(\\.0)?") if whole else Matcher("le", "=", plain(bound))
    total = selector_of(f"{name}_count{latency.where}", latency.place, owner)
    good = selector_of(f"{name}_bucket{latency.where}", latency.place, owner)
    return total, replace(good, matchers=(*good.matchers, le))


def selector_of(text: str, place: Place, owner: str, *, of: VectorSelector | None = None) -> VectorSelector:
    """The series that a text selects: ``name{…}``, with or without ``sum(rate(…[5m]))`` around; ``{…}`` are of ``of``.

    Raises:
        RefusalError: it is no PromQL, or something else is done to them.
    """
    node: Expr = parsed(text, place, owner)
    while not isinstance(node, VectorSelector):
        match node:
            case Paren(expr=inner) | Aggregate(op="sum", expr=inner):
                node = inner
            case Call(func="rate" | "increase", args=(MatrixSelector(selector=inner),)):
                node = inner
            case _:
                raise RefusalError(
                    place,
                    owner,
                    f" counts {text!r}, which does more than select counters, so that events cannot be counted exactly",
                    'write the series themselves, for example total="orders_total", errors=\'{result="failed"}\'; '
                    "what must be computed first, record with a Recording",
                )
    if node.offset or node.at is not None:
        raise RefusalError(place, owner, f" counts {text!r} at another time", "remove offset and @")
    if node.name or of is None:
        return node
    if any(matcher.name == NAME for matcher in node.matchers):
        return node
    return replace(of, matchers=(*of.matchers, *node.matchers))
