"""What is exposed, as values: for whoever does not want a page, and for what is written by no `Store`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.instruments.metrics.core import Store

__all__ = ["Exemplar", "Exposed", "Native", "Series", "labels_of", "read"]


class Exemplar(NamedTuple):
    """One event among many. ``bucket`` is the index of a histogram's bucket, 0 for a counter."""

    bucket: int
    value: float
    timestamp: float
    labels: str


class Native(NamedTuple):
    """Exponential buckets: (index, observations) of those that have any, in rising order of the index."""

    schema: int
    zeros: int
    negative: list[tuple[int, int]]
    positive: list[tuple[int, int]]


class Series(NamedTuple):
    """One series. ``labels`` are as a page has them (``a="b",c="d"``).

    See `Instrument.series` for the readings, but a state set's is a number whose bits are its states, the first the
    lowest. ``quantiles``: (which, value), of a summary that was collected elsewhere; ours has none.
    """

    labels: str
    reading: Any
    exemplars: Sequence[Exemplar] = ()
    native: Native | None = None
    quantiles: Sequence[tuple[float, float]] = ()


class Exposed(NamedTuple):
    """A metric that has series. ``name`` has its type's ending, such as ``_total``."""

    type: str
    name: str
    help: str
    unit: str
    buckets: tuple[float, ...]
    states: tuple[str, ...]
    series: list[Series]

    @property
    def bare(self) -> str:
        """The name of the metric family in OpenMetrics: without ``_total`` or ``_info``."""
        return self.name.removesuffix({"counter": "_total", "info": "_info"}.get(self.type, ""))

    @property
    def names(self) -> frozenset[str]:
        """What it can be asked for by, and nothing else beside it may be called: its names and those of its samples."""
        return frozenset((self.name, self.bare, *(self.name + ending for ending in _ENDINGS.get(self.type, ()))))


_ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def read(store: Store, names: Iterable[str] = ()) -> list[Exposed]:
    """What is in a store, by name."""
    found = []
    for kind, name, text, unit, buckets, states, rows in store.snapshot(tuple(names)):
        series: list[Series] = []
        for labels, reading, exemplars, native in rows:
            if isinstance(reading, list):  # of each process its own
                series += [Series(f'{labels}{"," if labels else ""}pid="{pid}"', value) for pid, value in reading]
            elif reading is not None:
                events = [Exemplar(*event) for event in exemplars]
                series.append(Series(labels, reading, events, None if native is None else Native(*native)))
        if series:
            found.append(Exposed(kind, name, text, unit, buckets, states, series))
    return found


def labels_of(text: str) -> dict[str, str]:
    r"""The labels of a series.

    Example:
        >>> labels_of(r'a="1",b="say \"so\""')
        {'a': '1', 'b': 'say "so"'}
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        start = text.index("=", at)
        name, at, value = text[at:start], start + 2, []
        while text[at] != '"':
            if text[at] == "\\":
                at += 1
                value.append("\n" if text[at] == "n" else text[at])
            else:
                value.append(text[at])
            at += 1
        found[name] = "".join(value)
        at += 2
    return found
