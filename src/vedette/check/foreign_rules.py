"""Groups of rules in anybody's files as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.facts import Alert, Group, Query, Recording, Text
from vedette.formats import rules, yaml
from vedette.promql.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.check.problems import Problems
    from vedette.errors import ConfigError
    from vedette.promql.flow import Known

__all__ = ["groups_of", "name_of"]

# Keys of what else reads such files: Thanos, Mimir, Loki, VictoriaMetrics. They change nothing of what a rule means.
_RULES: Final = yaml.shape("alert annotations debug expr for keep_firing_for labels record update_entries_limit")
GROUP: Final = yaml.shape(
    "align_evaluation_time_on_interval concurrency debug eval_alignment eval_delay eval_offset evaluation_delay "
    "headers interval labels limit name notifier_headers params partial_response_strategy query_offset remote_write "
    "source_tenants tenant type",
    rules=_RULES,
)


def groups_of(nodes: Iterable[yaml.Node], problems: Problems, known: Known) -> list[Group]:
    """The groups under these nodes; what is wrong with them goes to ``problems``."""
    kept = list(nodes)
    for node in kept:
        for error in node.unknown(GROUP):
            problems.take(error, name_of(node))
    found = rules.groups(kept, lambda error, node: _told(error, node, problems))
    return [_group(group, problems.file, known) for group in found]


def _told(error: ConfigError, node: yaml.Node, problems: Problems) -> None:
    problems.take(error, name_of(node))


def name_of(node: yaml.Node) -> str:
    """How findings call a rule or group, as far as its name can be read; else nothing."""
    if node.kind != "mapping":
        return ""
    words = {"alert": "alert", "record": "recording rule", "name": "group"}
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if key.text in words and value.kind == "text" and value.text:
            return f"{words[key.text]} {value.text}"
    return ""


def _text(node: yaml.Node) -> Text:
    return Text(node.string(), node.place_of(0), node.place_of)


def _group(group: rules.RuleGroup, file: str, known: Known) -> Group:
    assert group.place is not None
    made = Group(name=group.name, file=file, interval=group.interval, place=group.place)
    for rule in group.rules:
        made.rules.append(_rule(rule, made, known, group))
    return made


def _rule(rule: rules.Rule, group: Group, known: Known, read: rules.RuleGroup) -> Alert | Recording:
    assert rule.place is not None
    expr = _text(rule.written["expr"][1])
    if isinstance(rule, rules.RecordingRule):
        query = Query(expr, parse(rule.expr), f"recording rule {rule.record}", known)
        return Recording(
            name=rule.record, query=query, labels={**read.labels, **rule.labels}, group=group, place=rule.place
        )  # fmt: skip
    return Alert(
        name=rule.alert,
        query=Query(expr, parse(rule.expr), f"alert {rule.alert}", known),
        for_=rule.for_,
        keep_firing_for=rule.keep_firing_for,
        labels={**_texts(read, "labels", read.labels), **_texts(rule, "labels", rule.labels)},
        annotations=_texts(rule, "annotations", rule.annotations),
        group=group,
        place=rule.place,
        places={path: key.place for path, (key, _) in rule.written.items()},
    )


def _texts(rule: rules.AlertingRule | rules.RuleGroup, key: str, values: Mapping[str, str]) -> dict[str, Text]:
    return {name: _text(rule.written[f"{key}.{name}"][1]) for name in values}
