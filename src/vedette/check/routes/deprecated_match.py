"""A route or inhibit rule is written with ``match`` or ``match_re``, which Alertmanager has deprecated.

``matchers`` says the same, and ``!=`` and ``!~`` besides. The old keys go away in some release to come; until then they
work.
https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.routes._inhibition import title
from vedette.check.routing import nodes
from vedette.formats.alertmanager import render_matcher
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import Written

__all__ = ["CHECK", "find"]

_KEYS: Final = (("match", "match_re", "matchers"),)
_SIDES: Final = (
    ("source_match", "source_match_re", "source_matchers"),
    ("target_match", "target_match_re", "target_matchers"),
)


def find(facts: Facts) -> Iterator[Finding]:
    """Old keys, with the new ones for them where that is only a matter of spelling."""
    for routing in facts.routing:
        for node in nodes(routing):
            for keys in _KEYS:
                yield from _found(node.route.written, keys, node.route.matchers, node.name)
        for rule in routing.value.inhibit_rules:
            for keys, matchers in zip(_SIDES, (rule.source_matchers, rule.target_matchers), strict=True):
                yield from _found(rule.written, keys, matchers, title(rule))


def _found(
    written: Mapping[str, Written], keys: tuple[str, str, str], matchers: Sequence[Matcher], subject: str
) -> Iterator[Finding]:
    old = [key for key in keys[:2] if key in written]
    if not old:
        return
    plain = ", ".join(_rendered(matcher) for matcher in matchers)
    edit = None
    first = written[old[0]]
    if len(old) == 1 and keys[2] not in written and matchers and _simple(first.text) and plain.isprintable():
        edit = Edit(first.place, first.text, f"{keys[2]}: [{plain}]")
    yield CHECK.finding(
        first.place,
        subject,
        f"{' and '.join(old)} {'is' if len(old) == 1 else 'are'} deprecated",
        f"write {keys[2]}: [{plain}]" if plain else f"write {keys[2]} instead",
        edit=edit,
    )


def _rendered(matcher: Matcher) -> str:
    value = matcher.value
    if matcher.op == "=~" and value.startswith("^(?:") and value.endswith(")$"):
        value = value[4:-2]  # as it was written; both spellings are anchored
    text = render_matcher(Matcher(matcher.name, matcher.op, value))
    return "'" + text.replace("'", "''") + "'"


def _simple(text: str) -> bool:
    """Whether nothing stands there that a change would lose: comments, anchors, aliases."""
    return bool(text) and not any(mark in text for mark in ("#", "&", "*", "<<"))


CHECK = Check(
    code="deprecated-match",
    about="routes",
    level="note",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - match:  # <-
        severity: critical
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
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
