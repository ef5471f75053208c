"""From one side to another, server by server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.deploy import dashboards, routes, rules, scrapes
from vedette.deploy.change import Change, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.deploy.change import Target
    from vedette.deploy.side import Side

__all__ = ["differences"]


def differences(target: Target, old: Side, new: Side, where: str) -> list[Change]:
    """Every difference at one place, in a folder or on a server."""
    return [replace(one, where=(where,)) for one in _differences(target, old, new)]


def _differences(target: Target, old: Side, new: Side) -> Iterator[Change]:
    broken = {path for side in (old, new) for kind, path in side.unreadable if kind == target}
    for side in (old, new):
        for (kind, path), why in side.unreadable.items():
            if kind == target:
                yield Change(target, "changed", path, f"{path} cannot be read: {short(why)}")
    match target:
        case "prometheus":
            if scrapes.GLOBAL not in broken:
                yield from scrapes.differences(old.scrapes, new.scrapes)
            files = [{path: file for path, file in side.rules.items() if path not in broken} for side in (old, new)]
            yield from rules.differences(*files)
        case "alertmanager":
            if routes.GLOBAL not in broken:
                yield from routes.differences(old.routes, new.routes)
        case "grafana":
            uids = {path.removesuffix(".json") for path in broken}
            shown = [{uid: one for uid, one in side.dashboards.items() if uid not in uids} for side in (old, new)]
            yield from dashboards.differences(*shown)
