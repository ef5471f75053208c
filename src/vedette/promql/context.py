"""What a query's evaluation carries along: the source, the steps, and the annotations collected."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from vedette.promql.grid import Flags, Grid, Ints, nameless, unify
from vedette.promql.results import EvaluationError

if TYPE_CHECKING:
    from vedette.promql.ast import At, Span
    from vedette.promql.source import Source

__all__ = ["Context"]

# Prometheus' --query.max-samples: 400 MB of values
_MAX_CELLS = 50_000_000


@dataclass(slots=True)
class Context:
    """One query, or one subquery of it, at its steps. All times in milliseconds."""

    source: Source
    times: Ints
    """The evaluation times, evenly spaced."""
    step: int
    """0 for an instant query."""
    start: int
    """Of the query, also inside its subqueries: what ``start()`` says."""
    end: int
    lookback: int
    subquery_step: int
    """For ``[5m:]``, which names none."""
    delayed: bool
    """Drop ``__name__`` at the end of the query, not where a function does."""
    text: str | None
    """What the spans point into."""
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How many times the query is evaluated at."""
        return len(self.times)

    def at_times(self, times: Ints, step: int) -> Context:
        """The same query at the steps of a subquery."""
        return replace(self, times=times, step=step)

    def reference(self, at: At, offset: int) -> Ints:
        """The times that a selector looks at: one for each step, or a single one where ``@`` fixes it."""
        if at is None:
            return self.times - offset if offset else self.times
        fixed = self.start if at == "start" else self.end if at == "end" else at
        return np.array([fixed - offset], np.int64)

    def admit(self, series: int, steps: int) -> None:
        """Refuse what would not fit into memory.

        Raises:
            EvaluationError: this many series at this many steps are more than 50 million values.
        """
        if series * steps > _MAX_CELLS:
            raise EvaluationError(
                f"query processing would load too many samples into memory in query execution: {series:,} series at "
                f"{steps:,} steps, more than {_MAX_CELLS:,} values; select fewer series or use a larger step"
            )

    def note(self, kind: Literal["warning", "info"], message: str, span: Span) -> None:
        """Keep an annotation; the same one twice is one."""
        where = ""
        if self.text is not None:
            before = self.text[: span.start]
            where = f" ({before.count(chr(10)) + 1}:{span.start - before.rfind(chr(10))})"
        self.notes[f"PromQL {kind}: {message}{where}"] = None

    def unnamed(self, grid: Grid) -> Grid:
        """The vector after an operation that takes the metric name away."""
        if self.delayed:
            doomed: Flags = np.ones(len(grid.labels), np.bool_)
            return Grid(grid.labels, grid.values, grid.present, doomed)
        labels = nameless(grid.labels)
        if labels is grid.labels:
            return grid
        return unify(Grid(labels, grid.values, grid.present))
