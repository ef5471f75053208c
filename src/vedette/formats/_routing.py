"""Which routes of Alertmanager's tree an alert takes, with everything they inherit filled in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.formats._alertmanager_values import AlertmanagerConfig, Route
from vedette.formats._matchers import ordered, render_matchers
from vedette.formats.gotemplate.printf import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.place import Place
    from vedette.promql.labels import Labels, Matcher

__all__ = ["ResolvedRoute", "match", "resolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRoute:
    """A route that inherits nothing any more; durations are milliseconds, the defaults Alertmanager's own."""

    receiver: str = ""
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] = ()
    """``("...",)`` groups by every label."""
    group_wait: int = 30_000
    group_interval: int = 300_000
    repeat_interval: int = 14_400_000
    continue_: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    """These and ``active_time_intervals`` are the route's own: they are not inherited."""
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple[ResolvedRoute, ...] = ()
    key: str = ""
    """The route's part of a group key, ``{}/{severity="critical"}``. Two routes may share one."""
    id: str = ""
    """The key with each route's number among its siblings: unique in the tree."""
    place: Place | None = field(default=None, compare=False)

    def group_labels(self, labels: Labels) -> Labels:
        """The labels that alerts of one group share."""
        if self.group_by == ("...",):
            return labels
        return tuple(pair for pair in labels if pair[0] in self.group_by)

    def group_key(self, group_labels: Labels) -> str:
        """``groupKey`` as Alertmanager writes it, e.g. ``{}/{severity="critical"}:{alertname="Down"}``."""
        return f"{self.key}:{{{', '.join(f'{name}={quote(value)}' for name, value in group_labels)}}}"


def resolve(root: AlertmanagerConfig | Route) -> ResolvedRoute:
    """The whole tree with inheritance applied; match many alerts against this one."""
    return _resolve(root.route if isinstance(root, AlertmanagerConfig) else root, None, "")


def _resolve(route: Route, parent: ResolvedRoute | None, number: str) -> ResolvedRoute:
    above = parent or ResolvedRoute()
    own = render_matchers(route.matchers)

    def inherited(value: int | None, default: int) -> int:
        return default if value is None else value

    bare = ResolvedRoute(
        receiver=route.receiver or above.receiver,
        matchers=ordered(route.matchers),
        group_by=tuple(sorted(route.group_by)) if route.group_by else above.group_by,
        group_wait=inherited(route.group_wait, above.group_wait),
        group_interval=inherited(route.group_interval, above.group_interval),
        repeat_interval=inherited(route.repeat_interval, above.repeat_interval),
        key=f"{above.key}/{own}" if parent else own,
        id=f"{above.id}/{own}/{number}" if parent else own,
    )
    return replace(
        bare,
        continue_=route.continue_,
        mute_time_intervals=route.mute_time_intervals,
        active_time_intervals=route.active_time_intervals,
        routes=tuple(_resolve(child, bare, str(index)) for index, child in enumerate(route.routes)),
        place=route.place,
    )


def match(root: AlertmanagerConfig | Route | ResolvedRoute, labels: Mapping[str, str]) -> list[ResolvedRoute]:
    """The routes that get an alert with these labels, in the order of the tree.

    Depth first; the first child that matches ends the search among its siblings unless it says ``continue``; a route
    gets the alert itself where none of its children does.
    """
    route = root if isinstance(root, ResolvedRoute) else resolve(root)
    if not all(matcher.matches(labels.get(matcher.name, "")) for matcher in route.matchers):
        return []
    found: list[ResolvedRoute] = []
    for child in route.routes:
        below = match(child, labels)
        found.extend(below)
        if below and not child.continue_:
            break
    return found or [route]
