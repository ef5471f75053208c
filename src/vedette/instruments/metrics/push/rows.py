"""Metrics as the series that Prometheus stores: each with all its labels and one value. For remote write."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.instruments.metrics.samples import samples_of
from vedette.instruments.metrics.snapshot import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Native

__all__ = ["NativeRow", "Row", "rows_of"]


class NativeRow(NamedTuple):
    """The value of a native histogram: its buckets, and the sum of what was observed."""

    native: Native
    total: float

    @property
    def observations(self) -> int:
        """How much there is in its buckets."""
        native = self.native
        return native.zeros + sum(count for _, count in (*native.negative, *native.positive))


class Row(NamedTuple):
    """A series. ``labels`` are sorted, ``__name__`` among them, none is empty; ``exemplars`` are in order of time."""

    family: Exposed
    labels: tuple[tuple[str, str], ...]
    value: float | NativeRow
    exemplars: Sequence[Exemplar] = ()


def rows_of(families: Iterable[Exposed], labels: Mapping[str, str]) -> Iterator[Row]:
    """All series of all metrics. ``labels`` are added to each, unless it has them itself."""
    for family in families:
        for one in family.series:
            if one.native is not None:
                exemplars = sorted(one.exemplars, key=lambda found: found.timestamp)
                within = _sorted(family.name, {**labels, **labels_of(one.labels)})
                yield Row(family, within, NativeRow(one.native, one.reading[1]), exemplars)
        classic = family._replace(series=[one for one in family.series if one.native is None])
        for name, own, value, exemplar in samples_of(classic):
            yield Row(family, _sorted(name, {**labels, **own}), value, () if exemplar is None else (exemplar,))


def _sorted(name: str, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """All labels, in order; one that is empty is one that is not there."""
    return tuple(sorted((key, value) for key, value in {**labels, "__name__": name}.items() if value))
