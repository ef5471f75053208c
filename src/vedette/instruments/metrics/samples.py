"""What is exposed as single samples: one for each line that a page has of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from vedette.instruments.metrics.numbers import format_bound
from vedette.instruments.metrics.snapshot import Exemplar, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.instruments.metrics.snapshot import Exposed, Series

__all__ = ["Sample", "samples_of"]


class Sample(NamedTuple):
    """One line. ``name`` is that of the series, such as ``x_bucket``."""

    name: str
    labels: dict[str, str]
    value: float
    exemplar: Exemplar | None = None


def samples_of(family: Exposed) -> Iterator[Sample]:
    """All samples of a family, in the order of a page."""
    for one in family.series:
        labels = labels_of(one.labels)
        if family.type == "histogram":
            yield from _histogram(family, one, labels)
        elif family.type == "summary":
            for which, value in one.quantiles:
                yield Sample(family.name, {**labels, "quantile": format_bound(which)}, value)
            yield from _totals(family.name, labels, *one.reading)
        elif family.type == "stateset":
            for place, state in enumerate(family.states):
                yield Sample(family.name, {**labels, family.name: state}, int(one.reading) >> place & 1)
        else:
            yield Sample(family.name, labels, one.reading, one.exemplars[0] if one.exemplars else None)


def _histogram(family: Exposed, one: Series, labels: dict[str, str]) -> Iterator[Sample]:
    counts, total = one.reading
    exemplars = {found.bucket: found for found in one.exemplars}
    so_far = 0
    for place, (bound, count) in enumerate(zip((*family.buckets, math.inf), counts, strict=True)):
        so_far += int(count)
        yield Sample(f"{family.name}_bucket", {**labels, "le": format_bound(bound)}, so_far, exemplars.get(place))
    yield from _totals(family.name, labels, so_far, total)


def _totals(name: str, labels: dict[str, str], count: int, total: float) -> Iterator[Sample]:
    yield Sample(f"{name}_sum", labels, total)
    yield Sample(f"{name}_count", labels, count)
