"""`anomaly`: what a season teaches to expect, as recording rules in plain PromQL, and an alert for what is not that.

The band is that of the same hour in past seasons: their median, and around it as much room as they usually strayed.
Everything runs on any Prometheus from 2.42 on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, get_args

from vedette.catalog.alert import Alert
from vedette.catalog.names import check_duration, check_severity, fail, is_label_name, nearest
from vedette.catalog.pack import Pack
from vedette.catalog.panel import Panel, Query
from vedette.catalog.recording import Recording
from vedette.duration import format_duration
from vedette.instruments.metrics.metric import Metric
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.catalog.runbook import Runbook
    from vedette.catalog.severity import Severity
    from vedette.catalog.units import Unit
    from vedette.duration import Duration

__all__ = ["Direction", "anomaly"]

Direction = Literal["both", "above", "below"]
"""Which side of the band is an anomaly."""

_HOUR: Final = 3_600_000
_BACK: Final = "season_back"
"""The label that tells past seasons apart while their median is taken."""
_SIGMA: Final = 1.4826
"""Median absolute deviation → standard deviation, where errors are normal."""
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_RATED: Final[dict[str, Unit]] = {"requests": "requests/s", "bytes": "bytes/s", "seconds": "cores"}


def anomaly(
    metric: Metric | str,
    *,
    season: Duration = "1w",
    seasons: int = 4,
    name: str = "",
    by: Sequence[str] = ("job",),
    direction: Direction = "both",
    tolerance: float = 3.5,
    floor: float = 0.1,
    minimum: float = 0.0,
    for_: Duration = "15m",
    keep_firing_for: Duration = "30m",
    severity: Severity = "medium",
    summary: str = "",
    runbook: Runbook | str | None = None,
    team: str = "",
    unit: Unit = "",
) -> Pack:
    """A band around what is usual at this time of the week, and an alert for what is outside it.

    It waits until there is history: a full season for the level, and two more for the shape (three weeks by default).
    Until then there is no band, and for what is idle or gone there is no alert. One odd season among ``seasons`` (a
    holiday, an outage) does not move the band; nor do clocks that change by an hour, nor steady growth.

    Args:
        metric: a Counter (its rate over 5 minutes is taken) or a Gauge, both summed ``by``; or PromQL with these labels
            left, or the name of a recording.
        season: after how long the pattern repeats: ``1w``, or ``1d`` where weekends are like other days.
        seasons: how many past ones are looked at.
        name: in the names of recordings and of the alert: ``checkout_rate`` → ``CheckoutRateUnusual``. The metric's
            own where it is not given.
        by: the labels that the band has.
        direction: ``below`` for what must not fail silently, such as orders; ``above`` for what must not grow.
        tolerance: the room on both sides, in robust standard deviations of the same hours of past seasons.
        floor: the least room, as a share of what is expected.
        minimum: the mean level below which nothing is said.
        for_: how long it must be outside.
        keep_firing_for: how long it stays after that, so that an edge of the band is not many alerts.
        severity: of the alert.
        summary: of the alert; a sentence is made where it is not given.
        runbook: of the alert.
        team: of the alert.
        unit: of the panel.

    Returns:
        A pack of recordings, an alert and a panel: add it to yours with ``+``.

    Raises:
        DeclarationError: an argument is not what it should be.

    Example:
        >>> [recording.name for recording in anomaly("job:orders:rate5m", name="orders").recordings][:2]
        ['job:orders:level_1w', 'job:orders:relative']
    """
    place = caller()
    name = name or _name(metric, place)
    owner = f"anomaly {name!r}"
    _check(place, owner, name=name, by=by, direction=direction, tolerance=tolerance, floor=floor, minimum=minimum)
    check_severity(place, owner, severity)
    every = check_duration(place, owner, "season", season, zero=False)
    if every < 24 * _HOUR or not isinstance(seasons, int) or not 2 <= seasons <= 12:
        raise fail(
            place, f"{owner} has season={season!r} and seasons={seasons!r}; a season is a day or more, of 2 to 12"
        )
    expr = _expr(metric, by)
    recorded = bool(_PLAIN.fullmatch(expr)) and expr.count(":") == 2
    prefix = f"{'_'.join(by)}:{name}"
    band = _Band(prefix, expr if recorded else f"{prefix}:actual", every, seasons, place)
    words = name.replace("_", " ")
    words = words[:1].upper() + words[1:]
    panel = Panel(
        f"{words}, with what is usual",
        band.queries(by),
        unit=unit or _unit(metric),
        description="The line runs between upper and lower, which are what this time of past seasons was like.",
        place=place,
    )
    alert = Alert(
        f"{''.join(word.capitalize() for word in name.split('_'))}Unusual",
        band.condition(direction, minimum),
        severity=severity,
        summary=summary or f"{words} of {{{{ $labels.job }}}} is not as usual: {{{{ $value | humanize }}}}",
        description=(
            f"It is outside the band of the same time of the last {seasons} seasons of {format_duration(every)}. "
            "The panel shows the band."
        ),
        for_=for_,
        keep_firing_for=keep_firing_for,
        runbook=runbook,
        panel=panel.title,
        team=team,
        place=place,
    )
    own = () if recorded else (Recording(band.actual, expr, description="What is watched.", place=place),)
    return Pack(
        name,
        recordings=[*own, *band.recordings(tolerance, floor)],
        alerts=[alert],
        panels=[panel],
        place=place,
    )


class _Band:
    """The names of the recordings, and their queries."""

    def __init__(self, prefix: str, actual: str, season: int, seasons: int, place: Place) -> None:
        self.actual = actual
        self.level = f"{prefix}:level_{format_duration(season)}"
        self.relative = f"{prefix}:relative"
        self.shape = f"{prefix}:shape_in_1h"
        self.deviation = f"{prefix}:deviation"
        self.margin = f"{prefix}:margin"
        self.upper = f"{prefix}:upper"
        self.lower = f"{prefix}:lower"
        self._season = season
        self._seasons = seasons
        self._place = place

    def recordings(self, tolerance: float, floor: float) -> list[Recording]:
        """The rules, each after those that it reads."""
        seventh = self._season // 7 // _HOUR * _HOUR
        season, part = format_duration(self._season), format_duration(seventh)
        most, two = format_duration(self._season - seventh), format_duration(2 * self._season)
        shape = self._median(f"avg_over_time({self.relative}[30m]", ahead=_HOUR + _HOUR // 4)
        spread = self._median(f"quantile_over_time(0.5, {self.deviation}[2h]", ahead=_HOUR)
        # until there is a season of deviations: those of the last day, once there is more than one
        lately = (
            f"quantile_over_time(0.5, {self.deviation}[{part}]) "
            f"and count_over_time({self.deviation}[{part}] offset {part}) > 0"
        )
        now = f"{self.shape} offset 1h"
        least = f"({floor:g} * {now})"
        texts = (
            (
                self.level,
                f"avg_over_time({self.actual}[{season}]) and count_over_time({self.actual}[{part}] offset {most}) > 0",
                "Mean of a full season.",
            ),
            (self.relative, f"{self.actual} / ({self.level} > 0)", "Share of the level; absent while idle."),
            (
                self.shape,
                f"{shape} and count_over_time({self.relative}[{part}] offset {two}) > 0",
                "Median share of the level at this time of past seasons, an hour ahead; absent before there are two.",
            ),
            (self.deviation, f"abs({self.relative} - {now})", "How far from the shape."),
            (
                self.margin,
                f"({_SIGMA * tolerance:.6g} * ({spread} or ({lately}))) > {least} or {least}",
                "Room around the shape.",
            ),
            (
                self.upper,
                f"{self.level} * (max_over_time({self.shape}[2h]) + {self.margin})",
                "Upper end of the usual.",
            ),
            (
                self.lower,
                f"clamp_min({self.level} * (min_over_time({self.shape}[2h]) - {self.margin}), 0)",
                "Lower end of the usual.",
            ),
        )
        return [Recording(record, expr, description=text, place=self._place) for record, expr, text in texts]

    def _median(self, call: str, *, ahead: int) -> str:
        """The median over past seasons of a call that lacks its offset and bracket; ``ahead`` of now (milliseconds)."""
        sides = [
            f'label_replace({call} offset {format_duration(self._season * back - ahead)}), "{_BACK}", "{back}", "", "")'
            for back in range(1, self._seasons + 1)
        ]
        return f"quantile without ({_BACK}) (0.5, {' or '.join(sides)})"

    def condition(self, direction: Direction, minimum: float) -> str:
        """What the alert asks."""
        above, below = f"{self.actual} > {self.upper}", f"{self.actual} < {self.lower}"
        found = {"above": above, "below": below, "both": f"({above} or {below})"}[direction]
        return f"{found} and {self.level} > {minimum:g}"

    def queries(self, by: Sequence[str]) -> list[Query]:
        """Of the panel: the line and both ends of the band."""
        who = " ".join(f"{{{{{label}}}}}" for label in by)
        legends = ((self.actual, who), (self.upper, f"{who} upper"), (self.lower, f"{who} lower"))
        return [Query(name, legend, place=self._place) for name, legend in legends]


def _unit(metric: Metric | str) -> Unit:
    if not isinstance(metric, Metric):
        return ""
    return _RATED.get(metric.unit, "events/s") if metric.type == "counter" else ""


def _expr(metric: Metric | str, by: Sequence[str]) -> str:
    if isinstance(metric, str):
        return metric
    inner = f"rate({metric.name}[5m])" if metric.type == "counter" else metric.name
    return f"sum by ({', '.join(by)}) ({inner})"


def _name(metric: Metric | str, place: Place) -> str:
    if isinstance(metric, Metric):
        if metric.type not in ("counter", "gauge"):
            raise fail(
                place,
                f"anomaly({metric.name!r}): a {metric.type} has no single value; give PromQL, for example its count: "
                f"'sum by (job) (rate({metric.name}_count[5m]))'",
            )
        return metric.name.removesuffix("_total")
    parts = metric.split(":")
    found = parts[1] if len(parts) == 3 else metric
    if not _NAME.fullmatch(found):
        raise fail(place, f"anomaly({metric!r}) needs a name for its recordings and its alert; write name='orders'")
    return found.removesuffix("_total")


def _check(
    place: Place,
    owner: str,
    *,
    name: str,
    by: Sequence[str],
    direction: str,
    **numbers: float,
) -> None:
    if not _NAME.fullmatch(name):
        raise fail(place, f"{owner} needs a name of small letters, digits and underscores")
    if isinstance(by, str) or "job" not in by or not all(map(is_label_name, by)):
        raise fail(place, f"{owner} has by={by!r}; write a list of labels with 'job' among them: by=['job', 'channel']")
    if direction not in get_args(Direction):
        raise fail(
            place,
            f"{owner} has direction={direction!r}; it is one of {', '.join(get_args(Direction))}"
            f"{nearest(str(direction), get_args(Direction))}",
        )
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise fail(place, f"{owner} has {key}={value!r}; write a number, at least 0")
