"""Texts of alerts: plain ones are left alone, templates see the alert, mistakes are told in the text."""

from __future__ import annotations

from vedette.engine.rules.templates import Expander, compile_text
from vedette.formats.gotemplate import Template

METRIC = (("__name__", "up"), ("job", "shop"))


def expander(answers=()) -> Expander:
    return Expander({"env": "test"}, "http://h:1/x", lambda at: lambda query: [({"q": query, "at": str(at)}, 1.0)])


def expand(text: str, value: float = 0.5) -> str:
    return expander().expand({"t": compile_text(text, "Hot")}, METRIC, value, 42)["t"]


def test_a_text_without_braces_is_not_a_template() -> None:
    assert compile_text("100 % { }} sure", "Hot") == "100 % { }} sure"
    assert isinstance(compile_text("{{ 1 }}", "Hot"), Template)


def test_templates_see_labels_value_and_the_server() -> None:
    assert expand("{{ $labels.job }} {{ .Labels.job }} {{ $labels.nope }}|") == "shop shop |"
    assert expand("{{ $value | humanizePercentage }} {{ .Value }}") == "50% 0.5"
    assert expand("{{ $externalLabels.env }} {{ $externalURL }} {{ externalURL }} {{ pathPrefix }}") == (
        "test http://h:1/x http://h:1/x /x"
    )


def test_a_template_asks_queries_at_the_instant_of_its_evaluation() -> None:
    assert expand('{{ with query "up == 1" }}{{ . | first | label "q" }} at {{ . | first | label "at" }}{{ end }}') == (
        "up == 1 at 42"
    )


def test_a_broken_template_becomes_its_error_and_the_other_texts_stand() -> None:
    texts = {
        "bad": compile_text("{{ nope }}", "Hot"),
        "worse": compile_text("{{ $value | toTime | humanize }}", "Hot"),
        "good": "plain",
        "fine": compile_text("{{ $value }}", "Hot"),
    }
    expanded = expander().expand(texts, METRIC, 1.0, 0)
    assert expanded["bad"].startswith("<error expanding template: ")
    assert "nope" in expanded["bad"]
    assert expanded["worse"].startswith("<error expanding template: ")
    assert (expanded["good"], expanded["fine"]) == ("plain", "1")
