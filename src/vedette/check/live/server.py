"""What a running server, or a page of metrics, knows: values, whoever was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from vedette.promql.labels import NAME

__all__ = ["LISTED", "Live", "Rule", "SeriesLabels", "Target", "Told", "without_name"]

LISTED: Final = 50
"""A label with more values than these has none that can be listed."""

SeriesLabels = Mapping[str, str]
"""The labels of one series, its name aside."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a metric family where it is exposed."""

    type: str = "unknown"
    help: str = ""
    unit: str = ""
    line: int = 1
    """Of a page: where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that the server scrapes. Durations are milliseconds."""

    job: str
    labels: Mapping[str, str]
    url: str
    health: str
    error: str = ""
    interval: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that the server evaluates."""

    kind: Literal["alerting", "recording"]
    name: str
    query: str
    labels: Mapping[str, str]
    for_: int = 0
    """Milliseconds."""
    group: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Live:
    """Everything that was told."""

    url: str
    """Whose it is, for messages; without secrets."""
    page: bool
    """Whether it is the page of one process, which knows nothing but its own metrics."""
    version: str = ""
    names: frozenset[str] = frozenset()
    """Of series that there are, or were while the server remembers; and those that are announced."""
    announced: frozenset[str] = frozenset()
    """The names of what has a type, whether or not there are series of it yet."""
    metadata: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    """By family, as the targets say; several where they differ."""
    series: Mapping[str, tuple[SeriesLabels, ...]] = field(default_factory=dict)
    """All series of a name, where they were asked for and are not too many."""
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The labels of a name with too many series to list."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many series of a name there are now, where that was asked."""
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of a name with too many series: how many values each label has."""
    exposed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names in a job, where that was asked."""
    jobs: frozenset[str] = frozenset()
    """All values of the label ``job``."""
    targets: tuple[Target, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    retention: int | None = None
    """Milliseconds; None where nobody says, and where older samples are elsewhere."""
    scrape_interval: int | None = None
    evaluation_interval: int | None = None
    external_labels: frozenset[str] = frozenset()
    unanswered: tuple[str, ...] = ()
    """What it did not tell: ``rules``, ``targets``."""
    text: str = ""
    """Of a page: what stands there."""

    @property
    def exported(self) -> frozenset[str]:
        """The names of all that is exposed now or will be once something happens, and of the families of that."""
        of_jobs = frozenset().union(*self.exposed.values()) if self.exposed else self.names
        return of_jobs | self.announced | self.metadata.keys()

    def having(self, name: str, job: str = "") -> tuple[SeriesLabels, ...]:
        """The series of a name, of one job where one is given."""
        found = self.series.get(name, ())
        return tuple(one for one in found if one.get("job") == job) if job else found

    def listed(self, name: str, label: str) -> frozenset[str] | None:
        """All values that a label has; None where they are not known, or too many."""
        found = {one[label] for one in self.series.get(name, ()) if label in one}
        return frozenset(found) if found and len(found) <= LISTED else None

    def described(self) -> str:
        """For the summary: where it was, and what it did not tell."""
        version = f" (Prometheus {self.version})" if self.version else ""
        *others, last = self.unanswered or ("",)
        untold = f"{', '.join(others)} or {last}" if others else last
        missing = f", which does not tell {untold}" if untold else ""
        return f"{self.url}{version}{missing}"


def without_name(labels: Mapping[str, object]) -> SeriesLabels:
    """The labels of a series as a server tells them, without what is no text and names that nobody could read."""
    return {
        key: value
        for key, value in labels.items()
        if key != NAME and key.isprintable() and isinstance(value, str) and value
    }
