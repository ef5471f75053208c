"""What a dashboard shows: panels with their queries, rows that part them, and texts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from vedette.catalog.names import check_duration, check_severity, check_text, fail, is_label_name, nearest
from vedette.catalog.units import UNITS, Unit
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.catalog.severity import Severity
    from vedette.duration import Duration

__all__ = ["Kind", "Panel", "Query", "Row", "Text"]

Kind = Literal["timeseries", "stat", "gauge", "table", "heatmap"]
"""How a panel draws its queries."""


def _check_unit(place: Place, owner: str, unit: str) -> None:
    if unit not in UNITS:
        known = [word for word in UNITS if word]
        raise fail(place, f"{owner} has unit={unit!r}; it is one of {', '.join(known)}{nearest(unit, known)}")


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    Args:
        expr: PromQL. Build limits every selector to the dashboard's ``$job`` and ``$instance``; other variables
            are used as ``label=~"$name"``.
        legend: the name of each series, with labels as ``{{http_route}}``; the panel's own where it is empty. In a
            table, the heading of the column.
        unit: of a column of a table, where it is not the panel's.

    Raises:
        DeclarationError: the query is empty, or the unit is not one.
    """

    expr: str
    legend: str = ""
    unit: Unit | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        check_text(self.place, "a query", "expr", self.expr)
        if self.unit is not None:
            _check_unit(self.place, "a query", self.unit)


@dataclass(frozen=True, slots=True)
class Panel:
    """A title, one or more queries and how to show them.

    Args:
        title: unique within the pack. Links point at it, so that renaming it changes the links.
        queries: PromQL as text, a `Query`, or a list of either.
        kind: ``timeseries`` (default), ``stat``, ``gauge``, ``table``, or ``heatmap`` of one query over the buckets of
            a histogram: ``sum by (le) (rate(…_bucket[5m]))``.
        unit: ``seconds``, ``ratio``, ``requests/s``… (`vedette.catalog.units.Unit`).
        description: what a good and a bad picture look like.
        legend: the name of each series, with labels as ``{{job}}``.
        thresholds: value → severity; drawn as lines and colours. They are the bad side upwards, unless ``below``.
        below: values under a threshold are bad (free disk, hit ratio).
        overview: show its first query on the overview as a signal of the service.
        minimum: lower end of the axis.
        maximum: upper end of the axis.
        stack: draw the series on top of one another.
        empty: what stands there when no series is found, where that is well: ``Every pod runs``. "No data" without.
        compare: draw each series a second time as it was that long ago, such as ``1w``: grey and dashed. Of a
            ``timeseries`` only.
        width: of 24 columns.
        height: in Grafana's rows of 30 pixels.

    Raises:
        DeclarationError: anything above is missing or not of that form.

    Example:
        >>> Panel("Orders", "sum by (job) (rate(shop_orders_total[5m]))", unit="events/s", legend="{{job}}").queries
        (Query(expr='sum by (job) (rate(shop_orders_total[5m]))', legend='', unit=None),)
    """

    title: str
    queries: str | Query | Sequence[str | Query]
    kind: Kind = field(default="timeseries", kw_only=True)
    unit: Unit = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True)
    legend: str = field(default="", kw_only=True)
    thresholds: Mapping[float, Severity] = field(default_factory=dict, kw_only=True)
    below: bool = field(default=False, kw_only=True)
    overview: bool = field(default=False, kw_only=True)
    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)
    stack: bool = field(default=False, kw_only=True)
    empty: str = field(default="", kw_only=True)
    compare: Duration = field(default="", kw_only=True)
    width: int = field(default=12, kw_only=True)
    height: int = field(default=8, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"panel {self.title!r}"
        check_text(place, "a panel", "title", self.title)
        given = (self.queries,) if isinstance(self.queries, str | Query) else tuple(self.queries)
        if not given:
            raise fail(place, f"{owner} has no query; for words alone write Text({self.title!r}, …)")
        queries = tuple(item if isinstance(item, Query) else Query(item, place=place) for item in given)
        object.__setattr__(self, "queries", queries)
        if self.kind not in get_args(Kind):
            raise fail(
                place,
                f"{owner} has kind={self.kind!r}; it is one of {', '.join(get_args(Kind))}"
                f"{nearest(self.kind, get_args(Kind))}",
            )
        _check_unit(place, owner, self.unit)
        if self.kind == "heatmap" and len(queries) > 1:
            raise fail(place, f"{owner} is a heatmap of {len(queries)} queries; draw one in each panel")
        if self.compare:
            check_duration(place, owner, "compare", self.compare, zero=False)
            if self.kind != "timeseries":
                raise fail(
                    place, f"{owner} is a {self.kind} with compare={self.compare!r}; only a timeseries has a past"
                )
        for value, severity in self.thresholds.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise fail(place, f"{owner} has the threshold {value!r}; write a finite number")
            check_severity(place, f"{owner}, threshold {value!r},", severity)
        if not 1 <= self.width <= 24 or self.height < 1:
            raise fail(
                place, f"{owner} is {self.width} wide and {self.height} high; width is 1 to 24, height at least 1"
            )

    def query_list(self) -> tuple[Query, ...]:
        """The queries as values, each with the panel's legend where it has none of its own."""
        assert isinstance(self.queries, tuple)
        found = tuple(query for query in self.queries if isinstance(query, Query))
        return tuple(
            query if query.legend else Query(query.expr, self.legend, unit=query.unit, place=query.place)
            for query in found
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A heading; the panels after it belong to it.

    Args:
        title: with the variable as ``$name`` where it is repeated; without, its value is put behind.
        repeat: a variable of the dashboard: the row and its panels are drawn once for each of its chosen values.

    Raises:
        DeclarationError: the title is empty, or ``repeat`` cannot be the name of a variable.

    Example:
        >>> Row("Route $route", repeat="route")
        Row(title='Route $route', repeat='route')
    """

    title: str
    repeat: str = field(default="", kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        check_text(self.place, "a row", "title", self.title)
        if self.repeat and not is_label_name(self.repeat):
            raise fail(
                self.place, f"row {self.title!r} has repeat={self.repeat!r}; write the name of a variable, without $"
            )


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown among the panels.

    Raises:
        DeclarationError: the title or the text is empty, or the size is out of range.
    """

    title: str
    markdown: str
    width: int = field(default=24, kw_only=True)
    height: int = field(default=4, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        check_text(self.place, "a text panel", "title", self.title)
        check_text(self.place, f"text panel {self.title!r}", "markdown", self.markdown)
        if not 1 <= self.width <= 24 or self.height < 1:
            raise fail(self.place, f"text panel {self.title!r}: width is 1 to 24, height at least 1")
