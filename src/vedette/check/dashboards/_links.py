"""Addresses of dashboards and panels: ``…/d/<uid>/name?viewPanel=4``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Dashboard, Facts, Panel, Text

__all__ = ["Link", "Shown", "is_elsewhere", "linked", "links"]

# https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/create-dashboard-url-variables/
_DASHBOARD: Final = re.compile(r"(?:^|[^\w])d(?:-solo)?/([\w-]+)", re.ASCII)
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_UNKNOWN: Final = "\ue000"
_PANEL: Final = re.compile(r"[?&](?:viewPanel|editPanel|panelId)=(?:panel-)?(\d+)")


@dataclass(frozen=True, slots=True)
class Link:
    """A dashboard, and a panel of it where one is named."""

    uid: str
    panel: int | None
    start: int
    """Where the address of the dashboard begins in the text."""


def links(text: str) -> Iterator[Link]:
    """The addresses of dashboards in a text, those with variables in them left out."""
    if "d/" not in text and "d-solo/" not in text:
        return
    plain = _TEMPLATE.sub(lambda found: _UNKNOWN * len(found.group()), text)
    for word in re.finditer(r"\S+", plain):
        dashboard = _DASHBOARD.search(word.group())
        if dashboard is None or "$" in dashboard.group() or word.group()[dashboard.end() :].startswith(("$", _UNKNOWN)):
            continue
        panel = _PANEL.search(word.group())
        yield Link(dashboard.group(1), int(panel.group(1)) if panel else None, word.start() + dashboard.start(1))


def is_elsewhere(facts: Facts, address: str) -> bool:
    """Whether an address is in another Grafana than the stack's own; None of a relative one is."""
    host = urlsplit(address.strip()).netloc
    if not host or "$" in host or "{" in host:
        return False
    if facts.stack is None:
        return True
    environment = facts.stack.environment(facts.environment)
    own = (environment.grafana_url, environment.external_url)
    return host not in {urlsplit(one).netloc for one in own if one}


@dataclass(frozen=True, slots=True)
class Shown:
    """Where an alert says that it is shown. ``dashboard`` and ``panel`` are None where there are none of the kind."""

    link: Link
    text: Text
    dashboard: Dashboard | None
    panel: Panel | None


def linked(facts: Facts, alert: Alert) -> Iterator[Shown]:
    """The dashboards and panels that an alert's annotations link to."""
    for text in alert.annotations.values():
        found = tuple(links(text.value))
        if not found or (facts.stack is not None and is_elsewhere(facts, text.value)):
            continue
        for link in found:
            dashboard = next((one for one in reversed(facts.dashboards) if one.value.uid == link.uid), None)
            panels = dashboard.panels if dashboard is not None and link.panel is not None else ()
            panel = next((one for one in panels if one.value.id == link.panel), None)
            yield Shown(link, text, dashboard, panel)
