"""An inhibit rule can never mute: its two alerts must agree in a label in which they differ, or none fits one side.

``equal`` compares the labels of the source and of the target. With ``severity="critical"`` on one side and
``severity="high"`` on the other, ``equal: [severity]`` holds for no pair. A label that both lack is equal too. The
matchers alone decide that; where alerts are known, it is also found that none fits a side, or that no two agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.matching import Scope
from vedette.check.routes._inhibition import title
from vedette.check.routing import at, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import InhibitRule

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Rules without a pair of alerts that they could join."""
    known = [scope for alert in facts.alerts for scope in scopes(facts, alert)]
    for routing in facts.routing:
        if routing.generated:
            continue
        for rule in routing.value.inhibit_rules:
            found = _by_matchers(rule)
            if found is not None:
                message, fix = found
                yield CHECK.finding(at(routing, rule), title(rule), message, fix)
            elif known and (message := _by_alerts(rule, known, sure=facts.complete)):
                yield CHECK.finding(
                    at(routing, rule),
                    title(rule),
                    message,
                    "correct its matchers and labels, or remove the rule",
                    certain=facts.complete,
                    level=None if facts.complete else "note",
                )


def _by_matchers(rule: InhibitRule) -> tuple[str, str] | None:
    source, target = Scope().narrowed(rule.source_matchers), Scope().narrowed(rule.target_matchers)
    for side, scope in (("source", source), ("target", target)):
        if scope.clash:
            return f"no alert can be its {side}: its matchers contradict each other", f"correct the {side} matchers"
    for name in rule.equal:
        if source.get(name).and_(target.get(name)).none:
            return (
                f"the alerts must have the same {name!r}, and its matchers ask for different ones",
                f"remove {name!r} from equal",
            )
    return None


def _by_alerts(rule: InhibitRule, known: list[Scope], *, sure: bool) -> str:
    sides = []
    for side, matchers in (("source", rule.source_matchers), ("target", rule.target_matchers)):
        found = [scope for one in known if not (scope := one.narrowed(matchers)).clash]
        if not found:  # among files, the rules of others may make one
            return f"no alert that is known is its {side}" if sure else ""
        sides.append(found)
    for name in rule.equal:
        if name == "alertname" and not sure:
            continue  # a pair of one name may come with the next rule
        if all(one.get(name).and_(other.get(name)).none for one in sides[0] for other in sides[1]):
            return f"no source and target that are known have the same {name!r}"
    return ""


CHECK = Check(
    code="inhibit-never",
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
    equal: [service, severity]
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
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
