"""Info and StateSet: what is a fact rather than a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from vedette.errors import DeclarationError
from vedette.instruments import guard
from vedette.instruments.metrics.description import LabelsArgument, Theirs, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.duration import Duration
    from vedette.instruments.metrics import core
    from vedette.instruments.metrics.description import Description
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Info", "StateSeries", "StateSet"]


class Info(Instrument):
    """Tells facts about the process in labels, such as its version. Its name ends in ``_info``, its value is 1.

    Args:
        name: ``<domain>_info``.
        help: a sentence that says what the facts are.
        labels: the names of the facts.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> build = Info("doc_build_info", help="What is running.", labels=["version"])
        >>> build.set(version="1.2.0")
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        help: str = "",  # noqa: A002 - the word of the field
        labels: LabelsArgument = None,
        *,
        registry: Registry | None = None,
        **theirs: Unpack[Theirs],
    ) -> None:
        place = caller()
        if labels is None and "labelnames" not in theirs:
            raise DeclarationError(f"{place}: {name} names no facts; list their names, e.g. labels=['version']")
        super().__init__(describe("info", name, help, place=place, labels=labels, theirs=theirs), registry)

    def set(self, /, *values: str, **labels: str) -> None:
        """Tell these facts instead of those told before; of several processes the last one's are told.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """
        self.family.keep(self.family.order(values, labels))

    def info(self, facts: Mapping[str, str], /) -> None:
        """What prometheus_client calls `set`."""
        self.set(**facts)


class StateSet(Instrument):
    """Tells which of some states hold, one series (0 or 1) for each; of several processes what the last one said.

    Args:
        name: ``<domain>_<thing>``; the state is in a label of the same name.
        help: a sentence that says what is in these states.
        labels: names, or name → the values it may have (None: any).
        states: all there are.
        max_series: more label values than this share the series ``_OTHER``.
        expires: drop a series that nothing has touched for so long, such as ``"1h"``; by default none is.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> worker = StateSet("doc_worker_state", help="What the worker does.", states=["idle", "busy"])
        >>> worker.set("busy")
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        help: str = "",  # noqa: A002 - the word of the field
        labels: LabelsArgument = None,
        *,
        states: Sequence[str],
        max_series: int = 1000,
        expires: Duration | None = None,
        registry: Registry | None = None,
        **theirs: Unpack[Theirs],
    ) -> None:
        described = describe(
            "stateset",
            name,
            help,
            place=caller(),
            labels=labels,
            states=states,
            max_series=max_series,
            expires=expires,
            theirs=theirs,
        )
        super().__init__(described, registry)

    def set(self, state: str, /, *values: str, **labels: str) -> None:
        """This state alone holds. One that is not declared is ignored and logged once; a ValueError in strict mode."""
        self.labels(*values, **labels).set(state)

    def state(self, state: str, /, *values: str, **labels: str) -> None:
        """What prometheus_client calls `set`."""
        self.set(state, *values, **labels)

    def switch(self, state: str, on: bool, /, *values: str, **labels: str) -> None:
        """This state holds or does not, whatever the others do; for states that can hold together."""
        self.labels(*values, **labels).switch(state, on)

    def labels(self, /, *values: str, **labels: str) -> StateSeries:
        """The series of these label values: ``set(state)``, ``switch(state, on)``."""
        return StateSeries(self.description, self.family.handle(self.family.order(values, labels)))

    def series(self) -> dict[tuple[str, ...], Any]:
        """Label values → the states that hold."""
        return {values: _named(self.states, bits) for values, bits in super().series().items()}


class StateSeries:
    """A series of a state set."""

    __slots__ = ("_description", "_handle")

    def __init__(self, description: Description, handle: core.StateSetSeries) -> None:
        self._description = description
        self._handle = handle

    def set(self, state: str) -> None:
        """This state alone holds."""
        bit = self._bit(state)
        if bit:
            self._handle.switch(0, bit)

    def state(self, state: str) -> None:
        """What prometheus_client calls `set`."""
        self.set(state)

    def switch(self, state: str, on: bool) -> None:
        """This state holds, or does not; the others stay as they are."""
        bit = self._bit(state)
        if bit:
            self._handle.switch(_ALL ^ bit, bit if on else 0)

    def read(self) -> frozenset[str]:
        """The states that hold."""
        return _named(self._description.states, self._handle.read())

    def _bit(self, state: str) -> int:
        states = self._description.states
        if state in states:
            return 1 << states.index(state)
        name = self._description.name
        guard.mistake((name, "state"), ValueError(f"{name} has no state {state!r}; its states: {', '.join(states)}"))
        return 0


_ALL = (1 << 64) - 1


def _named(states: Sequence[str], bits: int) -> frozenset[str]:
    return frozenset(state for place, state in enumerate(states) if bits >> place & 1)
