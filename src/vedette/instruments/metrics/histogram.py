"""Histogram and Summary: how large, or how long, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.instruments.metrics.cells import HistogramCell, SummaryCell
from vedette.instruments.metrics.description import LabelsArgument, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.instruments.metrics.timing import Timer
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.instruments.metrics.registry import Registry

__all__ = ["Histogram", "Summary"]


class Histogram(Instrument[HistogramCell]):
    """Counts observations by size, so that any quantile can be asked for later, over any number of processes.

    Args:
        name: ``<domain>_<thing>_<unit>``, e.g. ``shop_checkout_duration_seconds``.
        help: a sentence that says what is measured.
        labels: names, or name → the values it may have (None: any).
        unit: the base unit, if the name alone does not tell it.
        buckets: growing upper bounds; by default those for the seconds of a request, 5 ms to 10 s.
        max_series: more label values than this are counted together as ``_OTHER``.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> duration = Histogram("doc_checkout_duration_seconds", help="Time to check out.", buckets=[0.1, 1])
        >>> duration.observe(0.25)
        >>> with duration.time():
        ...     pass
    """

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002 - the word of the field
        *,
        labels: LabelsArgument = None,
        unit: str | None = None,
        buckets: Sequence[float] | None = None,
        max_series: int = 1000,
        registry: Registry | None = None,
    ) -> None:
        description = describe(
            "histogram", name, help, place=caller(), labels=labels, unit=unit, buckets=buckets, max_series=max_series
        )
        bounds = description.buckets
        super().__init__(description, lambda name, labels: HistogramCell(name, labels, bounds), registry)

    def observe(self, value: float, /, *values: str, **labels: str) -> None:
        """Count ``value``: ``observe(0.25)``, and with labels ``observe(0.25, "web")``.

        What is not a number, or below zero where no bucket is, is ignored and logged once; in strict mode it is a
        ValueError.

        Raises:
            TypeError: the labels are not those of the metric, or a label value is not a string.
        """
        if labels:
            values = self._family.values(values, labels)
        cell = self._cells.get(values) or self._family.cell(values)
        if not self._labelled:
            self._remember(cell)
        cell.observe(value)

    def time(self, /, *values: str, **labels: str) -> Timer:
        """Observe the seconds that a block or a decorated function takes, sync or async, whether or not it raises."""
        ordered = self._family.values(values, labels)
        return Timer(lambda seconds: self.observe(seconds, *ordered))

    def labels(self, /, *values: str, **labels: str) -> HistogramCell:
        """The series of these label values, to keep where it is updated often: ``observe(value)``."""
        return self._cell(values, labels)

    _shortcuts = ("observe",)


class Summary(Instrument[SummaryCell]):
    """Counts observations and adds them up: enough for a rate and a mean, at a fraction of a histogram's series.

    Args:
        name: ``<domain>_<thing>_<unit>``.
        help: a sentence that says what is measured.
        labels: names, or name → the values it may have (None: any).
        unit: the base unit, if the name alone does not tell it.
        max_series: more label values than this are counted together as ``_OTHER``.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> size = Summary("doc_upload_size_bytes", help="Size of uploads.")
        >>> size.observe(512)
    """

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002 - the word of the field
        *,
        labels: LabelsArgument = None,
        unit: str | None = None,
        max_series: int = 1000,
        registry: Registry | None = None,
    ) -> None:
        description = describe("summary", name, help, place=caller(), labels=labels, unit=unit, max_series=max_series)
        super().__init__(description, SummaryCell, registry)

    def observe(self, value: float, /, *values: str, **labels: str) -> None:
        """Count ``value``, which is a number not below zero; otherwise like `Histogram.observe`."""
        if labels:
            values = self._family.values(values, labels)
        cell = self._cells.get(values) or self._family.cell(values)
        if not self._labelled:
            self._remember(cell)
        cell.observe(value)

    def time(self, /, *values: str, **labels: str) -> Timer:
        """Observe the seconds that a block or a decorated function takes, sync or async, whether or not it raises."""
        ordered = self._family.values(values, labels)
        return Timer(lambda seconds: self.observe(seconds, *ordered))

    def labels(self, /, *values: str, **labels: str) -> SummaryCell:
        """The series of these label values, to keep where it is updated often: ``observe(value)``."""
        return self._cell(values, labels)

    _shortcuts = ("observe",)
