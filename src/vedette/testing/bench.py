"""A stack as its tests see it: its rules as they are built, and every series that it knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette import packs
from vedette.build.plan import plan
from vedette.build.prometheus import rule_files
from vedette.duration import milliseconds
from vedette.formats.rules import AlertingRule, RecordingRule, RuleGroup
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.parser import parse
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.build.plan import Plan
    from vedette.build.series import Known
    from vedette.catalog import Environment, Stack
    from vedette.formats.rules import Rule

_PACKS: Final = Path(packs.__file__).parent

__all__ = ["Bench", "bench", "reads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What cases of a stack are judged on."""

    plan: Plan
    groups: Mapping[str, tuple[RuleGroup, ...]]
    """Pack → its groups of rules, as they are built."""

    @property
    def environment(self) -> Environment:
        """Where it is judged; at its own pace, whatever the time scale there."""
        return self.plan.environment

    @property
    def known(self) -> Known:
        """Every series of the stack, by name."""
        return self.plan.known

    @property
    def interval(self) -> int:
        """Milliseconds between evaluations."""
        return milliseconds(self.environment.evaluation_interval)

    def alerts(self) -> dict[str, str]:
        """Alert → its pack."""
        return {
            rule.alert: pack
            for pack, groups in self.groups.items()
            for group in groups
            for rule in group.rules
            if isinstance(rule, AlertingRule)
        }

    def shipped(self) -> frozenset[str]:
        """The alerts that Vedette's own packs bring, and those it derives from objectives: they are tested with it."""
        rules = [rule for groups in self.groups.values() for group in groups for rule in group.rules]
        derived = {alert.name for use in self.plan.uses for one in use.objectives for alert in one.alerts}
        return frozenset(derived) | frozenset(
            rule.alert
            for rule in rules
            if isinstance(rule, AlertingRule) and rule.place is not None and Path(rule.place.file).parent == _PACKS
        )

    def needed(self, alert: str) -> tuple[RuleGroup, ...]:
        """The rules of this alert and those whose series it reads, however far back."""
        rules = [rule for groups in self.groups.values() for group in groups for rule in group.rules]
        wanted: list[Rule] = [rule for rule in rules if isinstance(rule, AlertingRule) and rule.alert == alert]
        taken: set[int] = set()
        while wanted:
            rule = wanted.pop()
            if id(rule) in taken:
                continue
            taken.add(id(rule))
            names = set(reads(rule))
            wanted += [other for other in rules if _written(other) & names or None in names]
        found = []
        for groups in self.groups.values():
            for group in groups:
                own = tuple(rule for rule in group.rules if id(rule) in taken)
                if own:
                    found.append(replace(group, rules=own))
        return tuple(found)


def bench(stack: Stack, environment: Environment | str = "local") -> Bench:
    """The bench of a stack in an environment.

    Raises:
        DeclarationError: something declared cannot be built.
    """
    chosen = stack.environment(environment) if isinstance(environment, str) else environment
    chosen = replace(chosen, time_scale=1.0)
    resolved = plan(stack, chosen)
    return Bench(plan=resolved, groups={pack: file.groups for pack, file in rule_files(resolved).items()})


def reads(rule: Rule) -> Iterator[str | None]:
    """The names of the series that a rule reads; None for a selector that may read any."""
    for node in walk(parse(rule.expr)):
        if isinstance(node, VectorSelector):
            named = [matcher.value for matcher in node.matchers if matcher.name == NAME and matcher.op == "="]
            yield named[0] if named else None


def _written(rule: Rule) -> set[str | None]:
    return {rule.record} if isinstance(rule, RecordingRule) else {"ALERTS", "ALERTS_FOR_STATE"}
