"""Counter: what only grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from vedette.instruments.metrics.cells import CounterCell
from vedette.instruments.metrics.description import LabelsArgument, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.place import caller

if TYPE_CHECKING:
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Counter"]


class Counter(Instrument[CounterCell]):
    """Counts what happens: requests, errors, bytes sent. Its name ends in ``_total``.

    Args:
        name: ``<domain>_<thing>[_<unit>]_total``.
        help: a sentence that says what is counted.
        labels: names, or name → the values it may have (None: any). With declared values every series is there
            from the start, and an undeclared value is counted as ``_OTHER``.
        unit: the base unit, if the name alone does not tell it (``seconds``, ``bytes`` and such are recognised).
        max_series: more label values than this are counted together as ``_OTHER``.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> orders = Counter("doc_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
        >>> orders.inc(channel="web")
        >>> orders.inc("app", amount=2)
        >>> orders.labels("web").inc()
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
        description = describe("counter", name, help, place=caller(), labels=labels, unit=unit, max_series=max_series)
        super().__init__(description, CounterCell, registry)

    @overload
    def inc(self, amount: float = 1, /) -> None: ...
    @overload
    def inc(self, /, *values: str, amount: float = 1, **labels: str) -> None: ...
    def inc(self, /, *values: Any, amount: float = 1, **labels: Any) -> None:
        """Add ``amount``, one if not said: ``inc()``, ``inc(5)``, and with labels ``inc("web", amount=5)``.

        A negative amount is ignored and logged once; in strict mode it is a ValueError.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """
        if self._labelled:
            if labels:
                values = self._family.values(values, labels)
            (self._cells.get(values) or self._family.cell(values)).inc(amount)
            return
        if labels or len(values) > 1:
            self._family.values(values, labels)
        cell = self._family.cell(())
        self._remember(cell)
        cell.inc(*values) if values else cell.inc(amount)

    def labels(self, /, *values: str, **labels: str) -> CounterCell:
        """The series of these label values, to keep where it is updated often: ``inc(amount)``."""
        return self._cell(values, labels)

    def mirror(self, total: float, /, *values: str, **labels: str) -> None:
        """Set the total to what another counter of the same thing says, such as the kernel's; it may start anew."""
        self._cell(values, labels).mirror(total)

    _shortcuts = ("inc",)
