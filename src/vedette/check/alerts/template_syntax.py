"""A label or annotation is not a template that can be run: the alert is sent with an error message in its place.

Braces without end, a function or variable that does not exist, a function with too few arguments. Prometheus refuses
some of these when it loads the rules, others only show when the alert fires, and the text then is ``<error expanding
template: …>``.
https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.formats.gotemplate import StringMap, TemplateError
from vedette.formats.gotemplate.builtins import BUILTINS
from vedette.formats.template_functions import prometheus_functions, prometheus_variables, rule_template
from vedette.formats.template_uses import error_offset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.check.facts import Alert, Facts, Text
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_VARIABLES: Final = ("$labels", "$value", "$externalLabels", "$externalURL")
_WHATEVER_IT_IS_GIVEN: Final = (
    "wrong number of args",
    "wrong type for value",
    "can't evaluate field",
    "can't give argument",
    "missing argument",
)
"""Errors of a run that no other data would have spared."""


def find(facts: Facts) -> Iterator[Finding]:
    """Texts that cannot be parsed, or fail whatever the data."""
    for alert in facts.alerts:
        for kind, items in (("label", alert.labels), ("annotation", alert.annotations)):
            for name, text in items.items():
                problem = _problem(text.value)
                if problem is not None:
                    yield _told(alert, f"the {kind} {name!r}", text, problem)


def _problem(text: str) -> TemplateError | None:
    if "{{" not in text:
        return None
    try:
        template = rule_template(text)
    except TemplateError as error:
        return error
    given = prometheus_variables({}, 1.0)
    data = _Data(**given["data"])
    try:
        template.execute(data, variables=given["variables"], functions=prometheus_functions(query=_one))
    except TemplateError as error:
        certain = any(words in error.message for words in _WHATEVER_IT_IS_GIVEN)
        return error if certain else None
    return None


@dataclass(frozen=True)
class _Data:
    """The first dot. In Prometheus it is a struct: a field that it does not have is an error."""

    Labels: StringMap
    ExternalLabels: StringMap
    ExternalURL: str
    Value: float

    go_type: ClassVar[str] = "the alert's data"


def _one(_expression: str) -> Sequence[tuple[Mapping[str, str], float]]:
    return [({}, 1.0)]


def _told(alert: Alert, what: str, text: Text, problem: TemplateError) -> Finding:
    offset = error_offset(problem, text.value)
    return CHECK.finding(
        text.locate(offset),
        alert.subject,
        f"{what} is no template that can run: {problem.message} (line {problem.line}, column {problem.column} of it)",
        _fix(problem.message),
    )


def _fix(message: str) -> str:
    if (found := re.search(r"function '(.+)' not defined", message)) is not None:
        if f"${found[1]}" in _VARIABLES:
            return f"write ${found[1]}"
        known = [*prometheus_functions(), *BUILTINS]
        return f"call a function that exists{nearest(found[1], known)}"
    if (found := re.search(r"undefined variable '(.+)'", message)) is not None:
        return f"use one of {', '.join(_VARIABLES)}{nearest(found[1], _VARIABLES)}"
    if "unclosed action" in message:
        return "close it with }}"
    if "no {{end}}" in message:
        return "add {{ end }}"
    if "can't evaluate field" in message:
        return "use .Labels, .Value, .ExternalLabels or .ExternalURL"
    return "correct the template at that place"


CHECK = Check(
    code="template-syntax",
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
          summary: "Errors of {{ $label.job }}"  # <-
""",
    ),
    good=Example(
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
          summary: "Errors of {{ $labels.job }}"
""",
    ),
)
