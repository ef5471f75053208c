"""What all metrics have in common: the description that can be read, and the series that can be made and dropped."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import Description, LabelsArgument, MetricType, describe_foreign
from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.instruments.metrics.family import Family

__all__ = ["Instrument", "Metric"]


class Metric:
    """The description of a metric. Those of your own are `Counter`, `Gauge` and their kin; see `Metric.foreign`."""

    __slots__ = ()

    @property
    def description(self) -> Description:
        """All of it as one frozen value."""
        raise NotImplementedError

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
        return _Foreign(
            describe_foreign(type, name, place=caller(), help=help, labels=labels, unit=unit, exporter=exporter)
        )

    def __repr__(self) -> str:
        return f"<{self.type} {self.name} of {self.exporter or self.place}>"


class _Foreign(Metric):
    """See `Metric.foreign`."""

    __slots__ = ("_description",)

    def __init__(self, description: Description) -> None:
        self._description = description

    @property
    def description(self) -> Description:
        """All of it as one frozen value."""
        return self._description


class Instrument(core.Instrument, Metric):
    """A metric with values in this process. Nothing is exposed before the first update or `initialise`."""

    __slots__ = ()

    family: Family

    def __init__(self, description: Description, registry: Registry | None) -> None:
        self.family = (DEFAULT if registry is None else registry).declare(description)

    @property
    def description(self) -> Description:
        """All of it as one frozen value."""
        return self.family.description

    def initialise(self) -> None:
        """Expose zeros from the start: this process owns the metric.

        That makes the only series, or one for every combination of declared label values; none where a label may
        have any value.
        """
        self.family.initialise()

    def remove(self, *values: str, **labels: str) -> bool:
        """Stop exposing one series, of all processes that share it; whether there was one.

        An update makes it anew, from zero, also through a handle that somebody keeps.

        Raises:
            TypeError: the labels are not those of the metric.
        """
        return self.family.remove(self.family.order(values, labels))

    def clear(self) -> None:
        """Stop exposing every series, until the next update."""
        self.family.clear()

    def series(self) -> dict[tuple[str, ...], Any]:
        """Label values → reading of every series there is, over all processes that share them.

        A reading is a number; of a histogram (observations in each bucket alone, sum); of a summary (count, sum); of a
        state set the states that hold.
        """
        self.family.refresh()
        return dict(self.family.series())
