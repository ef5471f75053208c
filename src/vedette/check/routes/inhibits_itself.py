"""An inhibit rule mutes nothing: whatever could mute is itself what should be muted.

Alertmanager leaves out pairs of alerts that are both source and target of a rule, so that no alert mutes itself or its
like. Where every source is a target and every target a source, no pair is left. It comes to be when a rule is copied
and only one side is changed, or when "one of a kind is enough" is meant, which grouping does, not inhibition.
https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule
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
    """Rules whose two sides take the same alerts."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        for rule in routing.value.inhibit_rules:
            source, target = Scope().narrowed(rule.source_matchers), Scope().narrowed(rule.target_matchers)
            if source.clash or target.clash:
                continue
            if source.satisfies(rule.target_matchers) and target.satisfies(rule.source_matchers):
                yield CHECK.finding(
                    at(routing, rule),
                    title(rule),
                    "source and target take the same alerts, and an alert that is both is not muted by its like: "
                    "the rule never mutes anything",
                    'say on the target side which alerts give way, such as severity="high" beside a critical source',
                )


CHECK = Check(
    code="inhibits-itself",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
inhibit_rules:
  - source_matchers: [severity="critical"]  # <-
    target_matchers: [severity="critical"]
    equal: [service]
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
    target_matchers: [severity=~"high|critical"]
    equal: [service]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
