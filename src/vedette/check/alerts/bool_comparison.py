"""An alert compares with ``bool``, which turns "only those above" into "0 or 1 for each": it always fires.

``x > 5`` keeps the series above 5. ``x > bool 5`` keeps all of them and makes their values 0 or 1, and an alert fires
for every series, a zero too. ``bool`` is for arithmetic, with a comparison without it around.
https://prometheus.io/docs/prometheus/latest/querying/operators/#comparison-binary-operators
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import outcomes, quoted
from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.promql.ast import Binary, Call, Paren, Unary
from vedette.promql.parser import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Parts of alerts that end in a comparison with ``bool``."""
    for alert in facts.alerts:
        for part in outcomes(alert.query.tree):
            node = _ends_in_bool(part)
            if node is not None and not any(branch.conditions for branch in alert.query.flow.of(part)):
                yield CHECK.finding(
                    alert.query.at(node),
                    alert.subject,
                    f"{quoted(alert.query, node)} is 0 or 1 for every series and holds none back: an alert fires for "
                    "a 0 too",
                    "take `bool` away" if node is part else "compare the whole with > 0",
                    edit=_edit(alert.query, node) if node is part else None,
                )


def _ends_in_bool(part: Expr) -> Binary | None:
    match part:
        case Binary(bool_=True):
            return part
        case Paren() | Unary():
            return _ends_in_bool(part.expr)
        case Binary() if part.op not in COMPARISONS:
            return _ends_in_bool(part.lhs) or _ends_in_bool(part.rhs)
        case Call() if part.args:
            return _ends_in_bool(part.args[-1])
        case _:
            return None


def _edit(query: Query, node: Binary) -> Edit | None:
    start = node.lhs.span.end
    found = re.search(r"\bbool\b\s*", query.text.value[start : node.rhs.span.start])
    return Edit(query.text.locate(start + found.start()), found.group(), "") if found is not None else None


CHECK = Check(
    code="bool-comparison",
    about="alerts",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: shop_queue_length > bool 100  # <-
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
)
