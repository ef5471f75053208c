"""prometheus_client beside Vedette: what either has, on the page of the other.

`expose` shows what is in one of its registries on our page, `collector` what we have on a page of its. Both at once are
fine: whoever is asked tells its own, and the other's once.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.family import escape
from vedette.instruments.metrics.samples import samples_of
from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Series, labels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric
    from prometheus_client.samples import Exemplar as TheirExemplar
    from prometheus_client.samples import Sample as TheirSample

    from vedette.instruments.metrics.registry import Registry

__all__ = ["Collector", "Collects", "Exposure", "collector", "expose"]

# The registries of ours whose metrics are being read through this module: one that is asked while it asks tells nothing
# of itself, so that two that are plugged into each other do not go round.
_asked: ContextVar[tuple[Registry, ...]] = ContextVar("vedette_asked", default=())

# The times of creation that prometheus_client adds, which our page leaves out.
_HAVE_CREATED = ("counter", "histogram", "summary")
# Type, ending of the sample's name → type of what has one sample a series.
_SINGLE = {("counter", "_total"): "counter", ("info", "_info"): "info"}
# Their types that rise and fall, where a sample has no place in a type of ours.
_GAUGES = ("gauge", "gaugehistogram", "stateset")
_NOT_IN_A_NAME = re.compile(r"^[0-9]|[^a-zA-Z0-9_:]")


class Collects(Protocol):
    """A registry, a collector or a metric of prometheus_client."""

    def collect(self) -> Iterable[Metric]:
        """What it has now."""


# Theirs on our page


def expose(source: Collects | None = None, *, registry: Registry = DEFAULT) -> Exposure:
    """Show what ``source`` has on our page, too, until ``remove()`` is called on what is returned.

    Calling it again changes nothing. A name that we expose ourselves is ours: theirs is left out, and that is logged
    once. Times of creation and of samples are left out, as on all of our page. Of several worker processes that one
    tells its own which is scraped; give a registry with prometheus_client's ``MultiProcessCollector`` to have the sum.

    Args:
        source: a registry, collector or metric; by default the registry that prometheus_client calls ``REGISTRY``.
        registry: ours, on whose page it is shown.

    Raises:
        TypeError: there is nothing to collect from it.
    """
    if source is None:
        from prometheus_client import REGISTRY  # noqa: PLC0415 - loaded by who asks for it, never by importing this

        source = REGISTRY
    if not callable(getattr(source, "collect", None)):
        raise TypeError(f"{source!r} has no collect(); give a registry, a collector or a metric of prometheus_client")
    exposure = Exposure(source, registry)
    registry.collect(exposure)
    return exposure


class Exposure:
    """Something of theirs on a page of ours; made by `expose`."""

    def __init__(self, source: Collects, registry: Registry) -> None:
        self._source = source
        self._registry = registry

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exposure) and self._source is other._source and self._registry is other._registry

    def __hash__(self) -> int:
        return hash((id(self._source), id(self._registry)))

    def __call__(self) -> list[Exposed]:
        """What is there now."""
        if self._registry in _asked.get():
            return []
        with _asking(self._registry):
            found = list(self._source.collect())
        families: list[Exposed] = []
        for metric, samples in _joined(found):
            with guard.shield(f"reading the metric {metric.name!r} of prometheus_client"):
                families += _ours(metric, samples)
        return families

    def remove(self) -> None:
        """Show it no more."""
        self._registry.uncollect(self)

    def __repr__(self) -> str:
        return f"<what {self._source!r} of prometheus_client has>"


def _joined(metrics: Iterable[Metric]) -> Iterable[tuple[Metric, list[TheirSample]]]:
    """Each metric once, with the samples of all that are called like it."""
    found: dict[tuple[str, str], tuple[Metric, list[TheirSample]]] = {}
    for metric in metrics:
        created = f"{metric.name}_created" if metric.type in _HAVE_CREATED else None
        samples = found.setdefault((metric.name, metric.type), (metric, []))[1]
        samples += [one for one in metric.samples if one.name != created and not _is_native(one)]
    return found.values()


def _is_native(one: TheirSample) -> bool:
    """Whether it is a native histogram, which is left out; older releases of theirs have none."""
    return getattr(one, "native_histogram", None) is not None


def _ours(metric: Metric, samples: list[TheirSample]) -> list[Exposed]:
    """A metric as ours; what does not keep to its type as one metric for each name that its samples have."""
    read = _READERS.get(metric.type)
    whole = None if read is None else read(metric, samples)
    return _single(metric, samples) if whole is None else [whole] if whole.series else []


def _single(metric: Metric, samples: list[TheirSample]) -> list[Exposed]:
    """One metric for each name of a sample: right for what has one sample a series."""
    other = "gauge" if metric.type in _GAUGES else "unknown"
    rows: dict[tuple[str, str], list[Series]] = {}
    for one in samples:
        kind = _SINGLE.get((metric.type, one.name.removeprefix(metric.name)), other)
        events = [_event(0, one.exemplar)] if kind == "counter" and one.exemplar is not None else []
        rows.setdefault((kind, one.name), []).append(Series(_text(one.labels), float(one.value), events))
    # What is of its type before what is not: an ``x`` beside the counter ``x_total`` cannot be shown.
    found = sorted(rows, key=lambda row: row[0] == other)
    return [_exposed(kind, name, metric, rows[kind, name]) for kind, name in found]


def _histogram(metric: Metric, samples: list[TheirSample]) -> Exposed | None:
    """None if its series have not all the same buckets and a sum, or count what is not whole."""
    buckets: dict[str, dict[float, TheirSample]] = {}
    sums: dict[str, float] = {}
    for one in samples:
        labels, bound = _without("le", one.labels)
        if one.name == f"{metric.name}_bucket" and bound is not None:
            buckets.setdefault(labels, {})[float(bound)] = one
        elif one.name == f"{metric.name}_sum":
            sums[labels] = float(one.value)
        elif one.name != f"{metric.name}_count":  # which the last bucket tells, too
            return None
    bounds = {tuple(row) for row in buckets.values()}
    whole = all(float(one.value).is_integer() for row in buckets.values() for one in row.values())
    if len(bounds) != 1 or buckets.keys() != sums.keys() or not whole:
        return None
    (limits,) = bounds
    if limits[-1] != float("inf") or list(limits) != sorted(limits):
        return None
    series = []
    for labels, row in buckets.items():
        up_to = [0, *(int(one.value) for one in row.values())]
        counts = [here - before for before, here in pairwise(up_to)]
        events = [_event(place, one.exemplar) for place, one in enumerate(row.values()) if one.exemplar is not None]
        series.append(Series(labels, (counts, sums[labels]), events))
    return _exposed("histogram", metric.name, metric, series, buckets=limits[:-1])


def _summary(metric: Metric, samples: list[TheirSample]) -> Exposed | None:
    """None if a series lacks its count or its sum."""
    quantiles: dict[str, list[tuple[float, float]]] = {}
    sums: dict[str, float] = {}
    counts: dict[str, float] = {}
    for one in samples:
        labels, which = _without("quantile", one.labels)
        if one.name == metric.name and which is not None:
            quantiles.setdefault(labels, []).append((float(which), float(one.value)))
        elif one.name == f"{metric.name}_sum":
            sums[labels] = float(one.value)
        elif one.name == f"{metric.name}_count":
            counts[labels] = float(one.value)
        else:
            return None
    whole = all(count.is_integer() for count in counts.values())
    if not whole or sums.keys() != counts.keys() or not quantiles.keys() <= counts.keys():
        return None
    series = [
        Series(labels, (int(count), sums[labels]), quantiles=quantiles.get(labels, ()))
        for labels, count in counts.items()
    ]
    return _exposed("summary", metric.name, metric, series)


def _stateset(metric: Metric, samples: list[TheirSample]) -> Exposed | None:
    """None if its series have not all the same states."""
    rows: dict[str, dict[str, bool]] = {}
    for one in samples:
        labels, state = _without(metric.name, one.labels)
        if one.name != metric.name or state is None or one.value not in (0, 1):
            return None
        rows.setdefault(labels, {})[state] = bool(one.value)
    states = {tuple(sorted(row)) for row in rows.values()}
    if len(states) > 1:
        return None
    named = tuple(next(iter(rows.values()), ()))
    series = [
        Series(labels, sum(row[state] << place for place, state in enumerate(named))) for labels, row in rows.items()
    ]
    return _exposed("stateset", metric.name, metric, series, states=named)


_READERS: dict[str, Callable[[Metric, list[TheirSample]], Exposed | None]] = {
    "histogram": _histogram,
    "stateset": _stateset,
    "summary": _summary,
}


def _exposed(
    kind: str,
    name: str,
    metric: Metric,
    series: list[Series],
    *,
    buckets: tuple[float, ...] = (),
    states: tuple[str, ...] = (),
) -> Exposed:
    called = _word(name)
    unit = metric.unit if called.removesuffix("_total").endswith(f"_{metric.unit}") else ""
    return Exposed(kind, called, _encodable(metric.documentation), unit, buckets, states, series)


def _event(place: int, theirs: TheirExemplar) -> Exemplar:
    """An exemplar. One that does not say when it was is of now, as Prometheus takes it."""
    when = clock.now() if theirs.timestamp is None else float(theirs.timestamp)
    return Exemplar(place, float(theirs.value), when, _text(theirs.labels))


def _without(name: str, labels: Mapping[str, str]) -> tuple[str, str | None]:
    """The labels but for one, as a page has them, and the value of that one."""
    return _text({other: value for other, value in labels.items() if other != name}), labels.get(name)


def _text(labels: Mapping[str, str]) -> str:
    pairs = ((_word(name).replace(":", "_"), escape(_encodable(value))) for name, value in labels.items())
    return ",".join(f'{name}="{value}"' for name, value in pairs)


def _word(name: str) -> str:
    """A name as the formats of our page allow it; prometheus_client writes such ones with underscores, too."""
    return _NOT_IN_A_NAME.sub("_", name)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


# Ours on their page


def collector(registry: Registry = DEFAULT) -> Collector:
    """What is in a registry of ours, for a page of theirs: ``prometheus_client.REGISTRY.register(collector())``.

    ``register`` refuses it if both expose a name then; ``unregister`` theirs, such as ``PROCESS_COLLECTOR``, first.
    """
    return Collector(registry)


class Collector:
    """A registry of ours as a collector of theirs; made by `collector`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self) -> list[Metric]:
        """What is exposed now. Native histograms are left out: no page of theirs has them."""
        if self._registry in _asked.get():
            return []
        with _asking(self._registry):
            found = self._registry.snapshot()
        return [_theirs(family) for family in found]

    def describe(self) -> list[Metric]:
        """The same without samples: by its names a registry knows what it may not have twice."""
        found = self.collect()
        for metric in found:
            metric.samples.clear()
        return found


def _theirs(family: Exposed) -> Metric:
    from prometheus_client import Metric, samples  # noqa: PLC0415 - loaded by who asks for it, never by importing this

    metric = Metric(family.bare, family.help, family.type, family.unit)
    # A sum that can fall is none there, nor is there a count without its sum.
    left_out = [f"{family.name}_sum", f"{family.name}_count"] if family.buckets and family.buckets[0] < 0 else []
    for one in samples_of(family):
        if one.name not in left_out:
            event = one.exemplar
            shown = event and samples.Exemplar(labels_of(event.labels), event.value, event.timestamp)
            metric.add_sample(one.name, one.labels, one.value, exemplar=shown)
    return metric


@contextmanager
def _asking(registry: Registry) -> Iterator[None]:
    token = _asked.set((*_asked.get(), registry))
    try:
        yield
    finally:
        _asked.reset(token)
