"""Objectives as OpenSLO, and OpenSLO as objectives.

What OpenSLO has no word for (labels, the least errors, the team) stands in annotations that begin with ``vedette.``;
runbooks stay behind.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vedette.build.queries import limit_to
from vedette.build.refusal import RefusalError
from vedette.build.slo.counting import selector_of, selectors_of_buckets
from vedette.catalog import Events, Freshness, Latency, Slo
from vedette.catalog.slo import plain
from vedette.duration import milliseconds
from vedette.errors import ConfigError
from vedette.formats import openslo
from vedette.place import Place
from vedette.promql.ast import Aggregate, Binary, Call, Paren, VectorSelector
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.build.slo.objective import Objective
    from vedette.catalog import Service
    from vedette.catalog.slo import Indicator
    from vedette.promql.ast import Expr

__all__ = ["export", "imported"]

_OURS: Final = "vedette."
_DAY: Final = 86_400_000
# https://github.com/OpenSLO/OpenSLO#duration-shorthand; a month, quarter or year has no fixed length
_WINDOW: Final = re.compile(r"[1-9]\d*[mhdw]", re.ASCII)
_ANY_ENDING: Final = "(\\.0)?"
"""Behind a whole bound, which is written with and without its zero."""


# --- export ----------------------------------------------------------------------------------------------------------


def export(plan: Plan) -> tuple[openslo.OpenSlo, ...]:
    """Every objective, once for each service that has it.

    The good events of a native histogram are no series; its objective is written as if it had buckets.
    """
    return tuple(_exported(one, service) for use in plan.uses for one in use.objectives for service in use.services)


def _exported(one: Objective, service: Service) -> openslo.OpenSlo:
    slo = one.slo
    annotations = {f"{_OURS}name": slo.name, f"{_OURS}min-errors": str(slo.min_errors)}
    if slo.by:
        annotations[f"{_OURS}by"] = ".".join(slo.by)
    if slo.team:
        annotations[f"{_OURS}team"] = slo.team
    days, rest = divmod(slo.window_ms, _DAY)
    freshness = slo.indicator if isinstance(slo.indicator, Freshness) else None
    return openslo.OpenSlo(
        name=_slug(f"{service.name}-{one.id}"),
        title=one.title,
        service=_slug(service.name),
        description=slo.description,
        indicator=_indicator(slo.indicator, service),
        targets=(
            openslo.Target(
                target=slo.ratio,
                op="lte" if freshness else "",
                value=Decimal(freshness.limit) / 1000 if freshness else None,
            ),
        ),
        window=f"{slo.window_ms // 60_000}m" if rest else f"{days}d",
        annotations=annotations,
    )


def _indicator(given: Indicator, service: Service) -> openslo.Ratio | openslo.Threshold:
    owner = "the objective"
    if isinstance(given, Freshness):
        newest = f"max({_of(selector_of(str(given.timestamp), given.place, owner), service)})"
        return openslo.Threshold(metric=openslo.Metric(query=f"time() - {newest}"))
    if isinstance(given, Latency):
        total, good = selectors_of_buckets(given, owner)
        return openslo.Ratio(total=_summed(total, service), good=_summed(good, service))
    total = selector_of(str(given.total), given.place, owner)
    part = _summed(selector_of(str(given.errors or given.good), given.place, owner, of=total), service)
    if given.errors:
        return openslo.Ratio(total=_summed(total, service), bad=part)
    return openslo.Ratio(total=_summed(total, service), good=part)


def _of(selector: VectorSelector, service: Service) -> str:
    return show(limit_to(selector, [service]))


def _summed(selector: VectorSelector, service: Service) -> openslo.Metric:
    return openslo.Metric(query=f"sum({_of(selector, service)})")


def _slug(text: str) -> str:
    """A name as OpenSLO takes it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-")


# --- import ----------------------------------------------------------------------------------------------------------


def imported(text: str, path: str) -> tuple[tuple[str, Slo], ...]:
    """The objectives of a file, each with the name of its service; ``path`` is for messages and places.

    Raises:
        ConfigError: the file cannot be read, or has what cannot be counted by events.
    """
    return tuple((one.service, slo) for one in openslo.read(text, path) for slo in _slos(one))


def _slos(one: openslo.OpenSlo) -> list[Slo]:
    if one.method != "Occurrences":
        raise _refused(one, f"its budgetingMethod is {one.method}, and budgets here count events: Occurrences")
    if not one.rolling:
        raise _refused(one, "its window is of the calendar, and windows here slide: isRolling: true")
    if _WINDOW.fullmatch(one.window) is None:
        raise _refused(one, f"its window is {one.window!r}; write it in days: 28d")
    name = one.annotations.get(f"{_OURS}name") or _slug(one.name)
    several = len(one.targets) > 1
    return [
        Slo(
            f"{name}-{_slug(target.name) or number}" if several else name,
            _read_indicator(one, target),
            objective=plain(target.target * 100),
            window=one.window,
            by=[label for label in one.annotations.get(f"{_OURS}by", "").split(".") if label],
            min_errors=_least(one),
            title=f"{one.title}, {target.name}" if one.title and several and target.name else one.title,
            description=one.description,
            team=one.annotations.get(f"{_OURS}team", ""),
            place=_place(one),
        )
        for number, target in enumerate(one.targets, 1)
    ]


def _least(one: openslo.OpenSlo) -> int:
    written = one.annotations.get(f"{_OURS}min-errors", "5")
    if re.fullmatch(r"[1-9]\d*", written, re.ASCII) is None:
        raise _refused(one, f"the annotation {_OURS}min-errors is {written!r}; write a whole number from 1 on")
    return int(written)


def _place(one: openslo.OpenSlo) -> Place:
    return one.place or Place("", 1)


def _refused(one: openslo.OpenSlo, why: str) -> ConfigError:
    return ConfigError(f"{_place(one)}: SLO {one.name!r} cannot be taken over: {why}")


def _read_indicator(one: openslo.OpenSlo, target: openslo.Target) -> Indicator:
    place, indicator = _place(one), one.indicator
    if isinstance(indicator, openslo.Threshold):
        return _read_freshness(one, target)
    if not indicator.counter:
        raise _refused(one, "its ratioMetric is not of counters (counter: true)")
    total = _read_selector(one, indicator.total)
    part = _read_selector(one, indicator.good or indicator.bad)
    latency = _read_latency(total, part, place) if indicator.good else None
    if latency is not None:
        return latency
    narrower = tuple(matcher for matcher in part.matchers if matcher not in total.matchers)
    within = total.name == part.name and set(total.matchers) <= set(part.matchers)
    written = show(replace(part, name="", matchers=narrower)) if within and narrower else show(part)
    if indicator.bad:
        return Events(show(total), errors=written, place=place)
    return Events(show(total), good=written, place=place)


def _read_latency(total: VectorSelector, good: VectorSelector, place: Place) -> Latency | None:
    """The latency that the buckets of a histogram stand for; None where it is something else."""
    base = good.name.removesuffix("_bucket")
    bounds = [matcher for matcher in good.matchers if matcher.name == "le"]
    rest = {matcher for matcher in good.matchers if matcher.name not in ("le", NAME)}
    where = tuple(matcher for matcher in total.matchers if matcher.name != NAME)
    if base == good.name or total.name != f"{base}_count" or len(bounds) != 1 or set(where) != rest:
        return None
    bound = bounds[0].value.removesuffix(_ANY_ENDING)
    if re.fullmatch(r"\d+(\.\d+)?", bound, re.ASCII) is None:
        return None
    below = float(bound)
    matchers = show(VectorSelector("", where)) if where else ""
    return Latency(base, below=int(below) if below.is_integer() else below, where=matchers, place=place)


def _read_freshness(one: openslo.OpenSlo, target: openslo.Target) -> Freshness:
    assert isinstance(one.indicator, openslo.Threshold)
    tree = _parsed(one, one.indicator.metric)
    node: Expr | None = None
    match tree:
        case Binary(op="-", lhs=Call(func="time"), rhs=Aggregate(op="max", expr=inner) | Paren(expr=inner)):
            node = inner
        case Binary(op="-", lhs=Call(func="time"), rhs=VectorSelector() as inner):
            node = inner
    if not isinstance(node, VectorSelector) or target.op not in ("lte", "lt") or target.value is None:
        raise _refused(
            one,
            "a thresholdMetric is taken over where it is the age of a timestamp, time() - max(…), that must be at most "
            "so many seconds (op: lte, value: …)",
        )
    limit = milliseconds(f"{int(target.value * 1000)}ms")
    return Freshness(show(_without_service(one, node)), within=f"{limit // 1000}s", place=_place(one))


def _read_selector(one: openslo.OpenSlo, metric: openslo.Metric | None) -> VectorSelector:
    assert metric is not None
    _parsed(one, metric)
    try:
        return _without_service(one, selector_of(metric.query, metric.place or _place(one), f"SLO {one.name!r}"))
    except RefusalError as refusal:
        raise ConfigError(str(refusal)) from None


def _parsed(one: openslo.OpenSlo, metric: openslo.Metric) -> Expr:
    if metric.type.lower() != "prometheus" or not metric.query:
        raise _refused(one, f"it is measured by {metric.type}; write type: Prometheus, and a query in PromQL")
    try:
        return parse(metric.query)
    except ParseError as problem:
        raise _refused(one, f"{metric.query!r} is no PromQL: {problem.message}") from None


def _without_service(one: openslo.OpenSlo, selector: VectorSelector) -> VectorSelector:
    """Which service it is of, the stack says."""
    own = Matcher("job", "=", one.service)
    return replace(selector, matchers=tuple(matcher for matcher in selector.matchers if matcher != own))
