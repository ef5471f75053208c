"""An inhibit rule lets one alert mute those of everything: nothing says that the two must belong together.

Without ``equal``, one critical alert of one service silences the warnings of all others. Without source matchers, any
alert at all does. It is right where a single alert stands for the whole system, and then the rule names it
(``alertname="SiteDown"``) or says ``equal: []``; such rules are not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.matching import Scope
from vedette.check.routes._inhibition import title
from vedette.check.routing import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Rules without ``equal`` or without source matchers, unless they name an alert."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        for rule in routing.value.inhibit_rules:
            source, target = Scope().narrowed(rule.source_matchers), Scope().narrowed(rule.target_matchers)
            named = any(scope.get("alertname").only is not None for scope in (source, target))
            if source.clash or target.clash or named:
                continue
            if not rule.source_matchers:
                yield CHECK.finding(
                    at(routing, rule),
                    title(rule),
                    "it has no source matchers, so every alert mutes its targets",
                    "write source_matchers: which alerts are worse than those they mute",
                )
            elif not rule.equal and "equal" not in rule.written:  # who writes `equal: []` means it
                yield CHECK.finding(
                    at(routing, rule),
                    title(rule),
                    "it has no equal, so one source anywhere mutes all targets everywhere",
                    "write equal: the labels in which both must agree, such as [cluster, namespace, service]",
                )


CHECK = Check(
    code="inhibit-all",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
inhibit_rules:
  - source_matchers: [severity="critical"]  # <-
    target_matchers: [severity="high"]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="high"]
    equal: [service]
  - source_matchers: [alertname="SiteDown"]
    target_matchers: [severity="high"]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
