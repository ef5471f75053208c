"""Gauge: what rises and falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from vedette.instruments.metrics.cells import GaugeCell
from vedette.instruments.metrics.description import LabelsArgument, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.instruments.metrics.timing import Tracker
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.instruments.metrics.registry import Registry

__all__ = ["Gauge"]


class Gauge(Instrument[GaugeCell]):
    """Tells a state in a number: connections in use, depth of a queue, a temperature.

    Args:
        name: ``<domain>_<thing>[_<unit>]``.
        help: a sentence that says what it tells.
        labels: names, or name → the values it may have (None: any). With declared values every series is there
            from the start, and an undeclared value is set as ``_OTHER``.
        unit: the base unit, if the name alone does not tell it.
        max_series: more label values than this share the series ``_OTHER``.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> depth = Gauge("doc_queue_depth", help="Orders waiting.", labels=["queue"])
        >>> depth.set(12, queue="mail")
        >>> with depth.track("mail"):
        ...     depth.labels("mail").read()
        13
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
        description = describe("gauge", name, help, place=caller(), labels=labels, unit=unit, max_series=max_series)
        super().__init__(description, GaugeCell, registry)

    @overload
    def inc(self, amount: float = 1, /) -> None: ...
    @overload
    def inc(self, /, *values: str, amount: float = 1, **labels: str) -> None: ...
    def inc(self, /, *values: Any, amount: float = 1, **labels: Any) -> None:
        """Add ``amount``, one if not said: ``inc()``, ``inc(5)``, and with labels ``inc("mail", amount=5)``.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """
        if self._labelled:
            self._cell(values, labels).inc(amount)
            return
        cell = self._only(values, labels)
        cell.inc(*values) if values else cell.inc(amount)

    @overload
    def dec(self, amount: float = 1, /) -> None: ...
    @overload
    def dec(self, /, *values: str, amount: float = 1, **labels: str) -> None: ...
    def dec(self, /, *values: Any, amount: float = 1, **labels: Any) -> None:
        """Subtract ``amount``, one if not said; otherwise like `inc`."""
        if self._labelled:
            self._cell(values, labels).dec(amount)
            return
        cell = self._only(values, labels)
        cell.dec(*values) if values else cell.dec(amount)

    def set(self, value: float, /, *values: str, **labels: str) -> None:
        """Replace the value."""
        cell = self._cell(values, labels)
        if not self._labelled:
            self._remember(cell)
        cell.set(value)

    def set_function(self, function: Callable[[], float] | None, /, *values: str, **labels: str) -> None:
        """Call ``function`` for the value at every scrape; None goes back to the value that was set.

        It is called by whatever thread serves the scrape. If it fails, the series is left out and that is logged once.
        """
        self._cell(values, labels).set_function(function)

    def track(self, /, *values: str, **labels: str) -> Tracker:
        """One more while a block or a decorated function runs, sync or async: ``with gauge.track(): …``."""
        ordered = self._family.values(values, labels)
        return Tracker(lambda: self.inc(*ordered), lambda: self.dec(*ordered))

    def labels(self, /, *values: str, **labels: str) -> GaugeCell:
        """The series of these label values, to keep where it is updated often: ``set``, ``inc``, ``dec``."""
        return self._cell(values, labels)

    def _only(self, values: tuple[Any, ...], labels: dict[str, Any]) -> GaugeCell:
        if labels or len(values) > 1:
            self._family.values(values, labels)
        cell = self._family.cell(())
        self._remember(cell)
        return cell

    _shortcuts = ("inc", "dec", "set")
