"""What an update does to a series: one class for each kind, over words in a slab.

A handle outlives its series: it remembers the life that its place had when it was found, and looks for a new place once
that is another. Updates hold one lock, which the thread that holds it can take again: a finaliser that counts something
may run in the middle of an update, and must not hang there.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import clock
from vedette.instruments.metrics.twin import exemplars
from vedette.instruments.metrics.twin.native import Native
from vedette.instruments.metrics.twin.scope import Scope
from vedette.instruments.metrics.twin.slab import ALIVE, SEEN, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.instruments.metrics.description import Description
    from vedette.instruments.metrics.twin.family import Family
    from vedette.instruments.metrics.twin.slab import Entry

__all__ = ["LOCK", "SERIES_TYPES", "Handle", "value_count"]

LOCK = RLock()
# `with` looks its methods up at every update, which takes as long as the update itself.
_take, _give = LOCK.acquire, LOCK.release
if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=LOCK._at_fork_reinit)  # type: ignore[attr-defined] # noqa: SLF001 - as threading

# What arithmetic and memory say of a value that is none; `refuse` says it to the user.
_NO_NUMBER = (TypeError, ValueError, OverflowError)

_NOWHERE = array("d", [0.0] * 2)
_NO_LIFE = array("Q", [0, 0])


def value_count(description: Description) -> int:
    """How many words the values of a series take."""
    if description.type == "histogram":
        return 2 + len(description.buckets)  # the sum, and a bucket more than there are bounds
    return {"counter": 1, "gauge": 2, "summary": 2, "stateset": 2}.get(description.type, 0)


class Handle:
    """A series. ``_words[_at]`` is the first of its values."""

    __slots__ = (
        "_at",
        "_exemplars",
        "_expires",
        "_integers",
        "_life",
        "_life_at",
        "_words",
        "entry",
        "family",
        "values",
    )

    def __init__(self, family: Family, values: tuple[str, ...]) -> None:
        self.family = family
        self.values = values
        self._expires = bool(family.description.expires)
        self.leave()

    def leave(self) -> None:
        """Stand nowhere; the next update finds a place."""
        self.entry: Entry | None = None
        self._words: Any = _NOWHERE
        self._integers: Any = _NO_LIFE
        self._at = self._life_at = 0
        self._life = 1
        self._exemplars: Entry | None = None

    @property
    def alive(self) -> bool:
        """Whether its series is exposed."""
        return bool(self._integers[self._life_at] == self._life)

    @property
    def life(self) -> int:
        """Of its place, when it was found."""
        return self._life

    def move_to(self, entry: Entry) -> None:
        """Stand at this place from now on, which is alive."""
        self.entry = entry
        self._words, self._integers = entry.doubles, entry.integers
        self._at, self._life_at = entry.at + VALUES, entry.at + ALIVE
        self._life = entry.integers[entry.at + ALIVE]

    def find(self) -> bool:
        """See that it stands where its series is; False if there can be none, which is told."""
        if self._integers[self._life_at] == self._life:
            return True
        try:
            self.family.settle(self)
        except OSError:
            self.family.lost()
            return False
        return True

    def drop(self) -> bool:
        """End the series; whether there was one."""
        with LOCK:
            if not self.alive or self.entry is None:
                return False
            entry = self.entry
            self._integers[self._life_at] += 1
            self.leave()
            self.family.forget(self, entry)
        return True

    def sweep(self, now: int, expires: int) -> None:
        """End the series if nothing has touched it for ``expires`` milliseconds."""
        if self.entry is None or not self.alive:
            return
        if not self._words[self.entry.at + SEEN]:
            self._words[self.entry.at + SEEN] = now  # an update makes it zero
        elif now >= self._words[self.entry.at + SEEN] + expires:
            self.drop()

    def read(self) -> Any:
        """The reading, over all processes that share the series."""
        self.find()
        store = self.family.store
        return None if store is None else store.reading(self.family, self.values)

    def give(self, bucket: int, value: float, labels: Mapping[str, str] | None) -> None:
        """Keep an exemplar: the one that is given, or the current trace where there is one."""
        if labels is not None:
            text = self.family.exemplar(labels)
        elif self._exemplars is not None and exemplars.is_fresh(self._exemplars, bucket):
            return
        else:
            text = exemplars.current()
        if text is None or not self.find() or self.family.store is None:
            return
        if self._exemplars is None:
            count = max(1, len(self.family.description.buckets) + 1)
            self._exemplars = self.family.store.add_exemplars(self, count)
        exemplars.write(self._exemplars, bucket, value, text)


class CounterSeries(Handle):
    """A series of a counter."""

    __slots__ = ()

    def inc(self, amount: float = 1, *, exemplar: Mapping[str, str] | None = None) -> None:
        """Add an amount."""
        _take()
        try:
            if self._integers[self._life_at] != self._life and not self.find():
                return
            try:
                fine = amount >= 0
                if fine:
                    self._words[self._at] += amount
                    if self._expires:
                        self._words[self._at - 1] = 0.0
            except _NO_NUMBER:
                fine = False
        finally:
            _give()
        if not fine:
            self.family.refuse(amount)
        elif exemplar is not None or exemplars.wanted:
            self.give(0, amount, exemplar)

    def count(self, exception: Any = Exception) -> Any:
        """Count the exceptions that leave a block or a decorated function."""
        from vedette.instruments.metrics import on_series  # noqa: PLC0415 - it imports this

        return on_series.count(cast("Any", self), exception)

    count_exceptions = count


class GaugeSeries(Handle):
    """A series of a gauge: a value, and when it was said, which is 0 while this process says nothing."""

    __slots__ = ("_recent",)

    def __init__(self, family: Family, values: tuple[str, ...]) -> None:
        super().__init__(family, values)
        self._recent = family.description.multiprocess_mode.endswith("mostrecent")

    def inc(self, amount: float = 1) -> None:
        """Add an amount."""
        fine = True
        _take()
        try:
            if self._integers[self._life_at] != self._life and not self.find():
                return
            try:
                self._words[self._at] += amount
            except _NO_NUMBER:
                fine = False
            else:
                self._said()
        finally:
            _give()
        if not fine:
            self.family.refuse(amount)

    def dec(self, amount: float = 1) -> None:
        """Subtract an amount."""
        try:
            negative = -amount
        except TypeError:
            self.family.refuse(amount)
        else:
            self.inc(negative)

    def set(self, value: float) -> None:
        """Replace the value."""
        if self._integers[self._life_at] != self._life and not self.find():
            return
        try:
            self._words[self._at] = value
        except _NO_NUMBER:
            self.family.refuse(value)
        else:
            self._said()

    def _said(self) -> None:
        if self._recent or not self._integers[self._at + 1]:
            self._words[self._at + 1] = time.monotonic()
        if self._expires:
            self._words[self._at - 1] = 0.0

    def say_zero(self) -> None:
        """A gauge that has not been set is zero; among several processes only a part of a sum is."""
        family = self.family
        shared = family.store is not None and family.store.path is not None
        part_of_a_sum = family.description.multiprocess_mode in ("sum", "livesum")
        if self.find() and not self._words[self._at + 1] and (part_of_a_sum or not shared):
            self.inc(0)

    def own(self) -> float | None:
        """What this process alone says; None if nothing."""
        return self._words[self._at] if self.find() and self._words[self._at + 1] else None

    def unset(self) -> None:
        """This process says nothing any more."""
        with LOCK:
            if self.find():
                self._words[self._at] = self._words[self._at + 1] = 0

    def track(self) -> Scope:
        """One more while a block or a function runs."""
        return Scope(active=self)

    track_inprogress = track

    def time(self) -> Any:
        """Set it to the seconds that a block or a decorated function took."""
        from vedette.instruments.metrics import on_series  # noqa: PLC0415 - it imports this

        return on_series.time(cast("Any", self))

    def set_to_current_time(self) -> None:
        """Set it to now, in seconds since the epoch."""
        self.set(clock.now())

    def set_function(self, function: Any) -> None:
        """Call ``function`` for the value before every scrape."""
        cast("Any", self.family).set_function(self.values, function)


class HistogramSeries(Handle):
    """A series of a histogram: the sum, then the buckets."""

    __slots__ = ("_bounds", "_floor", "_native")

    def __init__(self, family: Family, values: tuple[str, ...]) -> None:
        super().__init__(family, values)
        self._bounds = bounds = family.description.buckets
        # A sum that can fall is not a counter any more, so values below zero need a bucket that says they are meant.
        self._floor = float("-inf") if bounds[0] < 0 else 0.0
        self._native = Native(self) if family.description.native else None

    def leave(self) -> None:
        """Stand nowhere; the next update finds a place."""
        super().leave()
        if getattr(self, "_native", None) is not None:
            self._native = Native(self)

    def observe(self, value: float, *, exemplar: Mapping[str, str] | None = None) -> None:
        """Count an observation."""
        _take()
        try:
            if self._integers[self._life_at] != self._life and not self.find():
                return
            try:
                fine = value >= self._floor
                if fine:
                    words, at = self._words, self._at
                    bucket = bisect_left(self._bounds, value)
                    words[at] += value
                    words[at + 1 + bucket] += 1
                    if self._expires:
                        self._words[self._at - 1] = 0.0
                    if self._native is not None:
                        self._native.observe(value)
            except _NO_NUMBER:
                fine = False
        finally:
            _give()
        if not fine:
            self.family.refuse(value)
        elif exemplar is not None or exemplars.wanted:
            self.give(bucket, value, exemplar)

    def time(self) -> Scope:
        """Observe the seconds that a block or a function takes."""
        return Scope(latency=self)


class SummarySeries(Handle):
    """A series of a summary: the count, then the sum."""

    __slots__ = ()

    def observe(self, value: float) -> None:
        """Count an observation."""
        _take()
        try:
            if self._integers[self._life_at] != self._life and not self.find():
                return
            try:
                fine = value >= 0
                if fine:
                    words, at = self._words, self._at
                    words[at + 1] += value
                    words[at] += 1
                    if self._expires:
                        self._words[self._at - 1] = 0.0
            except _NO_NUMBER:
                fine = False
        finally:
            _give()
        if not fine:
            self.family.refuse(value)

    def time(self) -> Scope:
        """Observe the seconds that a block or a function takes."""
        return Scope(latency=self)


class InfoSeries(Handle):
    """A series of an info."""

    __slots__ = ()


class StateSetSeries(Handle):
    """A series of a state set: the states that hold, as bits of a number, and when that was said."""

    __slots__ = ()

    def switch(self, keep: int, add: int) -> None:
        """Keep some bits, add others."""
        with LOCK:
            if self.find():
                self._words[self._at] = int(self._words[self._at]) & keep | add
                self._words[self._at + 1] = time.monotonic()
                if self._expires:
                    self._words[self._at - 1] = 0.0


SERIES_TYPES: dict[str, type[Handle]] = {
    "counter": CounterSeries,
    "gauge": GaugeSeries,
    "histogram": HistogramSeries,
    "summary": SummarySeries,
    "info": InfoSeries,
    "stateset": StateSetSeries,
}
"""Type of a metric → what its series are."""
