"""Every series of a stack: what its metrics are exposed as, what scraping and alerting write, what its rules record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from vedette.instruments.metrics import OVERFLOW
from vedette.promql.flow import COUNT, RATIO, SECONDS, Label, Labels, SampleType, Series, Unit, analyse, unit_of_name
from vedette.promql.flow.outcome import labelled, recorded
from vedette.promql.flow.units import parse as unit_of_word
from vedette.promql.parser import ParseError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vedette.catalog import Alert, Pack, Recording, Service
    from vedette.instruments.metrics.description import Description

__all__ = ["Known", "known_series"]

Known = Mapping[str, Series]
"""Series by name."""

# https://prometheus.io/docs/concepts/jobs_instances/: every scrape writes these
_AUTOMATIC: Final[tuple[tuple[str, Unit | None, float], ...]] = (
    ("up", None, 1.0),
    ("scrape_duration_seconds", SECONDS, float("inf")),
    ("scrape_samples_scraped", COUNT, float("inf")),
    ("scrape_samples_post_metric_relabeling", COUNT, float("inf")),
    ("scrape_series_added", COUNT, float("inf")),
)
_ALWAYS: Final = Label("always")


def known_series(
    packs: Sequence[Pack],
    services: Sequence[Service],
    recordings: Sequence[Recording] = (),
    alerts: Sequence[Alert] = (),
) -> dict[str, Series]:
    """Every series that the packs' metrics and rules make, and these rules besides, by name.

    A recording rule that cannot be parsed yields series of which nothing is known but the name.
    """
    scraped = _scraped(services)
    known = {
        name: Series(
            name=name, type="gauge", unit=unit, labels=Labels(scraped, _NEVER), low=0.0, high=high, metric=name,
            why="every scrape writes it",
        )
        for name, unit, high in _AUTOMATIC
    }  # fmt: skip
    known |= {one.name: one for one in _of_alerts([*(one for pack in packs for one in pack.alerts), *alerts])}
    users: dict[str, list[Service]] = {}
    for service in services:
        for name in {metric.name for pack in service.pack_list() for metric in pack.metrics}:
            users.setdefault(name, []).append(service)
    for metric in (metric for pack in packs for metric in pack.metrics):
        using = users.get(metric.name)
        labels = scraped if using is None or len(using) == len(services) else _scraped(using)
        for one in _of_metric(metric.description, labels):
            known.setdefault(one.name, one)
    _Recordings((*(one for pack in packs for one in pack.recordings), *recordings), known).add_all()
    return known


_NEVER: Final = Label("never")


def _scraped(services: Sequence[Service]) -> dict[str, Label]:
    """The labels that scraping these services gives."""
    found = {"job": Label("always", frozenset(service.name for service in services)), "instance": _ALWAYS}
    finders = [service.discovery for service in services]
    for name in dict.fromkeys(name for one in finders if one for name in one.adds):
        found[name] = Label("always" if all(one and name in one.adds for one in finders) else "maybe")
    for name in dict.fromkeys(name for service in services for name in service.labels):
        values = {service.labels.get(name, "") for service in services}
        found[name] = Label("maybe" if "" in values else "always", frozenset(values - {""}))
    return found


def _of_alerts(alerts: Sequence[Alert]) -> Iterator[Series]:
    names = frozenset(alert.name for alert in alerts)
    why = "the alerts of the stack write it"
    labels = {"alertname": Label("always", names)} if names else {}
    states = {"alertstate": Label("always", frozenset({"pending", "firing"}))}
    yield Series(
        name="ALERTS", type="gauge", labels=Labels(labels | states), low=1.0, high=1.0, metric="ALERTS", why=why
    )
    yield Series(name="ALERTS_FOR_STATE", type="gauge", unit=SECONDS, labels=Labels(labels), low=0.0,
                 metric="ALERTS_FOR_STATE", why=why)  # fmt: skip


def _of_metric(metric: Description, scraped: Mapping[str, Label]) -> Iterator[Series]:
    """The series that a metric is exposed as."""
    labels = dict(scraped)
    for name, values in metric.labels:
        # a label that the scrape sets, too, is exposed as exported_…
        labels[f"exported_{name}" if name in scraped else name] = _declared(values, own=not metric.exporter)
    unit = _unit(metric)
    why = f"declared in {metric.place}"

    def series(
        suffix: str = "",
        *,
        kind: SampleType,
        unit: Unit | None = unit,
        more: Mapping[str, Label] | None = None,
        low: float = float("-inf"),
        high: float = float("inf"),
        bounds: tuple[float, ...] = (),
    ) -> Series:
        return Series(
            name=metric.name + suffix,
            type=kind,
            unit=unit,
            labels=Labels({**labels, **(more or {})}, _NEVER),
            low=low,
            high=high,
            bounds=bounds,
            metric=metric.name,
            why=why,
            place=metric.place,
        )

    match metric.type:
        case "counter":
            yield series(kind="counter", low=0.0)
        case "gauge":
            more = {"pid": _ALWAYS} if metric.multiprocess_mode == "liveall" else {}
            low, high = (0.0, 1.0) if unit == RATIO else (float("-inf"), float("inf"))
            yield series(kind="gauge", more=more, low=low, high=high)
        case "histogram":
            le = {"le": Label("always", _bounds(metric.buckets) if metric.buckets else None)}
            yield series("_bucket", kind="bucket", more=le, low=0.0, bounds=metric.buckets)
            yield from (series("_sum", kind="counter", low=0.0), series("_count", kind="counter", unit=COUNT, low=0.0))
            if metric.native:
                yield series(kind="histogram")
        case "summary":
            yield from (series("_sum", kind="counter", low=0.0), series("_count", kind="counter", unit=COUNT, low=0.0))
            yield series(kind="quantile", more={"quantile": _ALWAYS})
        case "info":
            yield series(kind="info", unit=None, low=1.0, high=1.0)
        case "stateset":
            states = {metric.name: Label("always", frozenset(metric.states) or None)}
            yield series(kind="stateset", unit=None, more=states, low=0.0, high=1.0)
        case "unknown":
            yield series(kind="unknown")


def _declared(values: tuple[str, ...] | None, *, own: bool) -> Label:
    if values is None:
        return _ALWAYS
    allowed = frozenset(values) | ({OVERFLOW} if own else frozenset())
    return Label("maybe" if "" in allowed else "always", allowed - {""})


def _bounds(buckets: Iterable[float]) -> frozenset[str]:
    """The values of ``le``: Prometheus 3 writes 1.0 where clients and older ones may write 1."""
    return frozenset({"+Inf"}.union(*({repr(bound), f"{bound:g}"} for bound in buckets)))


def _unit(metric: Description) -> Unit | None:
    """What a value of the metric measures; one of ours that names no unit counts things."""
    named = unit_of_word(metric.unit) if metric.unit else unit_of_name(metric.name)
    counts = metric.type == "counter" or (metric.type == "gauge" and not metric.exporter)
    return COUNT if named is None and counts else named


class _Recordings:
    """The rules, taken in the order in which they need one another, whatever theirs is."""

    def __init__(self, recordings: Sequence[Recording], known: dict[str, Series]) -> None:
        self._known = known
        self._waiting: dict[str, list[Recording]] = {}
        for recording in recordings:
            self._waiting.setdefault(recording.name, []).append(recording)

    def add_all(self) -> None:
        """Add what they record to what is known."""
        for name in list(self._waiting):
            self._get(name)

    def _get(self, name: str) -> Series | None:
        rules = self._waiting.pop(name, None)
        if rules is not None:
            self._known[name] = Series(name=name, certain=False)  # what a rule that asks for itself gets
            self._known[name] = self._recorded(rules)
        return self._known.get(name)

    def _recorded(self, rules: Sequence[Recording]) -> Series:
        first = rules[0]
        try:
            flow = tuple(
                branch
                for rule in rules
                for branch in labelled(analyse(parse(rule.expr), self._get).branches, rule.labels)
            )
        except ParseError:
            return Series(name=first.name, certain=False, place=first.place)
        return recorded(first.name, flow, why=f"recorded in {first.place}", place=first.place)
