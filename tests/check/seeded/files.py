"""Mistakes in files that nobody declares: routes, inhibitions and dashboards, as they are edited by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vedette.formats import alertmanager
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vedette.formats.alertmanager import AlertmanagerConfig, EmailConfig, InhibitRule, Route

ALERTMANAGER = "alertmanager/alertmanager.yml"


@dataclass(frozen=True)
class FileMistake:
    """The files with one mistake in one of them."""

    operator: str
    right: Mapping[str, str]
    """As they were."""
    path: str
    text: Callable[[], str]
    """What is in that file instead; written only where the mistake is looked at."""

    @property
    def files(self) -> Mapping[str, str]:
        """All of them, the wrong one among them."""
        return {**self.right, self.path: self.text()}


def mistakes(files: Mapping[str, str]) -> Iterator[FileMistake]:
    """Every mistake that can be made in the routes and dashboards, one at a time."""
    config = alertmanager.read(files[ALERTMANAGER], ALERTMANAGER)
    for name, wrong in (*_routes(config), *_inhibitions(config), *_receivers(config)):
        yield FileMistake(name, files, ALERTMANAGER, partial(alertmanager.write, wrong))
    for path, text in files.items():
        if path.startswith("grafana/"):
            document = json.loads(text)
            for name, at, value in _dashboards(document):
                yield FileMistake(name, files, path, partial(_with, document, at, value))


# --- Alertmanager ---


def _each(route: Route) -> Iterator[tuple[Route, Any]]:
    """Every route, and a function that gives the whole tree with another in its place."""
    yield route, lambda new: new
    for at, child in enumerate(route.routes):
        for one, put in _each(child):

            def put_here(new: Route, at: int = at, put: Any = put) -> Route:
                return replace(route, routes=(*route.routes[:at], put(new), *route.routes[at + 1 :]))

            yield one, put_here


def _routes(config: AlertmanagerConfig) -> Iterator[tuple[str, AlertmanagerConfig]]:
    for route, put in _each(config.route):

        def with_route(new: Route, put: Any = put) -> AlertmanagerConfig:
            return replace(config, route=put(new))

        if route.receiver:
            yield "route_to_a_receiver_that_is_not_there", with_route(replace(route, receiver=route.receiver + "x"))
        for at, matcher in enumerate(route.matchers):
            before, after = route.matchers[:at], route.matchers[at + 1 :]
            if matcher.op == "=":
                other = Matcher(matcher.name, "=", matcher.value + "x")
                yield (
                    "route_for_a_value_that_no_alert_has",
                    with_route(replace(route, matchers=(*before, other, *after))),
                )
                both = (*route.matchers, other)
                yield "route_whose_matchers_contradict", with_route(replace(route, matchers=both))
            wrong = Matcher(matcher.name + "s", matcher.op, matcher.value)
            yield "route_for_a_label_that_no_alert_has", with_route(replace(route, matchers=(*before, wrong, *after)))
        if route.group_by and route.group_by != ("...",):
            wrong_group = (*route.group_by[:-1], route.group_by[-1] + "_name")
            yield "group_by_a_label_that_no_alert_has", with_route(replace(route, group_by=wrong_group))
        if route.repeat_interval:
            yield (
                "repeated_before_the_group_is_looked_at",
                with_route(replace(route, repeat_interval=1000, group_interval=600_000)),
            )
        yield (
            "muted_at_times_that_are_not_defined",
            with_route(replace(route, mute_time_intervals=("weekend",)))
            if route is not config.route
            else replace(config, route=replace(config.route, receiver="nobody")),
        )
        if route.routes:
            first = route.routes[0]
            catch_all = replace(first, matchers=(), continue_=False, routes=())
            yield "route_in_the_shadow_of_one_before_it", with_route(replace(route, routes=(catch_all, *route.routes)))


def _inhibitions(config: AlertmanagerConfig) -> Iterator[tuple[str, AlertmanagerConfig]]:
    for at, rule in enumerate(config.inhibit_rules):

        def with_rule(new: InhibitRule, at: int = at) -> AlertmanagerConfig:
            rules = (*config.inhibit_rules[:at], new, *config.inhibit_rules[at + 1 :])
            return replace(config, inhibit_rules=rules)

        source = rule.source_matchers[0]
        wrong = (
            replace(source, value=source.value + "x") if source.op == "=" else replace(source, name=source.name + "s")
        )
        yield (
            "inhibited_by_an_alert_that_is_not_there",
            with_rule(replace(rule, source_matchers=(wrong, *rule.source_matchers[1:]))),
        )
        yield "inhibited_by_everything", with_rule(replace(rule, source_matchers=(), equal=()))


def _receivers(config: AlertmanagerConfig) -> Iterator[tuple[str, AlertmanagerConfig]]:
    for at, receiver in enumerate(config.receivers):
        if not (receiver.email_configs or receiver.webhook_configs or receiver.other):
            continue
        empty = replace(receiver, email_configs=(), webhook_configs=(), other={})
        rest = (*config.receivers[:at], empty, *config.receivers[at + 1 :])
        yield "receiver_that_tells_nobody", replace(config, receivers=rest)
        mails = receiver.email_configs
        if mails and "}}" in mails[0].text:
            broken = replace(receiver, email_configs=(_not_closed(mails[0]), *mails[1:]))
            others = (*config.receivers[:at], broken, *config.receivers[at + 1 :])
            yield "text_of_a_mail_not_closed", replace(config, receivers=others)
        twin = replace(receiver, name=receiver.name + "-2")
        yield "receiver_that_no_route_uses", replace(config, receivers=(*config.receivers, twin))


def _not_closed(mail: EmailConfig) -> EmailConfig:
    return replace(mail, text=mail.text.replace("}}", "}", 1))


# --- dashboards ---


Path = tuple[str | int, ...]


def _with(document: dict[str, Any], path: Path, value: object) -> str:
    """The text of a dashboard with another value at one place."""
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    before, holder[path[-1]] = holder[path[-1]], value
    text = json.dumps(document, indent=2)
    holder[path[-1]] = before
    return text


def _dashboards(document: dict[str, Any]) -> Iterator[tuple[str, Path, object]]:
    """Each mistake as a place in the dashboard and the value that is wrong there."""
    panels = document["panels"]
    shown = [at for at, panel in enumerate(panels) if panel.get("targets")]
    for at, following in pairwise(shown):
        yield "two_panels_with_one_id", ("panels", following, "id"), panels[at]["id"]
        yield "two_panels_in_one_place", ("panels", following, "gridPos"), panels[at]["gridPos"]
    for at in shown:
        targets = panels[at]["targets"]
        yield "panel_without_a_query", ("panels", at, "targets"), []
        yield "panel_without_a_title", ("panels", at, "title"), ""
        if panels[at]["type"] == "timeseries":
            yield "panel_without_a_unit", ("panels", at, "fieldConfig", "defaults", "unit"), ""
        yield "panel_beyond_the_edge", ("panels", at, "gridPos", "w"), 30
        for index, target in enumerate(targets):
            expr = ("panels", at, "targets", index, "expr")
            if "$" in target["expr"]:
                yield "variable_that_is_not_defined", expr, target["expr"].replace('"$', '"$x', 1)
            yield "query_that_does_not_parse", expr, target["expr"] + ")"
        if len(targets) > 1:
            yield "two_queries_with_one_letter", ("panels", at, "targets", 1, "refId"), targets[0]["refId"]
    yield "dashboard_without_a_uid", ("uid",), ""
    yield "dashboard_of_an_old_schema", ("schemaVersion",), 14
