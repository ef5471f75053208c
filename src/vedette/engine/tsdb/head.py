"""The samples in memory: one matrix per scrape target or rule group, read as a ``Source``."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from vedette.engine.tsdb.exemplars import Exemplars
from vedette.engine.tsdb.matrix import Selection, TargetMatrix
from vedette.promql.labels import NAME, get

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from vedette.promql.labels import Labels, Matcher
    from vedette.promql.source import Block

__all__ = ["Head", "HeadStats"]

# As many selectors as a stack's rules and dashboards have, several times over.
_CACHED_PLANS = 4096

_FROM = -(2**62)
_TO = 2**62


@dataclass(frozen=True, slots=True)
class HeadStats:
    """What the head holds; timestamps in milliseconds, None where it is empty."""

    targets: int
    series: int
    samples: int
    bytes: int
    """Bytes of timestamps, values and presence masks, reserved room included."""
    chunks: int
    refused: int
    """Samples not stored because their timestamp was not after the newest of their target."""
    oldest: int | None
    newest: int | None


class Head:
    """Every matrix, with the selectors that were resolved over them.

    Reading is safe from any thread while one thread per matrix appends; ``truncate`` is for the thread that appends.
    """

    def __init__(self) -> None:
        self.exemplars = Exemplars()
        """What single events the samples come from, as far as targets tell."""
        self._matrices: dict[Hashable, TargetMatrix] = {}
        self._version = 0
        self._moved = 0
        """How often series were forgotten or got other numbers."""
        self._named: dict[str, int] = {}
        """How often a series of this name came."""
        self._lock = Lock()
        self._plans: dict[tuple[Matcher, ...], tuple[tuple[int, int], tuple[Selection, ...]]] = {}

    def target(self, key: Hashable) -> TargetMatrix:
        """The matrix of a target or rule group, made where there is none."""
        matrix = self._matrices.get(key)
        if matrix is None:
            with self._lock:
                matrix = self._matrices.setdefault(key, TargetMatrix(self._changed))
        matrix.closed = False
        return matrix

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Block]:
        """Series matching all ``matchers`` with their samples in ``[start, end]`` (milliseconds, both included).

        A series without a sample there may still stand in a block, with nothing present.
        """
        found = (selection.block(start, end) for selection in self._plan(tuple(matchers)))
        return [block for block in found if block is not None]

    def series(
        self, matcher_sets: Iterable[Sequence[Matcher]] = ((),), start: int = _FROM, end: int = _TO
    ) -> list[Labels]:
        """Label sets that match any of the matcher sets and have samples around ``[start, end]``, sorted.

        As in Prometheus, a series counts from its first to its last sample.
        """
        found = {
            of
            for matchers in matcher_sets
            for selection in self._plan(tuple(matchers))
            for of in selection.seen(start, end)
        }
        return sorted(found)

    def label_names(
        self, matcher_sets: Sequence[Sequence[Matcher]] = (), start: int = _FROM, end: int = _TO
    ) -> list[str]:
        """Names of labels that matching series have, sorted; no matcher set means every series."""
        if not matcher_sets and start <= _FROM and end >= _TO:
            return sorted({name for matrix in self._all() for name in matrix.label_names()})
        return sorted({name for of in self.series(matcher_sets or ((),), start, end) for name, _ in of})

    def label_values(
        self, name: str, matcher_sets: Sequence[Sequence[Matcher]] = (), start: int = _FROM, end: int = _TO
    ) -> list[str]:
        """Values that matching series have for a label, sorted; no matcher set means every series."""
        if not matcher_sets and start <= _FROM and end >= _TO:
            return sorted({value for matrix in self._all() for value in matrix.label_values(name)})
        found = self.series(matcher_sets or ((),), start, end)
        return sorted({value for of in found for key, value in of if key == name})

    def truncate(self, before: int) -> None:
        """Forget whole chunks older than ``before`` (milliseconds), and closed targets left without samples."""
        self.exemplars.forget(before)
        for key, matrix in list(self._matrices.items()):
            matrix.truncate(before)
            if matrix.closed and matrix.newest is None:
                with self._lock:
                    del self._matrices[key]
                self._changed(None)

    def stats(self) -> HeadStats:
        """Counts and sizes as they are now."""
        parts = [matrix.stats() for matrix in self._all()]
        return HeadStats(
            targets=len(parts),
            series=sum(part.series for part in parts),
            samples=sum(part.samples for part in parts),
            bytes=sum(part.bytes for part in parts),
            chunks=sum(part.chunks for part in parts),
            refused=sum(part.refused for part in parts),
            oldest=min((part.oldest for part in parts if part.oldest is not None), default=None),
            newest=max((part.newest for part in parts if part.newest is not None), default=None),
        )

    def _all(self) -> list[TargetMatrix]:
        return list(self._matrices.values())

    def _changed(self, of: Labels | None) -> None:
        """A series is new; None: some are gone or have other numbers."""
        # Comes after the change it tells of, so a plan made before it carries an older version.
        if of is None:
            self._moved += 1
        else:
            name = get(of, NAME)
            self._named[name] = self._named.get(name, 0) + 1
        self._version += 1

    def _as_of(self, matchers: tuple[Matcher, ...]) -> tuple[int, int]:
        """What changes whenever other series may match: of those of one name, not with every new series."""
        for one in matchers:
            if one.name == NAME and one.op == "=" and one.value:
                return self._moved, self._named.get(one.value, 0)
        return self._version, -1

    def _plan(self, matchers: tuple[Matcher, ...]) -> tuple[Selection, ...]:
        version = self._as_of(matchers)
        cached = self._plans.get(matchers)
        if cached is not None and cached[0] == version:
            return cached[1]
        found = (matrix.find(matchers) for matrix in self._all())
        plan = tuple(selection for selection in found if selection is not None)
        if len(self._plans) >= _CACHED_PLANS:
            self._plans.clear()
        self._plans[matchers] = (version, plan)
        return plan
