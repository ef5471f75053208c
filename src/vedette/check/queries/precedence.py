"""`and` binds tighter than `or`: the query groups otherwise than it reads.

`a > 1 or b > 2 and c` is `a > 1 or (b > 2 and c)`: the condition after `and` holds for the second part alone. Written
from left to right, and often broken over lines, it reads as if it held for both.

Parentheses make it plain, whichever is meant.
https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown
from vedette.promql.ast import Binary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every `and` or `unless` that belongs to the right side of `or` without parentheses."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Binary) or node.op != "or":
                continue
            right = node.rhs
            if isinstance(right, Binary) and right.op in ("and", "unless"):
                yield CHECK.finding(
                    query.at(right),
                    query.owner,
                    f"`{right.op}` binds tighter than `or`: {shown(query, right)} is one side of `or`, and "
                    f"{shown(query, right.rhs)} does not hold for {shown(query, node.lhs)}",
                    f"write parentheses: … or (… {right.op} …) for what it is now, (… or …) {right.op} … for both",
                )


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ShopSlow
        expr: {}{}
"""

CHECK = Check(
    code="precedence",
    about="queries",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE.format("shop_wait > 5 or shop_queue > 100 and shop_open == 1", "  # <-")),
    good=Example("rules.yml", _FILE.format("(shop_wait > 5 or shop_queue > 100) and shop_open == 1", "")),
)
