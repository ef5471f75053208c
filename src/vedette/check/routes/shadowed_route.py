"""A route never gets an alert, because one before it takes all that it would get.

Alertmanager goes through routes from top to bottom, and the first that matches ends the search unless it says
``continue: true``. So the special case must stand before the general one. It comes to be when a route is added at the
end. What is found is proven from the matchers; where regular expressions leave it open, nothing is said.
https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at, listed_names, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Routes whose earlier siblings take everything, where those above them are alive."""
    for routing in facts.routing:
        if not routing.value.complete:
            continue  # a matcher that could not be read makes a route look as if it took more
        goes_on = "also=True" if routing.generated else "'continue: true'"
        for node in nodes(routing):
            if node.scope.clash or (node.parent is not None and node.parent.dead):
                continue
            taking = node.taking
            if taking:
                lines = [at(routing, one.route, "matchers", "match", "match_re").line for one in taking]
                which = (
                    f"{taking[0].name} in line {lines[0]}, which comes before it, takes"
                    if len(taking) == 1
                    else f"the routes before it in lines {listed_names(map(str, lines))} together take"
                )
                same = not node.children and all(one.receiver == node.receiver for one in taking)
                yield CHECK.finding(
                    at(routing, node.route),
                    node.name,
                    f"{which} every alert that it would get",
                    f"move it before that one, or write {goes_on} there if both should get the alerts",
                    level="warning" if same else None,
                )


CHECK = Check(
    code="shadowed-route",
    about="routes",
    level="error",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity=~"critical|high"]
      receiver: team
    - matchers: [severity="critical", team="database"]  # <-
      receiver: dba
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: dba
    webhook_configs: [{url: "http://chat.shop.example/dba"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical", team="database"]
      receiver: dba
    - matchers: [severity=~"critical|high"]
      receiver: team
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: dba
    webhook_configs: [{url: "http://chat.shop.example/dba"}]
""",
    ),
)
