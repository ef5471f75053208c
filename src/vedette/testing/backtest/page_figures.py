"""The figures of a backtest's page: the most important ones, pages over time, and all of them by alert."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vedette.catalog.severity import SEVERITIES
from vedette.testing.backtest.figures import NONE, duration, number, share
from vedette.testing.backtest.page_timeline import kind
from vedette.testing.page import Html, Stack, scroll, stacks, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest.outcome import AlertOutcome, Hits, Outcome
    from vedette.testing.backtest.page_timeline import Row
    from vedette.testing.page import Times

__all__ = ["cards", "pages_by_time", "table"]

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_BY: Final = (("hour", _HOUR), ("day", _DAY), ("week", 7 * _DAY), ("30 days", 30 * _DAY))
_MOST: Final = 24
"""Bars side by side."""


def cards(outcomes: Sequence[Outcome]) -> Html:
    """What matters most; of two outcomes both."""
    last = outcomes[-1]
    loud = sum(alert.firings > 0 for alert in last.alerts)
    found = [_card("Firings", [str(one.firings) for one in outcomes], f"of {loud} of {len(last.alerts)} alerts")]
    if last.pages is not None:
        by = sorted({severity for severity, _ in last.pages_a_week}, key=_rank)
        told = ", ".join(f"{_of_severity(last, one):.1f} {one or 'without severity'}" for one in by)
        found.append(_card("Pages a week", [_total(one) for one in outcomes], told or "nobody is paged"))
    hits = [one.hits for one in outcomes if one.hits is not None]
    if hits:
        fired = hits[-1].right + hits[-1].wrong
        right = f"{hits[-1].right} of {fired} firings right"
        found.append(_card("Precision", [share(one.precision) for one in hits], right))
        found.append(_card("Recall", [share(one.recall) for one in hits], _noticed(hits[-1])))
        found.append(_card("Noticed after", [duration(one.delay) for one in hits], "the median"))
    return tag("section", *found, class_="cards")


def _of_severity(found: Outcome, severity: str) -> float:
    return sum(count for (one, _), count in found.pages_a_week.items() if one == severity)


def _total(found: Outcome) -> str:
    return number(sum(found.pages_a_week.values()))


def _noticed(hits: Hits) -> str:
    total = hits.noticed + len(hits.missed)
    if not total:
        return "no incident in this time"
    return f"{hits.noticed} of {total} incident{'s' * (total != 1)} noticed"


def _card(name: str, values: Sequence[str], aside: str) -> Html:
    *before, last = values
    shown = [part for one in before for part in (tag("span", one, class_="from"), tag("span", "→", class_="arrow"))]
    return tag("div", tag("dl", tag("dt", name), tag("dd", *shown, last, tag("small", aside))))


def pages_by_time(outcomes: Sequence[Outcome], names: Sequence[str], times: Times) -> Html | None:
    """Pages by day, week or whatever makes few enough bars; None where there are no routes."""
    if any(one.pages is None for one in outcomes):
        return None
    what, step = next((one for one in _BY if (times.end - times.start) / one[1] <= _MOST), _BY[-1])
    start = times.start // _DAY * _DAY if step > _HOUR else times.start // step * step
    groups = []
    severities: dict[str, None] = {}
    for at in range(start, times.end, step):
        bars = []
        for name, found in zip(names, outcomes, strict=True):
            counts = Counter(page.severity for page in found.pages or () if at <= page.time < at + step)
            kinds = sorted(counts, key=_rank)
            severities |= dict.fromkeys(kinds)
            bars.append(Stack(name, {kind(one): counts[one] for one in kinds}))
        groups.append((_label(at, step), bars))
    total = [sum(bar.total for _, bars in groups for bar in bars[at : at + 1]) for at in range(len(names))]
    if not any(total):
        return None
    legend = [tag("span", one or "no severity", class_=kind(one)) for one in sorted(severities, key=_rank)]
    pale = tag("p", "Left, and pale, is before; right is after.", class_="quiet") if len(names) > 1 else None
    title = f"Pages by {what}"
    return tag(
        "section", tag("h2", title), pale, tag("div", *legend, class_="legend"), stacks(groups, title), class_="pages"
    )


def _rank(severity: str) -> tuple[int, str]:
    order: dict[str, int] = {one: at for at, one in enumerate(SEVERITIES)}
    return order.get(severity, len(order)), severity


def _label(at: int, step: int) -> str:
    when = datetime.fromtimestamp(at / 1000, UTC)
    return when.strftime("%H:%M") if step == _HOUR else f"{when.day} {when.strftime('%b')}"


def table(rows: Sequence[Row], *, judged: bool, routed: bool, key: str = "") -> Html | None:
    """Every figure, a row for each alert and candidate; the candidates of a sweep are told apart by ``key``."""
    if not rows:
        return None
    heads = ["firings", "only pending", "flaps", "firing", "to resolve", "longest"]
    heads += ["pages/week"] if routed else []
    heads += ["precision", "recall", "delay"] if judged else []
    lead = [key] if key else ["alert", "severity", *([""] if len(rows[0].names) > 1 else [])]
    body = [
        tag(
            "tr",
            *_first(row, at, key),
            *(tag("td", text, class_="number-cell") for text in _figures(alert, len(heads), judged, routed)),
            class_="same-alert" if at and not key else None,
        )
        for row in rows
        for at, alert in enumerate(row.found)
    ]
    columns = [tag("th", text, scope="col") for text in lead]
    columns += [tag("th", text, scope="col", class_="number-cell") for text in heads]
    shown = tag("table", tag("thead", tag("tr", *columns)), tag("tbody", *body))
    return tag("section", tag("h2", "In figures"), scroll(shown, "In figures"))


def _first(row: Row, at: int, key: str) -> list[Html]:
    """What tells a row from the others."""
    if key:
        return [tag("th", row.names[at], scope="row")]
    alert = row.found[at]
    severity = "" if alert is None or at else alert.severity
    cells = [tag("th", "" if at else row.alert, scope="row"), tag("td", severity, class_=f"severity {kind(severity)}")]
    return cells + ([tag("td", row.names[at])] if len(row.names) > 1 else [])


def _figures(alert: AlertOutcome | None, count: int, judged: bool, routed: bool) -> list[str]:
    if alert is None:
        return [NONE] * count
    row = [str(alert.firings), str(alert.only_pending), str(alert.flaps), duration(alert.firing_time)]
    row += [duration(alert.to_resolve), duration(alert.longest or None)]
    row += [number(alert.pages_a_week)] if routed else []
    if judged:
        hits = alert.hits
        row += [NONE] * 3 if hits is None else [share(hits.precision), share(hits.recall), duration(hits.delay)]
    return row
