"""An alert fires, and nobody is told: its route ends at a receiver that sends nothing.

It stands on Alertmanager's page, red, and no message leaves. In a stack it comes to be when every receiver says which
severities it takes and one severity is in none of them; in files, when a receiver is a name with nothing below it. A
receiver whose name says that it is meant so (``null``, ``blackhole``) is not counted.

A stack without any receiver is looked at and tells nobody, which is right on a desk. One whose environment sends its
alerts on is found: `Environment("production", alertmanagers=["am:9093"])` without `notify=`, there or in the stack.
Where that Alertmanager has routes that others keep, `notify=[]` of the environment says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import ends, integrations, is_meant_for_nobody, listed_names, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts, Routing
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts all of whose possible ends tell nobody, those with one receiver and severity together."""
    for routing in facts.routing:
        config = routing.value
        telling = {one.name for one in config.receivers if integrations(one)}
        if not config.complete:
            continue
        if routing.generated and not telling:
            yield from _without_receivers(facts)
            continue
        lost: dict[tuple[str, str], list[Alert]] = {}
        for told in ends(facts, tree(config)):
            names = {node.receiver for node in told.nodes}
            meant = not routing.generated and all(map(is_meant_for_nobody, names))
            if not names & telling and not meant:
                severity = told.alert.labels.get("severity")
                lost.setdefault((min(names), severity.value if severity else ""), []).append(told.alert)
        for (receiver, value), alerts in lost.items():
            yield _finding(routing, receiver, value, alerts)


def _without_receivers(facts: Facts) -> Iterator[Finding]:
    """A stack that has no receiver, and sends its alerts to an Alertmanager all the same."""
    if facts.stack is None or not facts.alerts:
        return
    environment = facts.stack.environment(facts.environment)
    if environment.alertmanagers and environment.notify is None:
        yield CHECK.finding(
            environment.place,
            f"environment {environment.name}",
            f"alerts go to {listed_names(environment.alertmanagers)}, and there is no receiver, so nobody is told of "
            f"{listed_names(alert.name for alert in facts.alerts)}",
            'write a receiver into notify=, such as Email("oncall@example.com"), or notify=[] where that Alertmanager '
            "has routes of its own",
        )


def _finding(routing: Routing, receiver: str, severity: str, alerts: list[Alert]) -> Finding:
    names = listed_names(alert.name for alert in alerts)
    if routing.generated:
        what = f"no receiver of the stack takes the severity {severity!r}, so nobody is told of {names}"
        fix = f"add {severity!r} to the severities= of a receiver, or a receiver without severities="
    else:
        whom = f" of {names}" if len(alerts) > 1 else ""
        what = f"the route ends at the receiver {receiver!r}, which has no integration, so nobody is told{whom}"
        fix = f"write how {receiver!r} tells, such as 'email_configs:', or route the alert to one that does"
    return CHECK.finding(alerts[0].place, alerts[0].subject, what, fix)


CHECK = Check(
    code="alert-to-nobody",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown  # <-
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
""",
        beside=(
            Example(
                "alertmanager.yml",
                """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: oncall
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: oncall
""",
            ),
        ),
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
""",
        beside=(
            Example(
                "alertmanager.yml",
                """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: oncall
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: oncall
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
            ),
        ),
    ),
)
