"""What all metrics have in common: the description that can be read, and the series that can be made and dropped."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

from vedette.instruments.metrics.description import Description, LabelsArgument, MetricType, describe_foreign
from vedette.instruments.metrics.family import Cell, Family
from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Instrument", "Metric"]

C = TypeVar("C", bound=Cell)


class Metric:
    """The description of a metric. Those of your own are `Counter`, `Gauge` and their kin; see `Metric.foreign`."""

    def __init__(self, description: Description) -> None:
        self.description = description
        """All of it as one frozen value."""

    @property
    def name(self) -> str:
        """The full name, as exposed; a histogram's without ``_bucket``."""
        return self.description.name

    @property
    def type(self) -> MetricType:
        """``counter``, ``gauge``, ``histogram``, ``summary``, ``info`` or ``stateset``; foreign also ``unknown``."""
        return self.description.type

    @property
    def unit(self) -> str:
        """The base unit, e.g. ``seconds``; empty where there is none."""
        return self.description.unit

    @property
    def help(self) -> str:
        """What it counts or measures."""
        return self.description.help

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, in declared order."""
        return tuple(name for name, _ in self.description.labels)

    @property
    def label_values(self) -> Mapping[str, tuple[str, ...] | None]:
        """Label → the values declared for it; None where any is allowed."""
        return MappingProxyType(dict(self.description.labels))

    @property
    def buckets(self) -> tuple[float, ...]:
        """The finite upper bounds of a histogram."""
        return self.description.buckets

    @property
    def states(self) -> tuple[str, ...]:
        """The states of a state set."""
        return self.description.states

    @property
    def exporter(self) -> str:
        """The program that exposes it, if that is not this one."""
        return self.description.exporter

    @property
    def place(self) -> Place:
        """Where it is declared."""
        return self.description.place

    @staticmethod
    def foreign(
        type: MetricType,  # noqa: A002 - the word of the field
        name: str,
        *,
        exporter: str,
        help: str = "",  # noqa: A002 - the word of the field
        labels: LabelsArgument = None,
        unit: str | None = None,
    ) -> Metric:
        """A metric that another program exposes: it can be described and queried, but has no values here.

        Raises:
            DeclarationError: the type or a name is not one, or the exporter is not named.

        Example:
            >>> Metric.foreign("gauge", "node_load1", exporter="node_exporter", help="Load over a minute.").exporter
            'node_exporter'
        """
        return Metric(
            describe_foreign(type, name, place=caller(), help=help, labels=labels, unit=unit, exporter=exporter)
        )

    def __repr__(self) -> str:
        return f"<{self.type} {self.name} of {self.exporter or self.place}>"


class Instrument(Metric, Generic[C]):
    """A metric with values in this process. Nothing is exposed before the first update or `initialise`."""

    def __init__(self, description: Description, make: Callable[[str, str], C], registry: Registry | None) -> None:
        super().__init__(description)
        self._family: Family[C] = (DEFAULT if registry is None else registry).declare(description, make)
        self._cells = self._family.cells
        self._labelled = bool(description.labels)
        self.on_clear(self._let_go)

    def initialise(self) -> None:
        """Expose zeros from the start: this process owns the metric.

        That makes the only series, or one for every combination of declared label values; none where a label may
        have any value.
        """
        self._family.initialise()

    def remove(self, *values: str, **labels: str) -> bool:
        """Stop exposing one series; whether there was one. Handles of it that somebody keeps go unseen from then on.

        Raises:
            TypeError: the labels are not those of the metric.
        """
        return self._family.remove(self._family.values(values, labels))

    def clear(self) -> None:
        """Stop exposing every series, until the next update."""
        self._family.clear()

    def on_clear(self, function: Callable[[], None]) -> None:
        """Call ``function`` whenever a series is dropped: whoever keeps handles of series must then forget them."""
        self._family.on_clear(function)

    def _cell(self, values: tuple[str, ...], labels: Mapping[str, str]) -> C:
        if labels:
            values = self._family.values(values, labels)
        return self._cells.get(values) or self._family.cell(values)

    def _let_go(self) -> None:
        """Forget the cell that an unlabelled metric remembers for speed (see `_remember`)."""
        for name in self._shortcuts:
            self.__dict__.pop(name, None)

    _shortcuts: tuple[str, ...] = ()

    def _remember(self, cell: C) -> None:
        """Let the only cell's own methods stand for the metric's: an update is one call then."""
        for name in self._shortcuts:
            self.__dict__[name] = getattr(cell, name)
