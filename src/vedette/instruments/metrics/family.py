"""All series of one metric: which label values get one of their own, and which share the overflow series.

How a series is found, updated and kept is `core`'s; what may be made, and what is said of the rest, is decided here.
"""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import OVERFLOW, Description
from vedette.instruments.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.instruments.metrics.registry import Registry

__all__ = ["Family", "escape"]

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
# https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#exemplars
_EXEMPLAR_LENGTH = 128
_EXEMPLAR_BYTES = 192  # what a store has room for
_COUNTING = frozenset({"counter", "histogram", "summary"})


def escape(value: str) -> str:
    """A label's value as it stands between quotes in a page."""
    return value.translate(_ESCAPES)


class Family(core.Family):
    """The series of a metric, by their label values.

    Args:
        description: of the metric.
        registry: where it is declared.
    """

    def __init__(self, description: Description, registry: Registry) -> None:
        super().__init__(description)
        self._registry = registry
        self._names = [name for name, _ in description.labels]
        self._functions: dict[tuple[str, ...], tuple[Callable[[], float], float | None]] = {}
        self._mirrored: dict[tuple[str, ...], tuple[int, float]] = {}
        self._initialised = False

    def initialise(self) -> None:
        """Make the series that are known beforehand: the only one, or one for each combination of declared values."""
        self._initialised = True
        if self.description.combinations:
            for values in product(*(values or () for _, values in self.description.labels)):
                self.handle(values)

    def later(self, values: tuple[str, ...]) -> Any:
        """A handle of the series of these label values, which is made when it is first updated.

        Raises:
            TypeError: a value is not a string.
            ValueError: in strict mode, a value is not one of those declared.
        """
        self._check(values)
        return super().later(values)

    def grown(self, values: tuple[str, ...], total: float) -> float:
        """By how much a total that is counted elsewhere has grown since this process asked last."""
        if not total >= 0:
            return total  # for the counter to refuse
        process = os.getpid()
        known, last = self._mirrored.get(values, (process, 0.0))
        self._mirrored[values] = process, total
        return total - last if known == process and total >= last else total

    # What a function tells

    def set_function(self, values: tuple[str, ...], function: Callable[[], float] | None) -> None:
        """Ask ``function`` for the value of a gauge's series before it is read; None goes back to what was set."""
        handle = self.handle(values)
        before = self._functions.pop(values, None)
        if function is not None:
            self._functions[values] = function, handle.own() if before is None else before[1]
            self._registry.keep_fresh()
        elif before is not None:
            handle.set(before[1] or 0)

    @property
    def is_told(self) -> bool:
        """Whether a function tells any of its series."""
        return bool(self._functions)

    def refresh(self) -> None:
        """Ask every function. One that fails leaves its series out."""
        for values, (function, _) in tuple(self._functions.items()):
            with guard.shield(f"the function of the gauge {self.description.name}{values or ''}"):
                try:
                    found = float(function())
                except BaseException:
                    self.handle(values).unset()
                    raise
                self.handle(values).set(found)

    def remove(self, values: tuple[str, ...]) -> bool:
        """Drop one series; whether there was one."""
        self._functions.pop(values, None)
        self._mirrored.pop(values, None)
        return super().remove(values) or super().remove(tuple(map(redact, values)))

    def clear(self) -> None:
        """Drop every series."""
        self._functions.clear()
        self._mirrored.clear()
        super().clear()

    def restart(self) -> None:
        """Count from zero again, as a process that has just started: only what was initialised has series.

        A gauge, an info or a state set keeps its series: they say how things are, and whoever set them may not again.
        """
        if self.description.type in _COUNTING:
            self.clear()
            if self._initialised:
                self.initialise()

    # What core asks

    def open(self) -> core.Store:
        """Where the values will be."""
        return self._registry.store()

    def order(self, values: tuple[str, ...], labels: Mapping[str, str]) -> tuple[str, ...]:
        """The label values in declared order, some given in that order and the others by name.

        Raises:
            TypeError: a label is unknown, given twice, or missing.
        """
        for name in labels:
            if name not in self._names:
                raise TypeError(f"{self.description.name} has no label {name!r}; {self._labels_of()}")
            if name in self._names[: len(values)]:
                raise TypeError(
                    f"{self.description.name}: the label {name!r} is given twice, by its place and by its name"
                )
        if len(values) + len(labels) != len(self._names):
            raise TypeError(
                f"{self.description.name} was given {len(values) + len(labels)} label values; {self._labels_of()}"
            )
        return values + tuple(labels[name] for name in self._names[len(values) :])

    def admit(self, values: tuple[Any, ...]) -> tuple[str, ...]:
        """The values as they are stored: encodable, without secrets, and one of those declared or `OVERFLOW`.

        Asked when a series is made, and for values that have none by these very words.

        Raises:
            TypeError: there are too few or too many values, or one is not a string.
            ValueError: in strict mode, a value is not one of those declared.
        """
        return tuple(
            redact(value) if allowed is None else value
            for (_, allowed), value in zip(self.description.labels, self._check(values), strict=True)
        )

    def _check(self, values: tuple[Any, ...]) -> list[str]:
        name = self.description.name
        if len(values) != len(self._names):
            raise TypeError(f"{name} was given {len(values)} label values; {self._labels_of()}")
        checked = []
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
            checked.append(clean)
        return checked

    def full(self) -> tuple[str, ...]:
        """The label values of the overflow series, for an update that finds no room for one of its own."""
        name, limit = self.description.name, self.description.max_series
        guard.warn(
            (name, "max_series"),
            f"{name} has {limit} series, its max_series; more label values are counted together as {OVERFLOW!r}: "
            f"give it labels with fewer values, or raise max_series where it is declared, {self.description.place}",
        )
        self._registry.overflowed(name)
        return (OVERFLOW,) * len(self._names)

    def lost(self) -> None:
        """Say that an update was left out: there is no memory for its series, or who makes series makes none."""
        name = self.description.name
        guard.warn(
            (name, "lost"),
            f"{name}: an update was left out, because its series could not be made: the memory for metrics is full, or "
            "another process that is stopped holds its lock",
        )

    def refuse(self, value: Any) -> None:
        """Say that a value is ignored which the metric cannot take.

        Raises:
            ValueError: in strict mode.
        """
        name = self.description.name
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            import reprlib  # noqa: PLC0415 - only once something is wrong

            problem = f"{name}: {reprlib.repr(value)} is not a number; it was ignored"
        else:
            if self.description.type == "counter":
                problem = f"{name} counts upwards only; {value!r} was ignored: use a Gauge"
            else:
                why = "is below zero and no bucket is" if number < 0 else "is not a number"
                problem = f"{name}: the observation {value!r} {why}; it was ignored"
        guard.mistake((name, "value"), ValueError(problem))

    def exemplar(self, labels: Mapping[str, str]) -> str | None:
        """The labels of an exemplar as a page has them; None for one that cannot be.

        Raises:
            TypeError: they are not a mapping of strings to strings.
            ValueError: in strict mode, they are too long.
        """
        pairs = dict(labels)
        if not all(isinstance(part, str) for pair in pairs.items() for part in pair):
            raise TypeError(f"{self.description.name}: exemplar={labels!r} is not a mapping of strings to strings")
        pairs = {name: redact(value) for name, value in pairs.items()}
        length = sum(len(name) + len(value) for name, value in pairs.items())
        rendered = ",".join(f'{name}="{escape(value)}"' for name, value in pairs.items())
        words = all(name.isidentifier() and name.isascii() for name in pairs)
        if not words or length > _EXEMPLAR_LENGTH or len(rendered.encode("utf-8", "replace")) > _EXEMPLAR_BYTES:
            guard.mistake(
                (self.description.name, "exemplar"),
                ValueError(
                    f"{self.description.name}: the exemplar {labels!r} was left out; its names are words and, with "
                    f"their values, at most {_EXEMPLAR_LENGTH} characters"
                ),
            )
            return None
        return rendered.encode("utf-8", "replace").decode("utf-8")

    def _labels_of(self) -> str:
        names = ", ".join(self._names)
        return f"its labels: {names}" if names else "it has no labels"
