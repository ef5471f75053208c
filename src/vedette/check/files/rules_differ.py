"""The rules that run are not those in the files.

What was reviewed and tested is then not what wakes somebody. It comes to be when a change was never loaded (no reload,
a failed one, another branch in service), and when somebody changed the rules on the server by hand. An expression that
is only written differently is the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.facts import Alert
from vedette.check.live.answers import plain
from vedette.duration import format_duration
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as printed

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from vedette.check.facts import Facts, Group, Recording
    from vedette.check.finding import Finding
    from vedette.check.live.server import Live, Rule
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Rules that do not run, or not so; and in groups that do run, rules that stand in no file any more."""
    live = facts.server
    if live is None or live.rules is None:
        return
    running: dict[tuple[str, str], list[Rule]] = {}
    for one in live.rules:
        running.setdefault((one.kind, one.name), []).append(one)
    groups = [group for group in facts.groups if group.rules]
    if groups and not any(_runs(group, running) for group in groups):
        yield _finding(
            groups[0].place,
            "the rules",
            f"none of the rules here runs on {live.url}",
            "load them (rule_files in prometheus.yml, then reload), or ask the server that evaluates them",
        )
        return
    for group in groups:
        if len(group.rules) > 1 and not _runs(group, running):
            yield _finding(
                group.place,
                f"group {group.name}",
                f"none of its {len(group.rules)} rules runs on {live.url}",
                "load the file it stands in, and reload",
            )
            continue
        for rule in group.rules:
            yield from _rule(rule, running.get(_key(rule), []), live)
    yield from _left(facts, live)


def _runs(group: Group, running: Container[tuple[str, str]]) -> bool:
    return any(_key(rule) in running for rule in group.rules)


def _finding(place: Place, subject: str, message: str, fix: str) -> Finding:
    return CHECK.finding(place, subject, message, fix)


def _key(rule: Alert | Recording) -> tuple[str, str]:
    return "alerting" if isinstance(rule, Alert) else "recording", rule.name


def _subject(rule: Alert | Recording) -> str:
    return rule.subject if isinstance(rule, Alert) else f"recording rule {rule.name}"


def _rule(rule: Alert | Recording, running: Sequence[Rule], live: Live) -> Iterator[Finding]:
    subject = _subject(rule)
    if not running:
        yield _finding(
            rule.place,
            subject,
            f"it does not run on {live.url}",
            "load the file it stands in, and reload",
        )
        return
    same = [one for one in running if _is(rule.query.tree, one.query)]
    if not same:
        yield _finding(
            rule.query.text.place,
            subject,
            f"it runs on {live.url} with another expression: `{_short(running[0].query)}`",
            "load the file, or take over into it what was changed on the server",
        )
    elif isinstance(rule, Alert) and all(one.for_ != rule.for_ for one in same):
        yield _finding(
            rule.places.get("for", rule.place),
            subject,
            f"it waits {format_duration(rule.for_)} here, and {format_duration(same[0].for_)} on {live.url}",
            "load the file, or take over into it what was changed on the server",
        )


def _is(tree: Expr, query: str) -> bool:
    """Whether both mean the same, however they are written."""
    try:
        other = parse(query)
    except ParseError:
        return False
    return tree == other or printed(tree) == printed(other)


def _short(query: str) -> str:
    text = plain(query)
    return text if len(text) <= 90 else f"{text[:60]} … {text[-25:]}"


def _left(facts: Facts, live: Live) -> Iterator[Finding]:
    """Rules that run in a group of the same name, in a file of the same name, and stand in no file."""
    here = {_key(rule) for group in facts.groups for rule in group.rules}
    groups = {(group.name, _base(group.file)): group for group in facts.groups}
    for rule in live.rules or ():
        group = groups.get((rule.group, _base(rule.file)))
        if group is not None and (rule.kind, rule.name) not in here:
            yield _finding(
                group.place,
                f"group {group.name}",
                f"{rule.name} runs in this group on {live.url}, and stands in none of the files",
                "load the file, so that it goes; or take it over into the file",
            )


def _base(file: str) -> str:
    return file.rpartition("/")[2]


_RULES: Final = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job) (rate(shop_orders_total[30m])) == 0{}
        for: 30m
"""


def _answers(query: str) -> Example:
    rule = {"type": "alerting", "name": "NoOrders", "query": query, "duration": 1800, "labels": {}}
    answers = {
        "label/__name__/values": ["shop_orders_total"],
        "rules": {"groups": [{"name": "shop", "file": "/etc/prometheus/rules.yml", "rules": [rule]}]},
    }
    return Example("server.json", json.dumps(answers, indent=2))


CHECK = Check(
    code="rules-differ",
    about="files",
    level="note",
    find=find,
    live_only=True,
    bad=Example(
        "rules.yml", _RULES.format("  # <-"), beside=(_answers("sum by (job) (rate(shop_orders_total[5m])) == 0"),)
    ),
    good=Example("rules.yml", _RULES.format(""), beside=(_answers("sum by(job) (rate(shop_orders_total[30m])) == 0"),)),
)
