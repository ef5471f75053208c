"""Histogram and Summary: how large, or how long, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import LabelsArgument, Theirs, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.duration import Duration
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Histogram", "Summary"]


class Histogram(Instrument):
    """Counts observations by size, so that any quantile can be asked for later, over any number of processes.

    Args:
        name: ``<domain>_<thing>_<unit>``, e.g. ``shop_checkout_duration_seconds``.
        help: a sentence that says what is measured.
        labels: names, or name → the values it may have (None: any).
        unit: the base unit, if the name alone does not tell it.
        buckets: growing upper bounds; by default those for the seconds of a request, 5 ms to 10 s.
        native: have exponential buckets, too, each 9 % wider than the one before, without bounds to choose. They are
            shown to a Prometheus that takes native histograms, by the protobuf format alone.
        max_series: more label values than this are counted together as ``_OTHER``.
        expires: drop a series that nothing has touched for so long, such as ``"1h"``; by default none is.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> duration = Histogram("doc_checkout_duration_seconds", help="Time to check out.", buckets=[0.1, 1])
        >>> duration.observe(0.25)
        >>> with duration.time():
        ...     pass
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        help: str = "",  # noqa: A002 - the word of the field
        labels: LabelsArgument = None,
        *,
        unit: str | None = None,
        buckets: Sequence[float] | None = None,
        native: bool = False,
        max_series: int = 1000,
        expires: Duration | None = None,
        registry: Registry | None = None,
        **theirs: Unpack[Theirs],
    ) -> None:
        described = describe(
            "histogram",
            name,
            help,
            place=caller(),
            labels=labels,
            unit=unit,
            buckets=buckets,
            native=native,
            max_series=max_series,
            expires=expires,
            theirs=theirs,
        )
        super().__init__(described, registry)

    def observe(self, value: float, /, *values: str, exemplar: Mapping[str, str] | None = None, **labels: str) -> None:
        """Count ``value``: ``observe(0.25)``, and with labels ``observe(0.25, "web")``.

        What is not a number, or below zero where no bucket is, is ignored and logged once; in strict mode it is a
        ValueError. ``exemplar`` says in a few labels which event this was; without it, the current trace is taken where
        there is one.

        Raises:
            TypeError: the labels are not those of the metric, or a label value is not a string.
        """

    def time(self, /, *values: str, **labels: str) -> core.Scope:
        """Observe the seconds that a block or a decorated function takes, sync or async, whether or not it raises."""
        return core.Scope(latency=self.family.later(self.family.order(values, labels)))

    def labels(self, /, *values: str, **labels: str) -> core.HistogramSeries:
        """The series of these label values, to keep where it is updated often: ``observe(value)``."""
        found: core.HistogramSeries = self.family.handle(self.family.order(values, labels))
        return found


class Summary(Instrument):
    """Counts observations and adds them up: enough for a rate and a mean, at a fraction of a histogram's series.

    Args:
        name: ``<domain>_<thing>_<unit>``.
        help: a sentence that says what is measured.
        labels: names, or name → the values it may have (None: any).
        unit: the base unit, if the name alone does not tell it.
        max_series: more label values than this are counted together as ``_OTHER``.
        expires: drop a series that nothing has touched for so long, such as ``"1h"``; by default none is.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> size = Summary("doc_upload_size_bytes", help="Size of uploads.")
        >>> size.observe(512)
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        help: str = "",  # noqa: A002 - the word of the field
        labels: LabelsArgument = None,
        *,
        unit: str | None = None,
        max_series: int = 1000,
        expires: Duration | None = None,
        registry: Registry | None = None,
        **theirs: Unpack[Theirs],
    ) -> None:
        described = describe(
            "summary",
            name,
            help,
            place=caller(),
            labels=labels,
            unit=unit,
            max_series=max_series,
            expires=expires,
            theirs=theirs,
        )
        super().__init__(described, registry)

    def observe(self, value: float, /, *values: str, **labels: str) -> None:
        """Count ``value``, which is a number not below zero; otherwise like `Histogram.observe`."""

    def time(self, /, *values: str, **labels: str) -> core.Scope:
        """Observe the seconds that a block or a decorated function takes, sync or async, whether or not it raises."""
        return core.Scope(latency=self.family.later(self.family.order(values, labels)))

    def labels(self, /, *values: str, **labels: str) -> core.SummarySeries:
        """The series of these label values, to keep where it is updated often: ``observe(value)``."""
        found: core.SummarySeries = self.family.handle(self.family.order(values, labels))
        return found


for _kind in (Histogram, Summary):
    core.accelerate(_kind, ("observe", "time", "labels"))
