"""Counter: what only grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, overload

from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import LabelsArgument, Theirs, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.instruments.metrics.timing import counting
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.duration import Duration
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Counter"]


class Counter(Instrument):
    """Counts what happens: requests, errors, bytes sent. Its name ends in ``_total``.

    Args:
        name: ``<domain>_<thing>[_<unit>]_total``.
        help: a sentence that says what is counted.
        labels: names, or name → the values it may have (None: any). With declared values every series is there
            from the start, and an undeclared value is counted as ``_OTHER``.
        unit: the base unit, if the name alone does not tell it (``seconds``, ``bytes`` and such are recognised).
        max_series: more label values than this are counted together as ``_OTHER``.
        expires: drop a series that nothing has touched for so long, such as ``"1h"``; by default none is.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> orders = Counter("doc_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
        >>> orders.inc(channel="web")
        >>> orders.inc("app", amount=2)
        >>> orders.labels("web").inc()
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
            "counter",
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

    @overload
    def inc(self, amount: float = 1, /, *, exemplar: Mapping[str, str] | None = None) -> None: ...
    @overload
    def inc(
        self, /, *values: str, amount: float = 1, exemplar: Mapping[str, str] | None = None, **labels: str
    ) -> None: ...
    def inc(self, /, *values: Any, amount: float = 1, exemplar: Mapping[str, str] | None = None, **labels: Any) -> None:
        """Add ``amount``, one if not said: ``inc()``, ``inc(5)``, and with labels ``inc("web", amount=5)``.

        A negative amount is ignored and logged once; in strict mode it is a ValueError. ``exemplar`` says in a few
        labels which event this was; without it, the current trace is taken where there is one.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """

    def labels(self, /, *values: str, **labels: str) -> core.CounterSeries:
        """The series of these label values, to keep where it is updated often: ``inc(amount)``."""
        found: core.CounterSeries = self.family.handle(self.family.order(values, labels))
        return found

    def mirror(self, total: float, /, *values: str, **labels: str) -> None:
        """Count what another counter of this process has counted since the last call, such as the kernel's.

        A total that is smaller than the last one has begun anew, from zero.
        """
        ordered = self.family.order(values, labels)
        self.labels(*ordered).inc(self.family.grown(ordered, total))

    def count(
        self,
        /,
        *values: str,
        exception: type[BaseException] | tuple[type[BaseException], ...] = Exception,
        **labels: str,
    ) -> core.Scope:
        """Count the exceptions that leave a block or a decorated function: ``with errors.count(): …``."""
        return counting(self.family.later(self.family.order(values, labels)), exception)

    def count_exceptions(
        self,
        exception: type[BaseException] | tuple[type[BaseException], ...] = Exception,
        *values: str,
        **labels: str,
    ) -> core.Scope:
        """What prometheus_client calls `count`."""
        return self.count(*values, exception=exception, **labels)


core.accelerate(Counter, ("inc", "labels"))
