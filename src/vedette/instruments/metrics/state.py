"""Info and StateSet: what is a fact rather than a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.instruments.metrics.cells import InfoCell, StateSetCell
from vedette.instruments.metrics.description import LabelsArgument, describe
from vedette.instruments.metrics.metric import Instrument
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.instruments.metrics.registry import Registry

__all__ = ["Info", "StateSet"]


class Info(Instrument[InfoCell]):
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

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002 - the word of the field
        *,
        labels: LabelsArgument,
        registry: Registry | None = None,
    ) -> None:
        super().__init__(describe("info", name, help, place=caller(), labels=labels), InfoCell, registry)

    def set(self, /, *values: str, **labels: str) -> None:
        """Tell these facts instead of those told before.

        Raises:
            TypeError: the labels are not those of the metric, or a value is not a string.
        """
        cell = self._cell(values, labels)
        for known, other in list(self._cells.items()):
            if other is not cell:
                self._family.remove(known)


class StateSet(Instrument[StateSetCell]):
    """Tells which of some states hold, one series (0 or 1) for each.

    Args:
        name: ``<domain>_<thing>``; the state is in a label of the same name.
        help: a sentence that says what is in these states.
        states: all there are.
        labels: names, or name → the values it may have (None: any).
        max_series: more label values than this share the series ``_OTHER``.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> worker = StateSet("doc_worker_state", help="What the worker does.", states=["idle", "busy"])
        >>> worker.set("busy")
    """

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002 - the word of the field
        *,
        states: Sequence[str],
        labels: LabelsArgument = None,
        max_series: int = 1000,
        registry: Registry | None = None,
    ) -> None:
        description = describe(
            "stateset", name, help, place=caller(), labels=labels, states=states, max_series=max_series
        )
        known = description.states
        super().__init__(description, lambda name, labels: StateSetCell(name, labels, known), registry)

    def set(self, state: str, /, *values: str, **labels: str) -> None:
        """This state alone holds. One that is not declared is ignored and logged once; a ValueError in strict mode."""
        self._cell(values, labels).set(state)

    def switch(self, state: str, on: bool, /, *values: str, **labels: str) -> None:
        """This state holds or does not, whatever the others do; for states that can hold together."""
        self._cell(values, labels).switch(state, on)

    def labels(self, /, *values: str, **labels: str) -> StateSetCell:
        """The series of these label values: ``set(state)``, ``switch(state, on)``."""
        return self._cell(values, labels)
