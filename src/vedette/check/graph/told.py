"""Who is told of an alert: the labels it can have when it comes to Alertmanager, and the routes that these take."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final

from vedette.formats.alertmanager import match, resolve
from vedette.formats.gotemplate import TemplateError
from vedette.formats.template_functions import prometheus_variables, rule_template
from vedette.formats.template_uses import template_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vedette.check.facts import Alert, Facts
    from vedette.formats.alertmanager import AlertmanagerConfig, InhibitRule, ResolvedRoute
    from vedette.promql.flow import Label

__all__ = ["Routes", "Sent", "Told", "external_labels", "inhibiting", "routes_of", "sent", "walk_routes"]

_MOST: Final = 64
"""Sets of labels that are tried for one alert."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Labels with which an alert can come, as far as they are asked for."""

    labels: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    """Labels that can have any value; they are taken as missing."""


@dataclass(frozen=True, slots=True)
class Told:
    """A route that an alert takes."""

    route: ResolvedRoute
    where: tuple[str, ...]
    """With which labels it takes this one (``team=north``); nothing where it always does."""
    unknown: tuple[str, ...]
    """Labels that decide and whose values nobody knows; here they are taken as missing."""


def walk_routes(root: ResolvedRoute) -> Iterator[ResolvedRoute]:
    """The tree, parents first."""
    yield root
    for route in root.routes:
        yield from walk_routes(route)


def _asked(config: AlertmanagerConfig, root: ResolvedRoute) -> frozenset[str]:
    """The labels that decide."""
    names = {matcher.name for route in walk_routes(root) for matcher in route.matchers}
    for rule in config.inhibit_rules:
        names |= {matcher.name for matcher in (*rule.source_matchers, *rule.target_matchers)} | set(rule.equal)
    return frozenset(names)


def sent(alert: Alert, names: Iterable[str], external: Mapping[str, str]) -> tuple[Sent, ...]:
    """The sets of labels with which an alert can come, as far as ``names`` go."""
    wanted = [name for name in names if name != "alertname"]
    read: dict[str, None] = {}
    for name in wanted:
        text = alert.labels.get(name)
        if text is None:
            read[name] = None
        elif "{{" in text.value:
            read.update(dict.fromkeys(_labels_in(text.value)))
    found: dict[tuple[tuple[str, str], ...], Sent] = {}
    for branch in (one for one in alert.query.flow.branches if one.empty is None):
        for values in product(*_choices([_values(branch.labels.get(name)) for name in read])):
            series = {name: value for name, value in zip(read, values, strict=True) if value is not None}
            unknown = frozenset(name for name, value in zip(read, values, strict=True) if value is None)
            labels = {"alertname": alert.name}
            guessed: set[str] = set()
            for name in wanted:
                value = _value(alert, name, series, external)
                if value is None or (name not in alert.labels and name in unknown):
                    guessed.add(name)
                elif value:
                    labels[name] = value
                if name in alert.labels and unknown & set(_labels_in(alert.labels[name].value)):
                    guessed.add(name)
            found.setdefault(tuple(sorted(labels.items())), Sent(labels, frozenset(guessed)))
    return tuple(found.values())


def _choices(values: list[Sequence[str | None]]) -> list[Sequence[str | None]]:
    """The values to combine; where they are too many, those of the label that has the most count as unknown."""
    while prod(map(len, values)) > _MOST:
        longest = max(range(len(values)), key=lambda index: len(values[index]))
        values[longest] = [None]
    return values


def _values(label: Label) -> Sequence[str | None]:
    if label.state == "never":
        return [""]
    if label.values is None:
        return [None]
    return [*sorted(label.values), *([""] if label.state == "maybe" else [])]


def _labels_in(template: str) -> Iterator[str]:
    try:
        yield from (use.name for use in template_uses(template).labels)
    except TemplateError:
        return


def _value(alert: Alert, name: str, series: Mapping[str, str], external: Mapping[str, str]) -> str | None:
    """What an alert has for a label; None where that cannot be told."""
    text = alert.labels.get(name)
    if text is None:
        return series.get(name) or external.get(name, "")
    if "{{" not in text.value:
        return text.value
    try:
        given = prometheus_variables(series, 0.0, external)
        return rule_template(text.value).execute(given["data"], variables=given["variables"])
    except (TemplateError, ValueError):
        return None


def external_labels(facts: Facts) -> Mapping[str, str]:
    """What Prometheus adds to every alert."""
    return facts.scraping[0].global_.external_labels if len(facts.scraping) == 1 else {}


class Routes:
    """One tree of routes, asked for many alerts."""

    def __init__(self, config: AlertmanagerConfig, external: Mapping[str, str]) -> None:
        self.config = config
        self.root = resolve(config)
        self._names = sorted(_asked(config, self.root))
        self._external = external
        self._sent: dict[int, tuple[Sent, ...]] = {}

    def sent(self, alert: Alert) -> tuple[Sent, ...]:
        """The labels it can come with."""
        known = self._sent.get(id(alert))
        if known is None:
            known = self._sent[id(alert)] = sent(alert, self._names, self._external)
        return known

    def told(self, alert: Alert) -> list[Told]:
        """The routes it can take, in the order of the tree."""
        coming = self.sent(alert)
        taken: dict[str, list[Sent]] = defaultdict(list)
        routes: dict[str, ResolvedRoute] = {}
        for one in coming:
            for route in match(self.root, one.labels):
                taken[route.id].append(one)
                routes[route.id] = route
        order = [route.id for route in walk_routes(self.root) if route.id in taken]
        deciding = frozenset(matcher.name for route in walk_routes(self.root) for matcher in route.matchers)
        return [
            Told(
                routes[name],
                _where([one.labels for one in taken[name]], [one.labels for one in coming], deciding),
                unknown=tuple(sorted({name for one in taken[name] for name in one.unknown & deciding})),
            )
            for name in order
        ]


def _where(
    taken: Sequence[Mapping[str, str]], every: Sequence[Mapping[str, str]], deciding: Iterable[str]
) -> tuple[str, ...]:
    """What is the same in none of the other sets of labels."""
    if len(taken) == len(every):
        return ()
    names = [name for name in sorted(deciding) if len({one.get(name, "") for one in every}) > 1]
    return tuple(dict.fromkeys(", ".join(f"{name}={one.get(name, '')}" for name in names) for one in taken))


def routes_of(facts: Facts) -> tuple[Routes, ...]:
    """Every tree of routes there is."""
    external = external_labels(facts)
    return tuple(Routes(one.value, external) for one in facts.routing)


def inhibiting(routes: Routes, alerts: Sequence[Alert]) -> Iterator[tuple[Alert, Alert, InhibitRule]]:
    """Which alert mutes which, by which rule; each pair once."""
    coming = [(alert, one) for alert in alerts for one in routes.sent(alert)]
    for rule in routes.config.inhibit_rules:
        by_equal: dict[tuple[str, ...], list[tuple[Alert, Sent]]] = defaultdict(list)
        for alert, one in coming:
            if all(matcher.matches(one.labels.get(matcher.name, "")) for matcher in rule.source_matchers):
                by_equal[_equal(rule, one)].append((alert, one))
        seen: set[tuple[int, int]] = set()
        for alert, one in coming:
            if not all(matcher.matches(one.labels.get(matcher.name, "")) for matcher in rule.target_matchers):
                continue
            for source, _ in by_equal.get(_equal(rule, one), ()):
                if source is not alert and (id(source), id(alert)) not in seen:
                    seen.add((id(source), id(alert)))
                    yield source, alert, rule


def _equal(rule: InhibitRule, one: Sent) -> tuple[str, ...]:
    return tuple(one.labels.get(name, "") for name in rule.equal)
