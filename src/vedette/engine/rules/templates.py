"""Labels and annotations of alerts: plain text, or a Go template over the alert's labels and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.formats.gotemplate import Template, TemplateError
from vedette.formats.template_functions import prometheus_functions, prometheus_variables, rule_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.formats.template_functions import Query
    from vedette.promql.labels import Labels

__all__ = ["Expander", "Text", "compile_text"]

Text = str | Template
"""What needs no expansion, or the template."""


def compile_text(text: str, alert: str) -> Text:
    """The template, or the text itself where there is nothing to expand.

    A text that is no template becomes Prometheus' own words for that, which the receiver of the alert then reads.
    """
    if "{{" not in text:
        return text
    try:
        return rule_template(text, f"__alert_{alert}")
    except TemplateError as error:
        return _failed(error)


def _failed(error: TemplateError) -> str:
    return f"<error expanding template: {error}>"


@dataclass(frozen=True, slots=True)
class Expander:
    """What templates can reach beside their alert."""

    external_labels: Mapping[str, str]
    external_url: str
    query_at: Callable[[int], Query]
    """Gives the ``query`` function of an instant (milliseconds)."""

    def expand(self, texts: Mapping[str, Text], metric: Labels, value: float, at: int) -> dict[str, str]:
        """Every text with this alert's labels and value; one that fails becomes its error."""
        if all(isinstance(text, str) for text in texts.values()):
            return {name: text for name, text in texts.items() if isinstance(text, str)}
        given = prometheus_variables(dict(metric), value, self.external_labels, self.external_url)
        functions = prometheus_functions(query=self.query_at(at), external_url=self.external_url, now=at)
        expanded: dict[str, str] = {}
        for name, text in texts.items():
            if isinstance(text, str):
                expanded[name] = text
                continue
            try:
                expanded[name] = text.execute(given["data"], variables=given["variables"], functions=functions)
            except TemplateError as error:
                expanded[name] = _failed(error)
        return expanded
