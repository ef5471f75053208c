"""What one side says: a stack, the files of a folder, or a running server, all as the values of `formats`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from vedette.build import alertmanager as build_alertmanager
from vedette.build import build
from vedette.build import grafana as build_grafana
from vedette.build import prometheus as build_prometheus
from vedette.build.plan import plan as resolve
from vedette.deploy import dashboards, routes, rules, scrapes
from vedette.errors import ConfigError
from vedette.formats import alertmanager as alertmanager_file
from vedette.formats import grafana as grafana_file
from vedette.formats import prometheus as prometheus_file
from vedette.formats import rules as rules_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.catalog import Environment, Stack
    from vedette.deploy.change import Target
    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.formats.grafana import Dashboard
    from vedette.formats.prometheus import PrometheusConfig
    from vedette.formats.rules import RuleFile
    from vedette.place import Place

__all__ = ["Side", "declared", "read"]

_BUILT: Final[Mapping[Target, str]] = {
    "prometheus": "prometheus/",
    "alertmanager": "alertmanager/",
    "grafana": "grafana/dashboards/",
}
"""What of a build goes into the folder of each server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the sides that are compared; what it does not have is empty or None."""

    texts: Mapping[Target, Mapping[str, str]] = field(default_factory=dict)
    """Path in the folder of the server → text."""
    scrapes: PrometheusConfig | None = None
    rules: Mapping[str, RuleFile] = field(default_factory=dict)
    """By path: ``rules/http.yml``."""
    routes: AlertmanagerConfig | None = None
    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    """By uid."""
    unreadable: Mapping[tuple[Target, str], str] = field(default_factory=dict)
    """Files that nothing can be made of, and why."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Subject → where it is declared."""


def declared(stack: Stack, environment: Environment) -> Side:
    """What a stack says in an environment, with the place of each declaration.

    Raises:
        DeclarationError: it cannot be built.
    """
    built = build(stack, environment)
    texts: dict[Target, dict[str, str]] = {
        target: {path.removeprefix(prefix): text for path, text in built.items() if path.startswith(prefix)}
        for target, prefix in _BUILT.items()
    }
    return replace(read(texts), places=_places(stack, environment))


def _places(stack: Stack, environment: Environment) -> dict[str, Place]:
    plan = resolve(stack, environment)
    found: dict[str, Place | None] = {scrapes.GLOBAL: environment.place, routes.GLOBAL: environment.place}
    for job in build_prometheus.config(plan).scrape_configs:
        found[scrapes.subject(job.job_name)] = job.place
    for file in build_prometheus.rule_files(plan).values():
        for group in file.groups:
            found[f"group {group.name}"] = group.place
            for rule in group.rules:
                found.setdefault(rules.subject(rule), rule.place)
    config = build_alertmanager.config(plan)
    for name, route in routes.routes(config.route).items():
        found[name] = route.place or stack.place
    found.update({f"receiver {one.name}": stack.place for one in config.receivers})
    for dashboard in build_grafana.dashboards(plan).values():
        found[dashboards.subject(dashboard)] = dashboard.place
        for panel in dashboards.panels(dashboard).values():
            found.setdefault(dashboards.subject(dashboard, panel), panel.place)
    return {name: place for name, place in found.items() if place is not None}


def read(texts: Mapping[Target, Mapping[str, str]], folders: Mapping[Target, str] | None = None) -> Side:
    """What files say. One that cannot be read is kept as such; ``folders`` are for the messages."""
    whole = Side(texts=texts)
    found: dict[str, Any] = {"rules": {}, "dashboards": {}, "unreadable": {}}
    for target, files in whole.texts.items():
        for path, text in files.items():
            name = f"{(folders or {}).get(target, target)}/{path}"
            try:
                if path.startswith("rules/"):
                    found["rules"][path] = rules_file.read(text, name)
                elif path == scrapes.GLOBAL:
                    found["scrapes"] = prometheus_file.read(text, name)
                elif path == routes.GLOBAL:
                    found["routes"] = alertmanager_file.read(text, name)
                elif path.endswith(".json"):
                    dashboard = grafana_file.read(text, name)
                    found["dashboards"][dashboard.uid] = dashboard
            except ConfigError as problem:
                found["unreadable"][target, path] = str(problem)
    return replace(whole, **found)
