"""A page of simulated tests: what each alert did over the simulated time, and who was told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.catalog.severity import SEVERITIES
from vedette.promql.labels import get
from vedette.testing.page import Bar, Html, Times, axis, document, each, tag, track
from vedette.testing.world import START

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.testing.application import Application
    from vedette.testing.captured import Notification
    from vedette.testing.timeline import Track

__all__ = ["page", "section"]

_USUAL: Final = frozenset({"alertname", "job", "pack", "service", "severity", "team", "environment"})
"""Labels that say little within one application."""
_LISTED: Final = 100


def section(application: Application, name: str, *, failure: str = "") -> Mapping[str, Any]:
    """One test as plain values, which another process may collect.

    Args:
        application: what was simulated.
        name: of the test.
        failure: why it failed; empty where it passed.
    """
    now = START + round(application.now.total_seconds() * 1000)
    times = Times(START, now, since=START)
    tracks = application.tracks()
    notifications = application.notifications
    verdict = tag("span", "failed" if failure else "passed", class_="failed" if failure else "passed")
    lines = [_line(one, times) for one in tracks]
    legend = tag(
        "div", tag("span", "firing", class_="any"), tag("span", "pending", class_="pending any"), class_="legend"
    )
    told = f"{times.passed(now)[1:]} simulated, {_count(len(tracks), 'alert')}, {_count(len(notifications), 'message')}"
    parts = [
        tag("h2", name, " ", verdict),
        tag("p", told, class_="quiet"),
        tag("pre", failure, tabindex=0) if failure else None,
        legend if lines else None,
        tag("div", *lines, axis(times), class_="rows") if lines else tag("p", "No alert was pending.", class_="quiet"),
        _messages(notifications, times) if notifications else None,
    ]
    html = tag("section", *parts, class_="simulated")
    return {"name": name, "html": str(html), "failed": bool(failure), "seconds": application.now.total_seconds()}


def page(sections: Sequence[Mapping[str, Any]]) -> str:
    """The page of all tests by name, those that failed first."""
    failed = sum(one["failed"] for one in sections)
    hours = sum(one["seconds"] for one in sections) / 3600
    told = f"{_count(len(sections), 'test')}, {failed or 'none'} failed · {hours:.3g} hours simulated"
    kind, title = tag("p", "Simulated tests", class_="kind"), tag("h1", "What the alerts did")
    head = tag("header", kind, title, tag("p", told, class_="quiet"))
    ordered = sorted(sections, key=lambda one: (not one["failed"], one["name"]))
    return document("Simulated tests", each([head, *(Html(one["html"]) for one in ordered)]))


def _line(one: Track, times: Times) -> Html:
    severity = get(one.labels, "severity")
    own = ", ".join(f"{name}={value}" for name, value in one.labels if name not in _USUAL)
    name = tag("span", one.name, tag("span", f" {own}", class_="sub") if own else None)
    fired = one.firing()
    first = f"fires {times.passed(fired[0].first)}" if fired else "pending"
    bars = [Bar(span.state, span.first, span.last) for span in one.spans]
    bars.sort(key=lambda bar: bar.kind == "firing")
    said = f"{one}: " + "; ".join(
        f"{span.state} {times.passed(span.first)} to {times.passed(span.last)}" for span in one.spans
    )
    kind = severity if severity in SEVERITIES else "other"
    return tag(
        "div",
        tag("div", tag("span", "", class_="dot"), name, class_="name"),
        track(bars, times, said),
        tag("span", first, class_="count"),
        class_=f"line plain {kind}",
    )


def _messages(notifications: Sequence[Notification], times: Times) -> Html:
    items = [
        tag(
            "li",
            tag("span", times.passed(one.at), class_="quiet"),
            tag("span", tag("strong", ", ".join(one.to)), f" {one.subject}"),
        )
        for one in notifications[:_LISTED]
    ]
    if len(notifications) > _LISTED:
        items.append(tag("li", f"and {len(notifications) - _LISTED} more"))
    return tag("div", tag("h3", "Who was told"), tag("ul", *items, class_="told"), class_="messages")


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'s' * (count != 1)}"
