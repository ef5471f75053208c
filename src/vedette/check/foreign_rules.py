"""Groups of rules in anybody's files as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.facts import Alert, Group, Query, Recording, Text
from vedette.check.foreign_dashboards import LOGS
from vedette.formats import rules, yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.check.problems import Problems
    from vedette.errors import ConfigError
    from vedette.place import Place
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


def groups_of(nodes: Iterable[yaml.Node], problems: Problems, known: Known, lost: dict[str, Place]) -> list[Group]:
    """The groups under these nodes; what is wrong with them goes to ``problems``.

    ``lost`` gets the names that a broken rule would record. What is no PromQL at all (logs, Graphite) is left out.
    """
    kept = [node for node in nodes if _child(node, "type") in ("", "prometheus")]

    def told(error: ConfigError, node: yaml.Node) -> None:
        if LOGS.search(_child(node, "expr")):
            return
        problems.take(error, name_of(node))
        if record := _child(node, "record"):
            lost[record] = node.place

    found = rules.groups(kept, told)
    for node in kept:
        for error in node.unknown(GROUP):
            problems.take(error, name_of(node))
    return [_group(group, problems.file, known) for group in found]


def _child(node: yaml.Node, key: str) -> str:
    """The text under a key, where there is one."""
    if node.kind == "mapping":
        for name, value in zip(node.children[::2], node.children[1::2], strict=True):
            if name.text == key and value.kind == "text":
                return value.text
    return ""


def name_of(node: yaml.Node) -> str:
    """How findings call a rule or group, as far as its name can be read; else nothing."""
    words = {"alert": "alert", "record": "recording rule", "name": "group"}
    return next((f"{word} {name}" for key, word in words.items() if (name := _child(node, key))), "")


def _text(node: yaml.Node) -> Text:
    return Text(node.string(), lambda: node.place_of(0), node.place_of)


def _group(group: rules.RuleGroup, file: str, known: Known) -> Group:
    assert group.place is not None
    made = Group(name=group.name, file=file, interval=group.interval, place=group.place)
    for rule in group.rules:
        made.rules.append(_rule(rule, made, known, group))
    return made


def _rule(rule: rules.Rule, group: Group, known: Known, read: rules.RuleGroup) -> Alert | Recording:
    assert rule.place is not None
    assert rule.tree is not None
    expr = _text(rule.written["expr"][1])
    if isinstance(rule, rules.RecordingRule):
        query = Query(expr, rule.tree, f"recording rule {rule.record}", known)
        return Recording(
            name=rule.record, query=query, labels={**read.labels, **rule.labels}, group=group, place=rule.place
        )  # fmt: skip
    return Alert(
        name=rule.alert,
        query=Query(expr, rule.tree, f"alert {rule.alert}", known),
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
