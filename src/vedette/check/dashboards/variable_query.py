"""A variable asks for values that cannot be there, so it offers nothing to choose.

`label_values(metric, label)` lists the values of a label. It takes a selector, not a function of it; the metric has to
exist, and to have the label. Where the list is empty, every query with the variable is empty too, and the whole
dashboard says "No data".
https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._variables import query_text, uses
from vedette.formats.grafana_query import tree as tree_of
from vedette.promql.ast import Paren, VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.flow.selectors import metric_name
from vedette.promql.parser import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.grafana import Variable
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_LABEL_VALUES: Final = re.compile(r"label_values\(\s*(?:(.+),)?\s*([\w$]+)\s*\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Problem:
    message: str
    fix: str
    certain: bool = True


def find(facts: Facts) -> Iterator[Finding]:
    """Questions for label values that have no answer."""
    for dashboard in facts.dashboards:
        for index, variable in enumerate(dashboard.value.variables):
            problem = _problem(facts, variable)
            if problem is not None:
                key = "query" if isinstance(variable.query, str) else "query.query"
                yield CHECK.finding(
                    dashboard.locate(f"templating.list[{index}].{key}"),
                    f"variable {variable.name} of {dashboard.subject}",
                    problem.message,
                    problem.fix,
                    certain=problem.certain,
                    level=None if problem.certain else "warning",
                )


def _problem(facts: Facts, variable: Variable) -> _Problem | None:
    source = variable.datasource
    text = query_text(variable).strip()
    foreign = source is not None and source.type not in ("", "prometheus")
    if variable.type != "query" or foreign or not text.startswith("label_values("):
        return None
    match = _LABEL_VALUES.fullmatch(text)
    if match is None:
        if text.endswith(")"):
            return None  # a label in quotes, or what a newer Grafana takes
        return _Problem(f"`{text}` has no closing parenthesis", "write label_values(metric, label)")
    asked, label = match.groups()
    if asked is None:
        return None
    try:
        tree = tree_of(asked)
    except ParseError as error:
        return _Problem(f"`{asked}` is no PromQL: {error.message}", "write a selector, as in label_values(up, job)")
    return None if tree is None else _of_selector(facts, tree, asked.strip(), label)


def _of_selector(facts: Facts, tree: Expr, asked: str, label: str) -> _Problem | None:
    while isinstance(tree, Paren):
        tree = tree.expr
    if not isinstance(tree, VectorSelector):
        return _Problem(
            f"`{asked}` is no selector, and label_values() takes nothing else",
            "write the metric with its matchers alone, or use query_result(…) with a regular expression",
        )
    name = metric_name(tree)
    if uses(label):
        return None
    if facts.complete and name and facts.known(name) is None:
        return _Problem(
            f"it lists the values of {label!r} of `{name}`, which nothing declares",
            f"write a metric that exists{nearest(name, facts.series)}",
        )
    branches = analyse(tree, facts.known).branches
    if all(branch.labels.get(label).state == "never" for branch in branches):
        possible = branches[0].labels.possible() or frozenset()
        listed = ", ".join(sorted(one for one in possible if not one.startswith("__"))) or "none"
        return _Problem(
            f"it lists the values of {label!r}, and `{name or asked}` has no such label; it has {listed}",
            f"write a label that it has{nearest(label, possible)}",
            certain=all(branch.certain for branch in branches),
        )
    return None


CHECK = Check(
    code="variable-query",
    about="dashboards",
    level="error",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(sum by (job) (up), job)", "refresh": 2}
  ]},
  "panels": []
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2}
  ]},
  "panels": []
}
"""),
)  # fmt: skip
