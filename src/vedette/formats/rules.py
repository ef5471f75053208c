"""Prometheus rule files as typed values: the one reader and writer of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration
from vedette.errors import ConfigError
from vedette.formats import yaml
from vedette.promql.parser import ParseError, parse

if TYPE_CHECKING:
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = [
    "AlertingRule", "Problem", "RecordingRule", "Rule", "RuleFile", "RuleGroup", "groups", "keys", "read", "write",
]  # fmt: skip

# https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
RULE_FILE: yaml.Shape = {
    "groups": yaml.shape(
        "interval labels limit name query_offset",
        rules=yaml.shape("alert annotations expr for keep_firing_for labels record"),
    )
}
Problem = Callable[[ConfigError, yaml.Node], None]
"""Told of what is wrong with a group or rule (the node): then reading goes on with what is left."""
Written = Mapping[str, tuple[yaml.Node, yaml.Node]]
"""Key and value of what a rule or group says, by their path: ``for``, ``labels.severity``."""
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """``record:`` rule. ``expr`` is text; whoever evaluates parses it once."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    expr_place: Place | None = field(default=None, compare=False)
    written: Written = field(default_factory=dict, compare=False, repr=False)
    tree: Expr | None = field(default=None, compare=False, repr=False)
    """Of ``expr``, where it was read from a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingRule:
    """``alert:`` rule; durations in milliseconds."""

    alert: str
    expr: str
    for_: int = 0
    keep_firing_for: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    expr_place: Place | None = field(default=None, compare=False)
    written: Written = field(default_factory=dict, compare=False, repr=False)
    tree: Expr | None = field(default=None, compare=False, repr=False)


Rule = RecordingRule | AlertingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules evaluated one after another at one interval. ``interval`` None inherits the global one."""

    name: str
    rules: tuple[Rule, ...]
    interval: int | None = None
    query_offset: int | None = None
    limit: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    written: Written = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file of groups."""

    groups: tuple[RuleGroup, ...]
    path: str = field(default="", compare=False)


def read(text: str, path: str) -> RuleFile:
    """The values of a rule file; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix; for broken PromQL the place of the character.
    """
    top = yaml.read(text, path, RULE_FILE, "the rule file")
    found = groups(top.items("groups"), _refuse)
    for group in found:
        _refuse_twins(group)
    return RuleFile(groups=found, path=path)


def groups(nodes: Iterable[yaml.Node], problem: Problem) -> tuple[RuleGroup, ...]:
    """The groups of a file, or of what else holds groups.

    What is wrong goes to ``problem``. Where that returns, a rule whose expression or name cannot be read is left out,
    and any other key that cannot be is as if it were not written. Keys that are unknown are not looked for.
    """
    found: list[RuleGroup] = []
    first: dict[str, RuleGroup] = {}
    for node in nodes:
        try:
            group = _group(node, problem)
            other = first.setdefault(group.name, group)
            if other is not group and other.place:
                message = f"group {group.name!r} is defined twice, first in line {other.place.line}; rename one"
                problem(node.error(message), node)
            found.append(group)
        except ConfigError as error:
            problem(error, node)
    return tuple(found)


def _refuse(error: ConfigError, _node: yaml.Node) -> None:
    raise error from None


def _group(node: yaml.Node, problem: Problem) -> RuleGroup:
    section = node.section(lambda error: problem(error, node))
    return RuleGroup(
        name=section.required("name", "write 'name: …', unique in the file"),
        rules=tuple(_rules(section.items("rules"), problem)),
        interval=section.optional_duration("interval") or None,
        query_offset=section.optional_duration("query_offset"),
        limit=section.integer("limit"),
        labels=_labels(section, "labels"),
        place=section.place,
        written=_written(section),
    )


def _rules(nodes: Iterable[yaml.Node], problem: Problem) -> Iterator[Rule]:
    for node in nodes:
        try:
            yield _rule(node, problem)
        except ConfigError as error:
            problem(error, node)


def _refuse_twins(group: RuleGroup) -> None:
    seen: dict[tuple[str, str], list[Rule]] = {}
    for rule in group.rules:
        same = seen.setdefault((_named(rule), rule.expr), [])
        other = next((other for other in same if other == rule), None)
        if other is not None and other.place:
            raise ConfigError(
                f"{rule.place}: {_named(rule)} stands twice in group {group.name!r}, first in line {other.place.line}; "
                "keep one"
            )
        same.append(rule)


def _named(rule: Rule) -> str:
    return f"alert {rule.alert!r}" if isinstance(rule, AlertingRule) else f"record {rule.record!r}"


def _rule(node: yaml.Node, problem: Problem) -> Rule:
    section = node.section(lambda error: problem(error, node))
    alert, record = section.string("alert"), section.string("record")
    if alert and record:
        raise section.error(f"a rule is either an alert or a record, this is both {alert!r} and {record!r}", "record")
    if not alert and not record:
        raise section.error(
            "a rule has neither alert nor record; write 'alert: Name' or 'record: level:metric:operation'"
        )
    expr = section.get("expr")
    if expr is None or not expr.string():
        raise section.error("rule has no expr; write 'expr: …' in PromQL", "expr")
    tree = _tree(expr)
    if alert:
        return AlertingRule(
            alert=alert,
            expr=expr.string(),
            for_=section.duration("for"),
            keep_firing_for=section.duration("keep_firing_for"),
            labels=_labels(section, "labels"),
            annotations=_labels(section, "annotations"),
            place=section.place,
            expr_place=expr.place_of(0),
            written=_written(section),
            tree=tree,
        )
    for key in ("for", "keep_firing_for", "annotations"):
        if section.get(key):
            section.report(
                section.error(f"recording rule {record!r} has {key}, which only alerts have; remove it", key)
            )
    if not METRIC_NAME.fullmatch(record):
        raise section.error(
            f"record {record!r} is no metric name; use letters, digits, '_' and ':', not a digit first", "record"
        )
    return RecordingRule(
        record=record,
        expr=expr.string(),
        labels=_labels(section, "labels"),
        place=section.place,
        expr_place=expr.place_of(0),
        written=_written(section),
        tree=tree,
    )


def _labels(section: yaml.Section, key: str) -> dict[str, str]:
    pairs = section.pairs(key)
    for name in pairs:
        if not name or (name == "__name__" and key == "labels"):
            section.report(section.error(f"{name!r} cannot be a name in {key}; rename or remove it", key))
    return pairs


def _written(section: yaml.Section) -> Written:
    found: dict[str, tuple[yaml.Node, yaml.Node]] = dict(section.entries)
    for key in ("labels", "annotations"):
        found.update({f"{key}.{name}": pair for name, pair in section.section(key).entries.items()})
    return found


def _tree(node: yaml.Node) -> Expr:
    try:
        return parse(node.string())
    except ParseError as error:
        at = node.place_of(min(error.position, len(node.string())))
        raise ConfigError(f"{at}: {error.message}") from None


def write(file: RuleFile) -> str:
    """The text of a rule file that reads as ``file``; what has its default value is left out."""
    return yaml.write(keys(file))


def keys(file: RuleFile) -> dict[str, Any]:
    """What stands in it, as the objects of YAML."""
    return {"groups": [_group_keys(group) for group in file.groups]}


def _group_keys(group: RuleGroup) -> dict[str, Any]:
    keys: dict[str, Any] = {"name": group.name}
    if group.interval:
        keys["interval"] = format_duration(group.interval)
    if group.query_offset is not None:
        keys["query_offset"] = format_duration(group.query_offset)
    if group.limit:
        keys["limit"] = group.limit
    if group.labels:
        keys["labels"] = dict(group.labels)
    return keys | {"rules": [_rule_keys(rule) for rule in group.rules]}


def _rule_keys(rule: Rule) -> dict[str, Any]:
    keys: dict[str, Any]
    if isinstance(rule, RecordingRule):
        keys = {"record": rule.record, "expr": rule.expr}
    else:
        keys = {"alert": rule.alert, "expr": rule.expr}
        if rule.for_:
            keys["for"] = format_duration(rule.for_)
        if rule.keep_firing_for:
            keys["keep_firing_for"] = format_duration(rule.keep_firing_for)
    if rule.labels:
        keys["labels"] = dict(rule.labels)
    if isinstance(rule, AlertingRule) and rule.annotations:
        keys["annotations"] = dict(rule.annotations)
    return keys
