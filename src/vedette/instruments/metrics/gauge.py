"""Gauge: what rises and falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, overload

from vedette.instruments import clock
from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import LabelsArgument, MultiprocessMode, Theirs, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.duration import Duration
    from vedette.instruments.metrics.last_duration import LastDuration
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Gauge"]


class Gauge(Instrument):
    """Tells a state in a number: connections in use, depth of a queue, a temperature.

    Args:
        name: ``<domain>_<thing>[_<unit>]``.
        help: a sentence that says what it tells.
        labels: names, or name → the values it may have (None: any). With declared values every series is there
            from the start, and an undeclared value is set as ``_OTHER``.
        unit: the base unit, if the name alone does not tell it.
        max_series: more label values than this share the series ``_OTHER``.
        expires: drop a series that nothing has touched for so long, such as ``"1h"``; by default none is.
        multiprocess_mode: what becomes of the values that several processes of one service say: their ``sum``, ``min``
            or ``max``, the ``mostrecent``, or all of them, told apart by the label ``pid``. With ``live`` before it
            only processes count that are alive: ``livesum`` is the default, but ``max`` for points in time
            (``…_timestamp_seconds``) and ``livemostrecent`` for a ratio or a temperature.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> depth = Gauge("doc_queue_depth", help="Orders waiting.", labels=["queue"])
        >>> depth.set(12, queue="mail")
        >>> with depth.track("mail"):
        ...     depth.labels("mail").read()
        13.0
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
        multiprocess_mode: MultiprocessMode | None = None,
        registry: Registry | None = None,
        **theirs: Unpack[Theirs],
    ) -> None:
        described = describe(
            "gauge",
            name,
            help,
            place=caller(),
            labels=labels,
            unit=unit,
            max_series=max_series,
            expires=expires,
            multiprocess_mode=multiprocess_mode,
            theirs=theirs,
        )
        super().__init__(described, registry)

    @overload
    def inc(self, amount: float = 1, /) -> None: ...
    @overload
    def inc(self, /, *values: str, amount: float = 1, **labels: str) -> None: ...
    def inc(self, /, *values: Any, amount: float = 1, **labels: Any) -> None:
        """Add ``amount``, one if not said: ``inc()``, ``inc(5)``, and with labels ``inc("mail", amount=5)``.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """

    @overload
    def dec(self, amount: float = 1, /) -> None: ...
    @overload
    def dec(self, /, *values: str, amount: float = 1, **labels: str) -> None: ...
    def dec(self, /, *values: Any, amount: float = 1, **labels: Any) -> None:
        """Subtract ``amount``, one if not said; otherwise like `inc`."""

    def set(self, value: float, /, *values: str, **labels: str) -> None:
        """Replace the value: ``set(12)``, and with labels ``set(12, "mail")``."""

    def set_to_current_time(self, /, *values: str, **labels: str) -> None:
        """Set it to now, in seconds since the epoch."""
        self.labels(*values, **labels).set(clock.now())

    def set_function(self, function: Callable[[], float] | None, /, *values: str, **labels: str) -> None:
        """Call ``function`` for the value before every scrape; None goes back to the value that was set.

        It is called by whatever thread serves the scrape; in a process that shares its metrics with others and is not
        scraped itself, by a thread every few seconds. If it fails, the series is left out and that is logged once.
        """
        self.family.set_function(self.family.order(values, labels), function)

    def track(self, /, *values: str, **labels: str) -> core.Scope:
        """One more while a block or a decorated function runs, sync or async: ``with gauge.track(): …``."""
        return core.Scope(active=self.family.later(self.family.order(values, labels)))

    def track_inprogress(self, /, *values: str, **labels: str) -> core.Scope:
        """What prometheus_client calls `track`."""
        return self.track(*values, **labels)

    def time(self, /, *values: str, **labels: str) -> LastDuration:
        """Set it to the seconds that a block or a decorated function took, sync or async, whether or not it raises."""
        from vedette.instruments.metrics.last_duration import LastDuration  # noqa: PLC0415 - few gauges do this

        return LastDuration(self.family.later(self.family.order(values, labels)))

    def labels(self, /, *values: str, **labels: str) -> core.GaugeSeries:
        """The series of these label values, to keep where it is updated often: ``set``, ``inc``, ``dec``."""
        found: core.GaugeSeries = self.family.handle(self.family.order(values, labels))
        return found


core.accelerate(Gauge, ("inc", "dec", "set", "track", "labels"))
