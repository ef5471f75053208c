"""All series of one metric: which label values get a cell of their own, and which share the overflow series."""

from __future__ import annotations

from itertools import product
from threading import RLock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from vedette.instruments import guard
from vedette.instruments.metrics.description import OVERFLOW, Description

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Cell", "Family"]


class Cell(Protocol):
    """What every kind of cell has."""

    labels: str
    """The rendered label pairs, ``a="b",c="d"``, without braces."""


C = TypeVar("C", bound=Cell)

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Family(Generic[C]):
    """The cells of a metric, by their label values. Reading ``cells`` needs no lock: an entry comes and goes whole."""

    __slots__ = ("_lock", "_make", "_on_clear", "cells", "description")

    def __init__(self, description: Description, make: Callable[[str, str], C]) -> None:
        self.description = description
        self.cells: dict[tuple[str, ...], C] = {}
        self._make = make
        self._lock = RLock()
        self._on_clear: list[Callable[[], None]] = []

    def on_clear(self, function: Callable[[], None]) -> None:
        """Call ``function`` whenever cells are dropped: whoever holds one must let go of it."""
        self._on_clear.append(function)

    def values(self, values: tuple[str, ...], labels: Mapping[str, str]) -> tuple[str, ...]:
        """The label values in declared order, some given in that order and the others by name.

        Raises:
            TypeError: a label is unknown, given twice, or missing.
        """
        names = [name for name, _ in self.description.labels]
        for name in labels:
            if name not in names:
                raise TypeError(f"{self.description.name} has no label {name!r}; {self._labels_of()}")
            if name in names[: len(values)]:
                raise TypeError(
                    f"{self.description.name}: the label {name!r} is given twice, by its place and by its name"
                )
        if len(values) + len(labels) != len(names):
            raise TypeError(
                f"{self.description.name} was given {len(values) + len(labels)} label values; {self._labels_of()}"
            )
        return values + tuple(labels[name] for name in names[len(values) :])

    def cell(self, values: tuple[str, ...]) -> C:
        """The cell of these label values, made if need be.

        Raises:
            TypeError: there are too few or too many values, or one is not a string.
            ValueError: in strict mode, a value is not one of those declared.
        """
        cell = self.cells.get(values) if all(type(value) is str for value in values) else None
        if cell is not None:
            return cell
        admitted = self._admit(values)
        with self._lock:
            cell = self.cells.get(admitted)
            if cell is None and admitted and len(self.cells) >= self.description.max_series:
                admitted = (OVERFLOW,) * len(admitted)
                cell = self.cells.get(admitted)
                self._tell_full()
            if cell is None:
                cell = self._make(self.description.name, self._render(admitted))
                self.cells[admitted] = cell
        return cell

    def initialise(self) -> None:
        """Make the cells that are known beforehand: the only one, or one for each combination of declared values."""
        if self.description.combinations:
            for values in product(*(values or () for _, values in self.description.labels)):
                self.cell(values)

    def remove(self, values: tuple[str, ...]) -> bool:
        """Drop one series; whether there was one."""
        with self._lock:
            found = self.cells.pop(values, None) is not None
        if found:
            self._let_go()
        return found

    def clear(self) -> None:
        """Drop every series."""
        with self._lock:
            self.cells.clear()
        self._let_go()

    def _let_go(self) -> None:
        for function in self._on_clear:
            function()

    def _admit(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """The values as they are stored: encodable, and one of those declared or `OVERFLOW`."""
        name = self.description.name
        if len(values) != len(self.description.labels):
            raise TypeError(f"{name} was given {len(values)} label values; {self._labels_of()}")
        admitted = []
        for (label, allowed), value in zip(self.description.labels, values, strict=True):
            if not isinstance(value, str):
                raise TypeError(
                    f"{name}: the value {value!r} of the label {label!r} is not a string; write {str(value)!r}, "
                    "and a number to add as amount="
                )
            clean = value.encode("utf-8", "replace").decode("utf-8")
            if allowed is not None and clean not in allowed and clean != OVERFLOW:
                guard.mistake(
                    (name, label),
                    ValueError(
                        f"{name}: {label}={value!r} is not declared ({', '.join(allowed)}); it is counted as "
                        f"{OVERFLOW!r}: declare it where the metric is, {self.description.place}"
                    ),
                )
                clean = OVERFLOW
            admitted.append(clean)
        return tuple(admitted)

    def _tell_full(self) -> None:
        name, limit = self.description.name, self.description.max_series
        guard.warn(
            (name, "max_series"),
            f"{name} has {limit} series, its max_series; more label values are counted together as {OVERFLOW!r}: "
            f"give it labels with fewer values, or raise max_series where it is declared, {self.description.place}",
        )

    def _labels_of(self) -> str:
        names = ", ".join(name for name, _ in self.description.labels)
        return f"its labels: {names}" if names else "it has no labels"

    def _render(self, values: tuple[str, ...]) -> str:
        pairs = zip(self.description.labels, values, strict=True)
        return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for (name, _), value in pairs)
