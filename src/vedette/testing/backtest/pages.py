"""How often somebody would have been told: alerts by route and group, as Alertmanager sends them.

A page is a notification with an alert that is new to its receiver. Repeats, news that something is over, silences,
inhibition and muted times are not counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.catalog.severity import SEVERITIES
from vedette.formats.alertmanager import match, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.formats.alertmanager import AlertmanagerConfig, ResolvedRoute
    from vedette.promql.labels import Labels
    from vedette.testing.backtest.episodes import Episode

__all__ = ["Page", "pages"]


@dataclass(frozen=True, slots=True)
class Page:
    """One notification."""

    time: int
    """Milliseconds since the epoch."""
    receiver: str
    severity: str
    """The worst of the alerts that are new in it."""
    alerts: tuple[str, ...]
    """Their names, each once."""


def pages(episodes: Sequence[Episode], config: AlertmanagerConfig, start: int, end: int) -> list[Page]:
    """The pages sent in ``[start, end]`` (milliseconds), by time."""
    root = resolve(config)
    groups: dict[tuple[str, Labels], tuple[ResolvedRoute, list[Episode]]] = {}
    for episode in episodes:
        if episode.fired_at is not None:
            for route in match(root, dict(episode.labels)):
                key = route.id, route.group_labels(episode.labels)
                groups.setdefault(key, (route, []))[1].append(episode)
    found = [page for route, members in groups.values() for page in _of_group(route, members, end)]
    return sorted((page for page in found if start <= page.time <= end), key=lambda page: (page.time, page.receiver))


def _of_group(route: ResolvedRoute, members: Sequence[Episode], end: int) -> Iterator[Page]:
    """A group begins with its first alert, waits, and then tells of what is new at every interval until all is over."""
    waiting = sorted(members, key=lambda one: one.fired_at or 0)
    at = 0
    while at < len(waiting):
        flush = (waiting[at].fired_at or 0) + route.group_wait
        known: set[Labels] = set()
        alive: list[Episode] = []
        while True:
            while at < len(waiting) and (waiting[at].fired_at or 0) <= flush:
                alive.append(waiting[at])
                at += 1
            alive = [one for one in alive if one.ended_at is None or one.ended_at > flush]
            fresh = [one for one in alive if one.labels not in known]
            if fresh and flush <= end:
                yield _page(flush, route.receiver, fresh)
            known = {one.labels for one in alive}
            if not alive or flush > end:
                break
            # nothing can change before the next alert comes or goes
            news = [one.ended_at for one in alive if one.ended_at is not None]
            news += [one.fired_at for one in waiting[at : at + 1] if one.fired_at is not None]
            if not news:
                break
            flush += max(1, -(-(min(news) - flush) // route.group_interval)) * route.group_interval


def _page(time: int, receiver: str, fresh: Sequence[Episode]) -> Page:
    counts = Counter(one.severity for one in fresh)
    order: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    worst = min(counts, key=lambda severity: (order.get(severity, len(order)), severity))
    return Page(time, receiver, worst, tuple(dict.fromkeys(sorted(one.alert for one in fresh))))
