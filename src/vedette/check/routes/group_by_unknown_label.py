"""A route groups by a label that no alert has.

A label that is missing everywhere splits nothing: all alerts of the route come in one message, the unrelated ones too.
Mostly it is misspelt (``alert_name`` for ``alertname``), or the metrics call it otherwise.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at, nodes, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.matching import Scope

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Labels of ``group_by`` that are on no alert, or that are nearly one that is."""
    known = [scope for alert in facts.alerts for scope in scopes(facts, alert)]
    names = {"alertname", *(name for scope in known for name in scope.labels if not name.startswith("__"))}
    for routing in facts.routing:
        if routing.generated:
            continue
        for node in nodes(routing):
            for index, name in enumerate(node.route.group_by or ()):
                absent = name != "..." and bool(known) and not any(_there(scope, name) for scope in known)
                near = "" if name in names else _near(name, names)
                if absent or near:
                    yield CHECK.finding(
                        at(routing, node.route, f"group_by[{index}]", "group_by"),
                        node.name,
                        f"no alert has the label {name!r}, so it separates nothing"
                        + (f"; {near!r} is near" * bool(near)),
                        f"write {near!r}" if near else "group by a label that the alerts have",
                        certain=absent and facts.complete,
                        level=None if near or facts.complete else "note",
                    )


def _there(scope: Scope, name: str) -> bool:
    values = scope.get(name)
    return values.only is None or bool(values.only - {""})


def _near(name: str, names: set[str]) -> str:
    """A label that is the same but for case, ``_`` or a letter."""
    plain = {one.replace("_", "").lower(): one for one in sorted(names)}
    folded = name.replace("_", "").lower()
    near = get_close_matches(folded, plain, n=1, cutoff=0.9)
    return plain[near[0]] if near else ""


CHECK = Check(
    code="group-by-unknown-label",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_by: [alert_name]  # <-
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_by: [alertname, cluster]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
