"""A label is to be taken from the other side, which does not have it.

`group_left (version)` copies the label `version` from the side that has one series for each. Where that side has lost
it in an aggregation, or never had it, there is nothing to copy: the result has no `version`, and loses the one that
the many side may have had.

Keep the label on the side it comes from: `max by (job, version) (…)`.
https://prometheus.io/docs/prometheus/latest/querying/operators/#group-modifiers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import known, nodes, shown
from vedette.promql.ast import Binary
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every label in ``group_left (…)`` that cannot come."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Binary) or node.matching is None or not node.matching.include:
                continue
            right = node.matching.card == "many-to-one"
            one, group = (node.rhs, "group_left") if right else (node.lhs, "group_right")
            branches = known(query, one)
            for name in node.matching.include:
                if name == NAME:
                    continue  # asked for out of habit; no operation has a name to give
                labels = [branch.labels.get(name) for branch in branches]
                if not labels or any(label.state != "never" for label in labels):
                    continue
                why = labels[0].why
                certain = all(branch.certain for branch in branches)
                yield CHECK.finding(
                    query.at(node),
                    query.owner,
                    f"{group} takes {name} from {shown(query, one)}, which does not have it"
                    f"{f': {why.text}' if why is not None else ''}",
                    f"keep {name} there, or take it out of {group} (…)",
                    certain=certain,
                    level="error" if certain else "warning",
                )


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job_version:shop_orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m])) * on (job) group_left (version) {}(shop_build_info){}
"""

CHECK = Check(
    code="group-left-dropped",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("max by (job) ", "  # <-")),
    good=Example("rules.yml", _FILE.format("max by (job, version) ", "")),
)
