"""From pages to samples of one target: the target's labels, relabelling, limits, staleness, and its report series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.engine.collect.page import Page, PageReader
from vedette.engine.collect.relabel import compile_relabel
from vedette.engine.collect.timestamped import TimestampedSeries
from vedette.errors import VedetteError
from vedette.promql.labels import NAME, Labels, get, labels, render
from vedette.promql.source import STALE_NAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vedette.engine.collect.targets import Target
    from vedette.engine.tsdb.head import Head
    from vedette.formats.exposition import Format, Metadata, Sample

__all__ = ["REPORT", "Ingest", "LimitError"]

REPORT: Final = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
"""The series about the scrape itself, in the order they are stored."""

_EXPORTED: Final = "exported_"
_NONE: Final = np.empty(0, np.intp)


class LimitError(VedetteError):
    """A page breaks a limit of its job, or relabelling leaves a series without a name."""


class Ingest:
    """Stores the pages of one target."""

    def __init__(self, head: Head, target: Target) -> None:
        self._exemplars = head.exemplars
        self._matrix = head.target(target.key)
        self._timestamped = TimestampedSeries(head, target.key)
        self._generation = self._matrix.generation
        self._series = self._matrix.series
        self._live = _NONE
        """Slots that had a sample in the last scrape, and so get a marker when they have none in the next."""
        self._previous = _NONE
        """Slots of the last page that was not empty: a series that is not among them is added."""
        self._stamped: set[Labels] = set()
        """Likewise, the series with timestamps of their own."""
        self._blank = False
        self._cut: Page | None = None
        """What the page held that has just been refused."""
        self._row = _NONE
        self.duplicates = 0
        """Samples of the last page that stood on it twice."""
        self.reconfigure(target)

    def reconfigure(self, target: Target) -> None:
        """Take the same target with a changed job: relabelling, limits, honor_labels."""
        job = target.job
        self._target = target
        self._relabel = compile_relabel(job.metric_relabel_configs)
        self._report_labels = [labels({**dict(target.labels), NAME: name}) for name in REPORT]
        self._names = frozenset(name for name, _ in target.labels)
        self._reserved = frozenset(self._report_labels)
        self._reader = PageReader(self._matrix, self._transform, honor_timestamps=job.honor_timestamps)
        self._matrix.closed = False
        self._report: NDArray[np.intp] | None = None

    @property
    def metadata(self) -> dict[str, Metadata]:
        """What the target says about its metrics."""
        return self._reader.metadata

    def read(self, body: bytes, format: Format) -> Page:  # noqa: A002 - the field's word
        """Read a page and hold it against the job's limits; nothing is stored.

        Raises:
            ExpositionError: the page cannot be read.
            LimitError: it breaks a limit.
        """
        self._renumber()
        self._blank = not body
        try:
            page = self._reader.read(body, format)
        except VedetteError:
            self._cut = self._reader.cut
            raise
        limit = self._target.job.sample_limit
        if limit and page.kept > limit:
            self._cut = page
            raise LimitError(
                f"{self._target.url} exposes {page.kept} samples, over the sample_limit of {limit} "
                f"for job {self._target.job.job_name!r}"
            )
        return page

    def store(self, page: Page, timestamp: int, duration: float) -> None:
        """Store a page, and markers where series have ended; ``timestamp`` in milliseconds, ``duration`` in seconds."""
        added = 0
        if page.slots is not self._previous:
            added = len(np.setdiff1d(page.slots, self._previous, assume_unique=True))
        added += len(self._timestamped.append(page.timestamped) - self._stamped)
        if not self._blank:
            self._previous = page.slots
            self._stamped = {of for of, _, _ in page.timestamped}
        self.duplicates = page.duplicates
        for of, exemplar in page.exemplars:
            self._exemplars.add(of, exemplar, timestamp)
        self._append(page.slots, page.values, timestamp, (1.0, duration, page.scraped, page.relabelled, added))

    def store_failure(self, timestamp: int, duration: float) -> None:
        """Store that a scrape failed: ``up`` is 0 and every series ends.

        The report tells of a refused page what it held up to the line that could not be read.
        """
        self._renumber()
        cut, self._cut = self._cut, None
        scraped = relabelled = added = 0
        if cut is not None:
            first = cut.slots[: self._target.job.sample_limit or None]
            scraped, relabelled = cut.scraped, cut.relabelled
            added = len(np.setdiff1d(first, self._previous, assume_unique=True))
            self._previous = np.union1d(self._previous, first)
        self._append(_NONE, np.empty(0), timestamp, (0.0, duration, scraped, relabelled, added))

    def end(self, timestamp: int) -> None:
        """Store that the target is gone: every series ends, ``up`` and its like too."""
        self._renumber()
        slots = np.concatenate([self._live, self._reports()])
        self._live = _NONE
        self._matrix.append(timestamp, slots, np.full(len(slots), STALE_NAN))

    def close(self) -> None:
        """Nothing more comes: the head may forget the target with its last sample."""
        self._matrix.closed = True
        self._timestamped.close()

    def _append(
        self, slots: NDArray[np.intp], values: NDArray[np.float64], timestamp: int, report: tuple[float, ...]
    ) -> None:
        """One row: the page, markers for what is missing from it, the report."""
        if slots is self._live and len(self._row) == len(slots) + len(report):
            row, numbers = self._row, np.concatenate([values, report])
        else:
            ended = np.setdiff1d(self._live, slots, assume_unique=True)
            row = np.concatenate([slots, ended, self._reports()])
            numbers = np.concatenate([values, np.full(len(ended), STALE_NAN), report])
            self._live = slots
            self._row = row if not len(ended) else _NONE
        self._matrix.append(timestamp, row, numbers)

    def _reports(self) -> NDArray[np.intp]:
        if self._report is None:
            self._report = np.array([self._matrix.slot(of) for of in self._report_labels], np.intp)
        return self._report

    def _renumber(self) -> None:
        """Follow the matrix when it has given slots back."""
        if self._generation == self._matrix.generation:
            return
        self._generation = self._matrix.generation
        before = self._series
        self._series = self._matrix.series
        self._live = np.array([self._matrix.slot(before[slot]) for slot in self._live.tolist()], np.intp)
        self._previous = np.array([self._matrix.slot(before[slot]) for slot in self._previous.tolist()], np.intp)
        self._row = _NONE
        self._report = None

    def _transform(self, sample: Sample) -> Labels | None:
        """The stored series of an exposed one, None where it is dropped.

        Raises:
            LimitError: it breaks a limit of the job.
        """
        of = self._relabel(self._with_target(sample))
        if of is None or of in self._reserved:
            return None
        if not get(of, NAME):
            raise LimitError(
                f"{self._target.url}: metric_relabel_configs left no metric name on {render(sample.labels)}"
            )
        self._check(of)
        return of

    def _with_target(self, sample: Sample) -> Labels:
        """The sample's labels and the target's; where both have one, ``honor_labels`` says whose stays."""
        pairs = dict(sample.labels)
        if pairs.keys().isdisjoint(self._names) and not sample.empty:
            return tuple(sorted(sample.labels + self._target.labels))
        if self._target.job.honor_labels:
            hidden = sample.empty
            return labels({**{k: v for k, v in self._target.labels if k not in hidden}, **pairs})
        taken = sorted(
            ((name, pairs[name]) for name, _ in self._target.labels if name in pairs), key=lambda p: len(p[0])
        )
        pairs.update(self._target.labels)
        for name, value in taken:
            renamed = _EXPORTED + name
            while pairs.get(renamed):
                renamed = _EXPORTED + renamed
            pairs[renamed] = value
        return labels(pairs)

    def _check(self, of: Labels) -> None:
        job = self._target.job
        if job.label_limit and len(of) > job.label_limit:
            raise LimitError(f"{render(of)} has {len(of)} labels, over the label_limit of {job.label_limit}")
        if not job.label_name_length_limit and not job.label_value_length_limit:
            return
        for name, value in of:
            if 0 < job.label_name_length_limit < len(name.encode()):
                raise LimitError(
                    f"label name {name!r} is longer than label_name_length_limit {job.label_name_length_limit}"
                )
            if 0 < job.label_value_length_limit < len(value.encode()):
                limit = job.label_value_length_limit
                raise LimitError(f"label {name!r} of {get(of, NAME)!r} is longer than label_value_length_limit {limit}")
