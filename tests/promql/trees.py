"""Trees made comparable: what two trees may differ in without meaning something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.promql.ast import VectorSelector
from vedette.promql.walk import rewrite

if TYPE_CHECKING:
    from vedette.promql.ast import Expr
    from vedette.promql.labels import Matcher


def ordered(tree: Expr) -> Expr:
    """The tree with the matchers of every selector in one order; printing sorts them, as Prometheus does."""

    def key(matcher: Matcher) -> tuple[str, str, str]:
        return matcher.name, matcher.op, matcher.value

    def change(node: Expr) -> Expr:
        if isinstance(node, VectorSelector):
            return replace(node, matchers=tuple(sorted(node.matchers, key=key)))
        return node

    return rewrite(tree, change)
