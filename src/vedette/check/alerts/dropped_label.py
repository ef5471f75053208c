"""The text of an alert shows a label that the series of its query do not have: the reader gets an empty place.

A query that aggregates keeps only the labels it groups by: after ``sum by (job) (…)`` there is no ``instance`` left,
and ``{{ $labels.instance }}`` becomes nothing: "High latency on  for 5 minutes". Nothing refuses such a rule; the one
who is called at night finds it. It comes to be when a query is made coarser and its texts stay as they were.

The labels that the rule itself adds, and ``alertname``, are not in ``$labels`` either: those are the query's own.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import possible, quoted
from vedette.check.alerts._texts import Written, all_texts
from vedette.check.check import Check, Example
from vedette.promql.ast import Aggregate, Binary, Call
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding
    from vedette.formats.template_uses import LabelUse
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch, Reason

__all__ = ["CHECK", "find"]

_MADE: Final = frozenset({"service", "team", "dashboard_url"})
"""What build makes from the label job."""


def find(facts: Facts) -> Iterator[Finding]:
    """Labels in texts that all series, or those of one side of an ``or``, lack."""
    for alert in facts.alerts:
        branches = possible(alert.query) or alert.query.flow.branches
        for written in all_texts(alert):
            if alert.pack and written.name in _MADE:
                continue  # `alert-drops-job` tells
            seen: set[str] = set()
            for use in written.uses.labels:
                if not use.guarded and use.name not in seen:
                    seen.add(use.name)
                    yield from _use(alert, written, use, branches)


def _use(alert: Alert, written: Written, use: LabelUse, branches: Sequence[Branch]) -> Iterator[Finding]:
    lacking = [branch for branch in branches if branch.labels.get(use.name).state == "never"]
    shown = f"{written} uses the label {use.name!r}"
    if not lacking:
        if _added_by_rule(alert, use.name, branches):
            yield CHECK.finding(
                written.text.locate(use.offset),
                alert.subject,
                f"{shown}, which the rule adds to the alert: $labels holds only the labels of the query's series, so "
                "the place stays empty unless these have it too",
                "write the value itself into the text",
                certain=False,
                level="warning",
            )
        return
    branch = lacking[0]
    why = branch.labels.get(use.name).why
    node = _cause(alert, why)
    sure = branch.certain or node is not None
    every = len(lacking) == len(branches)
    which = "no series of the query has" if every else "the series of one side of its `or` do not have"
    reason = f": {why.text}" if why is not None else ""
    yield CHECK.finding(
        written.text.locate(use.offset),
        alert.subject,
        f"{shown}, which {which}{reason}{'' if node is None else f', in {quoted(alert.query, node)}'}",
        _fix(alert, use.name, node, branches),
        certain=sure,
        level="error" if every and sure else "warning",
    )


def _added_by_rule(alert: Alert, name: str, branches: Sequence[Branch]) -> bool:
    """Whether the rule sets a label of this name that nothing says the query has."""
    if name not in alert.labels and name != "alertname":
        return False
    selectors = [one for branch in branches for one in branch.selectors]
    if any(one.name.startswith("ALERTS") for one in selectors):
        return False
    return all(branch.labels.get(name).state == "maybe" and name not in branch.labels.named for branch in branches)


def _cause(alert: Alert, why: Reason | None) -> Expr | None:
    """The part of the query that drops it, None where the series never had it."""
    if why is None:
        return None
    nodes = (node for node in walk(alert.query.tree) if node.span == why.span)
    return next((node for node in nodes if isinstance(node, Aggregate | Binary | Call)), None)


def _fix(alert: Alert, name: str, node: Expr | None, branches: Sequence[Branch]) -> str:
    there = _there(branches)
    drop = f"take {name!r} out of the text"
    instead = f"use a label that is there: {', '.join(there)}" if there else drop
    match node:
        case Aggregate() if all(one.labels.get(name).state == "never" for one in alert.query.flow.of(node.expr)):
            return instead
        case Aggregate(without=True):
            return f"take {name!r} out of `without (…)`, or {instead}"
        case Aggregate():
            paired = any(_needs_both(one) for one in walk(alert.query.tree))
            where = " on both sides of the operator" if paired else ""
            return f"write `{node.op} by ({', '.join([*node.grouping, name])})`{where}, or {instead}"
        case Binary():
            return f"add it to `on (…)` or take it over with `group_left ({name})`, or {instead}"
        case Call(func="absent" | "absent_over_time"):
            return f'ask for it in the selector, as {name}="…", or {instead}'
        case _:
            return instead


def _needs_both(node: Expr) -> bool:
    """Whether what one side has, the other must have, too; with ``and on (job)`` it need not."""
    matching = node.matching if isinstance(node, Binary) else None
    return matching is not None and not (matching.on and matching.card == "many-to-many")


def _there(branches: Sequence[Branch]) -> list[str]:
    """The labels that every branch can have, where they are known."""
    sets = [branch.labels.possible() for branch in branches]
    if not sets or any(one is None for one in sets):
        named = [{name for name, label in branch.labels.named.items() if label.state != "never"} for branch in branches]
        return sorted(set.intersection(*named) - {NAME}) if named else []
    return sorted(frozenset.intersection(*(one for one in sets if one is not None)) - {NAME})


CHECK = Check(
    code="dropped-label",
    about="alerts",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum by (job) (rate(shop_errors_total[5m])) > 1
        for: 5m
        labels: {severity: high}
        annotations:
          summary: "Errors on {{ $labels.instance }}"  # <-
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum by (job, instance) (rate(shop_errors_total[5m])) > 1
        for: 5m
        labels: {severity: high}
        annotations:
          summary: "Errors on {{ $labels.instance }}"
""",
    ),
)
