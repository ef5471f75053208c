"""What a pack's dashboard shows of its objectives: a table of all, and of each its budget, pace, share and events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.build.slo.counting import ERRORS, EVENTS
from vedette.build.slo.objective import (
    BUDGET_LEFT,
    ERRORS_OF_WINDOW,
    EVENTS_OF_WINDOW,
    INFO,
    RATIO,
    WINDOW,
    panel_title,
)
from vedette.catalog import Panel, Query, Row
from vedette.catalog.slo import plain
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.build.slo.objective import Objective
    from vedette.catalog import Pack, Severity
    from vedette.catalog.units import Unit

__all__ = ["with_objectives"]

_LITTLE_LEFT = 0.25
"""Share of the budget below which the colour turns: time to be careful with releases."""


def with_objectives(pack: Pack, objectives: Sequence[Objective]) -> Pack:
    """The pack with the alerts and panels of its objectives."""
    if not objectives:
        return pack
    panels = [_table(pack, objectives), *_each(objectives)]
    rows: tuple[Panel | Row, ...] = (Row("Objectives", place=pack.slos[0].place), *panels)
    return replace(
        pack,
        alerts=(*pack.alerts, *(alert for one in objectives for alert in one.alerts)),
        panels=(*pack.panels, *rows),
    )


def _table(pack: Pack, objectives: Sequence[Objective]) -> Panel:
    ids = "|".join(one.id for one in objectives)
    of = f'{{slo{"=~" if len(objectives) > 1 else "="}"{ids}"}}'
    # the title stands on a series of its own, so that a change of it changes nothing else
    titled = f"* on (job, slo) group_left (title) topk by (job, slo) (1, {INFO}{of})"
    good = f"1 - {ERRORS_OF_WINDOW}{of} / ({EVENTS_OF_WINDOW}{of} > 0)"
    columns: tuple[tuple[str, str, Unit], ...] = (
        (f"{BUDGET_LEFT}{of}", "budget left", "ratio"),
        (good, "good", "ratio"),
        (f"{RATIO}{of}", "objective", "ratio"),
        (f"{WINDOW}{of}", "window", "seconds"),
        (f"{EVENTS_OF_WINDOW}{of}", "events", "count"),
        (f"{ERRORS_OF_WINDOW}{of}", "errors", "count"),
    )
    return Panel(
        "All objectives",
        [Query(f"({expr}) {titled}", heading, unit=unit, place=pack.slos[0].place) for expr, heading, unit in columns],
        kind="table",
        unit="ratio",
        description="What is left of each error budget, and what it is made of. Below zero it is overspent.",
        width=24,
        height=3 + 2 * len(objectives),
        place=pack.slos[0].place,
    )


def _each(objectives: Sequence[Objective]) -> Iterator[Panel]:
    for one in objectives:
        yield from _panels(one)


def _panels(one: Objective) -> Iterator[Panel]:
    slo, of, window = one.slo, f'{{slo="{one.id}"}}', format_duration(one.slo.window_ms)
    legend = " ".join(f"{{{{{label}}}}}" for label in ("job", *slo.by))
    objective = f"{plain(slo.percent)} % over {window}"
    yield Panel(
        panel_title(one.title, "budget left"),
        f"{BUDGET_LEFT}{of}",
        kind="stat",
        unit="ratio",
        legend=legend,
        description=f"Share of the error budget that is left: {objective}. Below zero it is overspent.",
        thresholds={0: "high", _LITTLE_LEFT: "medium"},
        below=True,
        overview=True,
        width=6,
        place=slo.place,
    )
    yield Panel(
        panel_title(one.title, "budget"),
        f"{BUDGET_LEFT}{of}",
        unit="ratio",
        legend=legend,
        description="The error budget over time. A step down is an incident, a slope is errors that are always there; "
        "it rises when errors leave the window.",
        thresholds={0: "high", _LITTLE_LEFT: "medium"},
        below=True,
        maximum=1,
        width=18,
        place=slo.place,
    )
    factors: dict[float, Severity] = {}
    for burn in reversed(one.burns):
        factors[float(burn.factor)] = burn.tier.severity
    yield Panel(
        panel_title(one.title, "burn rate"),
        [
            Query(
                f"sum_over_time({ERRORS}{of}[{long}]) / (sum_over_time({EVENTS}{of}[{long}]) > 0)"
                f" / {plain(slo.budget)}",
                f"{legend} {long}",
                place=slo.place,
            )
            for long in (format_duration(burn.tier.long) for burn in one.burns)
        ]
        or f"{ERRORS_OF_WINDOW}{of} / ({EVENTS_OF_WINDOW}{of} > 0) / {plain(slo.budget)}",
        unit="count",
        legend=legend,
        description="How many times as fast as the budget allows errors come, over the windows of the alerts, with the "
        "lines at which they fire. At 1 the budget lasts exactly as long as its window.",
        thresholds=factors,
        minimum=0,
        place=slo.place,
    )
    yield Panel(
        panel_title(one.title, "events"),
        [
            Query(f"sum_over_time({EVENTS}{of}[5m])", f"{legend} all", place=slo.place),
            Query(f"sum_over_time({ERRORS}{of}[5m])", f"{legend} errors", place=slo.place),
        ],
        unit="count",
        description="Events of the last five minutes, and those of them that were not good.",
        minimum=0,
        place=slo.place,
    )
    yield Panel(
        panel_title(one.title, "share of good events"),
        [
            Query(
                f"1 - sum_over_time({ERRORS}{of}[1h]) / (sum_over_time({EVENTS}{of}[1h]) > 0)",
                f"{legend} 1h",
                place=slo.place,
            ),
            Query(f"1 - {ERRORS_OF_WINDOW}{of} / ({EVENTS_OF_WINDOW}{of} > 0)", f"{legend} {window}", place=slo.place),
            Query(f"{RATIO}{of}", f"{legend} objective", place=slo.place),
        ],
        unit="ratio",
        description=f"What was good of the last hour and of the window, beside the objective: {objective}. "
        "Empty means no events.",
        maximum=1,
        width=24,
        place=slo.place,
    )
