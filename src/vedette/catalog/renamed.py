"""How a service that is not ours names things: its metric and label names, and what they are called in the packs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_labels, fail, is_label_name, is_metric_name, nearest
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.instruments.metrics.metric import Metric

__all__ = ["Renamed", "check_names"]


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a metric of a service is called in a pack, where more than its name differs.

    Names change, values do not: a duration must be in seconds already, a size in bytes.

    Args:
        to: the metric of a pack that it is.
        labels: the service's name of a label → the metric's.
        values: the metric's name of a label → the service's value → the pack's.
        fixed: labels of the metric that the service does not write, each with its value.

    Raises:
        DeclarationError: a name is not one, or one label of the metric would be made of two things.

    Example:
        >>> Renamed("db_client_connections", fixed={"db_client_connection_state": "used"}).to
        'db_client_connections'
    """

    to: str
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict, kw_only=True)
    fixed: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = f"Renamed({self.to!r})"
        if not isinstance(self.to, str) or not is_metric_name(self.to):
            raise fail(self.place, f"{owner} needs the name of a metric")
        check_labels(self.place, owner, self.fixed)
        for theirs, ours in self.labels.items():
            for name in (theirs, ours):
                if not isinstance(name, str) or not is_label_name(name):
                    raise fail(self.place, f"{owner} has labels={{{theirs!r}: {ours!r}}}; write two names of labels")
        made = [*self.labels.values(), *self.fixed]
        twice = next((name for name in made if made.count(name) > 1), None)
        if twice is not None:
            raise fail(self.place, f"{owner} makes the label {twice!r} of two things; leave one out")
        moved = next((name for name in self.labels if name in self.labels.values()), None)
        if moved is not None:
            raise fail(self.place, f"{owner} has the label {moved!r} as an old name and as a new one; that cannot be")
        for label, values in self.values.items():
            check_labels(self.place, f"{owner}, values of {label!r},", dict.fromkeys([label], ""))
            for pair in values.items():
                if not all(isinstance(value, str) for value in pair):
                    raise fail(self.place, f"{owner}, values of {label!r}: write text for text, as in {{'ok': 'hit'}}")
            if label in self.fixed:
                raise fail(self.place, f"{owner} has values for the label {label!r}, which is fixed; leave one out")
            chained = next((value for value in values.values() if value in values), None)
            if chained is not None and label not in self.labels.values():
                raise fail(self.place, f"{owner}, values of {label!r}: {chained!r} is an old value and a new one")


def check_names(
    place: Place, owner: str, names: Mapping[str, str | Renamed], metrics: Iterable[Metric]
) -> dict[str, Renamed]:
    """The names of a service, each with the metric of its packs that it is.

    Raises:
        DeclarationError: no pack of the service has such a metric, the metric has no such label or value, or two
            names would be one series.
    """
    known = {metric.name: metric for metric in metrics}
    found: dict[str, Renamed] = {}
    taken: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
    for name, given in names.items():
        if not isinstance(name, str) or not is_metric_name(name):
            raise fail(place, f"{owner} has {name!r} in names, which is not the name of a metric")
        one = Renamed(given, place=place) if isinstance(given, str) else given
        if not isinstance(one, Renamed):
            raise fail(place, f"{owner} has names={{{name!r}: {given!r}}}; write the metric's name, or Renamed(…)")
        if one.to not in known:
            raise fail(
                one.place,
                f"{owner} has the name {name!r} for {one.to!r}, but none of its packs has that metric"
                f"{nearest(one.to, known)}",
            )
        _check_labels(owner, one, known[one.to])
        key = (one.to, frozenset(one.fixed.items()))
        first = taken.setdefault(key, name)
        if first != name:
            raise fail(
                one.place,
                f"{owner} has the names {first!r} and {name!r} for {one.to!r}, which would be the same series twice; "
                "tell them apart with fixed={…}, or leave one out",
            )
        found[name] = one
    return found


def _check_labels(owner: str, one: Renamed, metric: Metric) -> None:
    states = {metric.name: metric.description.states} if metric.type == "stateset" else {}
    allowed = {**metric.label_values, **states}
    for label in (*one.labels.values(), *one.values, *one.fixed):
        if label not in allowed:
            raise fail(
                one.place,
                f"{owner} names the label {label!r} of {metric.name!r}, which has {', '.join(allowed) or 'none'}"
                f"{nearest(label, allowed)}",
            )
    given = [(label, value) for label, values in one.values.items() for value in values.values()]
    for label, value in (*given, *one.fixed.items()):
        values = allowed[label]
        if values and value not in values:
            raise fail(
                one.place,
                f"{owner} gives the label {label!r} of {metric.name!r} the value {value!r}; it is one of "
                f"{', '.join(values)}{nearest(value, values)}",
            )
