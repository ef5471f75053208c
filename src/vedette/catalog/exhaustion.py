"""`exhausts`: an alert for what runs full, or empty, if it goes on as it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.catalog.alert import Alert
from vedette.catalog.names import check_duration, fail
from vedette.duration import format_duration
from vedette.instruments.metrics.metric import Metric
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.catalog.runbook import Runbook
    from vedette.catalog.severity import Severity
    from vedette.duration import Duration

__all__ = ["exhausts"]

_SELECTOR = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{[^{}\[\]()]*\})?", re.ASCII)
_WORD = re.compile(r"[a-zA-Z0-9]+")
_RECENT: Final = 2
"""The direction is that of the last half of the window."""


def exhausts(
    metric: Metric | str,
    limit: Metric | str | float,
    within: Duration = "4h",
    *,
    of: Metric | str | float | None = None,
    over: Duration = "1h",
    usual: Duration = "1d",
    full: float = 0.6,
    name: str = "",
    for_: Duration = "30m",
    severity: Severity = "high",
    summary: str = "",
    description: str = "",
    runbook: Runbook | str | None = None,
    panel: str = "",
    team: str = "",
) -> Alert:
    """An alert for what reaches its limit soon if it goes on in a straight line.

    The line alone cries wolf: at every sawtooth, after every start, and for what is nearly empty. So it also has to be
    rather full already, to be still on its way, and to be where it was not in the time before the window: so what is
    emptied in time every few hours, as logs are, and what has only just started, is left alone.

    Args:
        metric: a Gauge, or a selector, such as ``process_open_fds`` or ``disk_used_bytes{mountpoint="/data"}``.
        limit: a number, or the metric with the same labels that says it, such as ``process_max_fds``.
        within: how long ahead the line is drawn.
        of: for what falls, such as free bytes: what there is in all. ``limit`` is then the lower end, usually 0.
        over: what the line is drawn through.
        usual: what was reached in so much time before the window is no news.
        full: the share of the limit below which nothing is said.
        name: of the alert; ``ProcessOpenFdsExhausted`` where it is not given.
        for_: how long it must hold.
        severity: of the alert.
        summary: of the alert; a sentence is made where it is not given.
        description: of the alert; a sentence is made where it is not given.
        runbook: of the alert.
        panel: of the alert.
        team: of the alert.

    Returns:
        An alert for ``Pack(alerts=[…])``.

    Raises:
        DeclarationError: an argument is not what it should be.

    Example:
        >>> exhausts("process_open_fds", "process_max_fds", name="FilesExhausted").name
        'FilesExhausted'
    """
    place = caller()
    series = _series(metric, place)
    owner = f"exhausts({series!r})"
    ahead = check_duration(place, owner, "within", within, zero=False)
    window = check_duration(place, owner, "over", over, zero=False)
    before = check_duration(place, owner, "usual", usual, zero=False)
    if isinstance(full, bool) or not isinstance(full, int | float) or not 0 <= full < 1:
        raise fail(place, f"{owner} has full={full!r}; it is a share from 0 to 1: write 0.6 for 60 %")
    end, whole = _amount(limit, owner, place), _whole(of, owner, place)
    line = f"predict_linear({series}[{format_duration(window)}], {ahead // 1000})"
    slope = f"deriv({series}[{format_duration(max(60_000, window // _RECENT))}])"
    past = f"over_time({series}[{format_duration(before)}] offset {format_duration(window)})"
    if whole is None:
        parts = [f"{line} > {end}", f"{series} > {full:g} * {end}", f"{slope} > 0", f"{series} > max_{past}"]
    else:
        parts = [f"{line} < {end}", f"{series} < {1 - full:g} * {whole}", f"{slope} < 0", f"{series} < min_{past}"]
    soon = format_duration(ahead)
    words = series.partition("{")[0].strip()
    return Alert(
        name or f"{''.join(word.capitalize() for word in _WORD.findall(words))}Exhausted",
        " and ".join(parts),
        severity=severity,
        summary=summary or f"{words} of {{{{ $labels.job }}}} reaches its limit within {soon}",
        description=description
        or (
            f"If it goes on as in the last {format_duration(window)}, it is at {{{{ $value | humanize }}}} in {soon}; "
            f"the limit is {end}."
        ),
        for_=for_,
        runbook=runbook,
        panel=panel,
        team=team,
        place=place,
    )


def _series(metric: Metric | str, place: Place) -> str:
    if isinstance(metric, Metric):
        if metric.type != "gauge":
            raise fail(place, f"exhausts({metric.name!r}): a {metric.type} has no level that fills; give a gauge")
        return metric.name
    if not isinstance(metric, str) or not _SELECTOR.fullmatch(metric):
        raise fail(
            place,
            f"exhausts({metric!r}): give a gauge or a selector such as 'disk_used_bytes'; record an expression first, "
            "and give the name of the recording",
        )
    return metric


def _amount(given: Metric | str | float, owner: str, place: Place) -> str:
    if isinstance(given, Metric):
        return given.name
    if isinstance(given, bool) or not isinstance(given, str | int | float) or given == "":
        raise fail(place, f"{owner} has limit={given!r}; write a number or a metric with the same labels")
    if isinstance(given, str):
        return given if _SELECTOR.fullmatch(given) else f"({given})"
    return f"{given:.15g}"


def _whole(of: Metric | str | float | None, owner: str, place: Place) -> str | None:
    """What there is in all, None for what rises."""
    return None if of is None else _amount(of, owner, place)
