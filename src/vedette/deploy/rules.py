"""What differs between the rules of two sides: alerts, recordings, and the groups they stand in."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.deploy.change import Change, from_to, short
from vedette.deploy.queries import compare
from vedette.duration import format_duration
from vedette.formats.rules import AlertingRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.deploy.change import Kind
    from vedette.formats.rules import Rule, RuleFile, RuleGroup

__all__ = ["differences", "subject"]

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Found:
    """A rule and the group it stands in."""

    rule: Rule
    file: str
    group: str


def subject(rule: Rule) -> str:
    """``alert NoOrders``."""
    return f"alert {rule.alert}" if isinstance(rule, AlertingRule) else f"recording rule {rule.record}"


def differences(old: Mapping[str, RuleFile], new: Mapping[str, RuleFile]) -> Iterator[Change]:
    """From the rules by file on one side to those on the other."""
    before, after = _by_key(old), _by_key(new)
    left = [key for key in before if key not in after]
    moved: dict[tuple[object, ...], tuple[object, ...]] = {}
    for key in (key for key in after if key not in before):
        same = next((one for one in left if one[2:] == key[2:]), None)
        if same is not None:
            left.remove(same)
            moved[key] = same
    for key, found in after.items():
        was = before.get(moved.get(key, key))
        if was is None:
            yield _change("new", found.rule, f"{subject(found.rule)} is new")
            continue
        if key in moved and was.group != found.group:
            told = f"{subject(found.rule)} moves from group {was.group} to group {found.group}"
            yield _change("changed", found.rule, told, was.group, found.group)
        yield from _rule(was.rule, found.rule)
    for key in left:
        rule = before[key].rule
        yield _change("gone", rule, f"{subject(rule)} is gone")
    yield from _groups(old, new)


def _by_key(files: Mapping[str, RuleFile]) -> dict[tuple[object, ...], _Found]:
    found: dict[tuple[object, ...], _Found] = {}
    for file, content in sorted(files.items()):
        for group in content.groups:
            seen: Counter[str] = Counter()
            for rule in group.rules:
                name = subject(rule)
                found[file, group.name, name, seen[name]] = _Found(rule, file, group.name)
                seen[name] += 1
    return found


def _change(kind: Kind, rule: Rule, sentence: str, old: str = "", new: str = "") -> Change:
    return Change("prometheus", kind, subject(rule), sentence, old, new)


def _rule(old: Rule, new: Rule) -> Iterator[Change]:
    name = new.alert if isinstance(new, AlertingRule) else new.record
    numbers = False
    queries: list[Change] = []
    for one in compare(old.expr, new.expr):
        match one.what:
            case "threshold":
                told = from_to(f"the threshold of {name}", one.old, one.new)
            case "query":
                told = f"{subject(new)} has another query: `{short(one.new)}`"
            case _:
                told = from_to(f"a {one.what} in the query of {name}", one.old, one.new)
        numbers |= one.what != "query"
        threshold = one.what == "threshold"
        queries.append(Change("prometheus", "changed", subject(new), told, one.old, one.new, threshold=threshold))
    texts: list[Change] = []
    if isinstance(old, AlertingRule) and isinstance(new, AlertingRule):
        also: list[str] = []
        for key in dict.fromkeys((*old.annotations, *new.annotations)):
            before, after = old.annotations.get(key, ""), new.annotations.get(key, "")
            if before == after:
                continue
            if numbers and _NUMBER.sub("#", before) == _NUMBER.sub("#", after):
                also.append(f"the {key}")
            else:
                texts.append(_change("changed", new, from_to(f"the {key} of {name}", before, after), before, after))
        if also:
            first = queries[0]
            queries[0] = Change(
                first.target, first.kind, first.subject, first.sentence, first.old, first.new, first.threshold,
                also=tuple(also),
            )  # fmt: skip
    yield from queries
    if isinstance(old, AlertingRule) and isinstance(new, AlertingRule):
        for key, was, now in (
            ("wait", old.for_, new.for_),
            ("keep_firing_for", old.keep_firing_for, new.keep_firing_for),
        ):
            if was != now:
                before, after = format_duration(was), format_duration(now)
                yield _change("changed", new, from_to(f"the {key} of {name}", before, after), before, after)
    for key in dict.fromkeys((*old.labels, *new.labels)):
        before, after = old.labels.get(key, ""), new.labels.get(key, "")
        if before != after:
            what = f"the {key} of {name}" if key in ("severity", "team") else f"the label {key} of {name}"
            yield _change("changed", new, from_to(what, before, after), before, after)
    yield from texts


def _groups(old: Mapping[str, RuleFile], new: Mapping[str, RuleFile]) -> Iterator[Change]:
    """How the groups that both sides have are evaluated."""
    before = {(file, group.name): group for file, content in old.items() for group in content.groups}
    for file, content in new.items():
        for group in content.groups:
            was = before.get((file, group.name))
            if was is not None:
                yield from _group(was, group)


def _group(old: RuleGroup, new: RuleGroup) -> Iterator[Change]:
    name = f"group {new.name}"
    if old.interval != new.interval:
        before, after = (
            format_duration(one.interval) if one.interval else "the usual one" for one in (old, new)
        )  # fmt: skip
        told = from_to(f"the interval of {name}", before, after)
        yield Change("prometheus", "changed", name, told, before, after)
    for key, was, now in (("limit", old.limit, new.limit), ("query_offset", old.query_offset, new.query_offset)):
        if (was or 0) != (now or 0):
            yield Change("prometheus", "changed", name, from_to(f"the {key} of {name}", str(was), str(now)))
    if dict(old.labels) != dict(new.labels):
        yield Change("prometheus", "changed", name, f"{name} gives its rules other labels")
    order = [subject(rule) for rule in old.rules], [subject(rule) for rule in new.rules]
    common = set(order[0]) & set(order[1])
    first, second = ([one for one in side if one in common] for side in order)
    if first != second and Counter(first) == Counter(second):
        yield Change("prometheus", "changed", name, f"the rules of {name} are evaluated in another order")
