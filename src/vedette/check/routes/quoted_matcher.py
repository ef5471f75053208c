"""The value of a matcher is in single quotes, which count as part of it: it matches nothing.

Alertmanager knows double quotes and none at all. In ``severity='critical'`` the value is nine characters and two
quotes, and no label has that. YAML's own quotes go around the whole matcher: ``'severity="critical"'``.
https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routes._inhibition import title
from vedette.check.routing import at, is_quoted, nodes
from vedette.formats.alertmanager import render_matcher
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Facts, Routing
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import InhibitRule, Route

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Matchers of routes, then those of inhibit rules."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for node in nodes(routing):
            yield from _found(routing, node.route, node.route.matchers, ("matchers", "match", "match_re"), node.name)
        for rule in routing.value.inhibit_rules:
            for side, matchers in (("source", rule.source_matchers), ("target", rule.target_matchers)):
                keys = (f"{side}_matchers", f"{side}_match", f"{side}_match_re")
                yield from _found(routing, rule, matchers, keys, title(rule))


def _found(
    routing: Routing, value: Route | InhibitRule, matchers: Sequence[Matcher], keys: tuple[str, ...], subject: str
) -> Iterator[Finding]:
    for matcher in matchers:
        text = matcher.value
        if is_quoted(text):
            yield CHECK.finding(
                at(routing, value, *keys),
                subject,
                f"the value of {matcher} has its single quotes in it, so it is never equal to a label's",
                f"write {render_matcher(Matcher(matcher.name, matcher.op, text[1:-1]))}",
            )


CHECK = Check(
    code="quoted-matcher",
    about="routes",
    level="error",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity='critical']  # <-
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: ['severity="critical"']
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
