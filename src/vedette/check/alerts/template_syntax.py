"""A label or annotation is not a template that can be run: the alert is sent with an error message in its place.

Braces without end, a function or variable that does not exist, a function with too few arguments. Prometheus refuses
some of these when it loads the rules, others only show when the alert fires, and the text then is ``<error expanding
template: …>``.
https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from vedette.check.check import Check, Example
from vedette.check.templating import correction, fails_always
from vedette.formats.gotemplate import StringMap, TemplateError
from vedette.formats.template_functions import prometheus_functions, prometheus_variables, rule_template
from vedette.formats.template_uses import error_offset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.check.facts import Alert, Facts, Text
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_VARIABLES: Final = ("$labels", "$value", "$externalLabels", "$externalURL")


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
        return error if fails_always(error) else None
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
        correction(
            problem.message,
            functions=prometheus_functions(),
            variables=_VARIABLES,
            fields=(".Labels", ".Value", ".ExternalLabels", ".ExternalURL"),
        ),
    )


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
