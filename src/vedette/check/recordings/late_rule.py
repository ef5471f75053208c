"""A rule uses a recorded series that is computed after it, and so sees the value of the evaluation before.

The rules of a group run one after another, from top to bottom. What stands further down, or in another group with a
longer interval, is not yet there when the rule runs: it works with values that are one interval old, and right
after a start with none. Chains of such rules add up.

Move the recording rule above what uses it, and rules that build on each other into one group.
https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.facts import Recording
from vedette.check.reading import nodes
from vedette.duration import format_duration
from vedette.promql.ast import VectorSelector
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Alert, Facts, Group
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every use of a recorded series that comes late."""
    makers: dict[str, list[Recording]] = {}
    for recording in facts.recordings:
        makers.setdefault(recording.name, []).append(recording)
    for group in facts.groups:
        above: set[str] = set()
        for rule in group.rules:
            yield from _late(facts, rule, makers, above)
            if isinstance(rule, Recording):
                above.add(rule.name)


def _late(
    facts: Facts, rule: Alert | Recording, makers: Mapping[str, list[Recording]], above: set[str]
) -> Iterator[Finding]:
    told: set[str] = set()
    for node, _ in nodes(rule.query):
        name = metric_name(node) if isinstance(node, VectorSelector) else ""
        if name not in makers or name in above or name in told or name == rule.name:
            continue
        assert isinstance(node, VectorSelector)
        if node.offset > 0 or node.at is not None:
            continue
        told.add(name)
        maker = makers[name][0]
        what = _how_late(facts, rule, maker)
        if what:
            fix = "move it above this rule" if maker.group is rule.group else "move both into one group, this one last"
            yield CHECK.finding(rule.query.at(node), rule.query.owner, f"{name} is recorded {what}", fix)


def _how_late(facts: Facts, rule: Alert | Recording, maker: Recording) -> str:
    if maker.group is rule.group:
        return f"further down in the same group ({maker.place}), so that its value here is one interval old"
    theirs, own = _interval(facts, maker.group), _interval(facts, rule.group)
    if theirs and own and theirs > own:
        every = format_duration(theirs)
        return f"every {every} in group {maker.group.name}, less often than this rule runs: it is up to {every} old"
    often = bool(theirs and own and 2 * theirs <= own)  # then what is read is never as old as the rule's own interval
    if isinstance(rule, Recording) and not often:
        return f"in another group, {maker.group.name}, which runs at its own moments: it is up to one interval old"
    return ""


def _interval(facts: Facts, group: Group) -> int | None:
    return group.interval or facts.evaluation_interval


_FIRST: Final = """      - record: job:shop_orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m]))
"""
_SECOND: Final = """      - alert: NoOrders
        expr: job:shop_orders:rate5m == 0{}
        for: 10m
"""
_FILE: Final = """groups:
  - name: shop
    rules:
"""

CHECK = Check(
    code="late-rule",
    about="recordings",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE + _SECOND.format("  # <-") + _FIRST),
    good=Example("rules.yml", _FILE + _FIRST + _SECOND.format("")),
)
