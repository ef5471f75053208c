"""What a template uses: labels of the alert and of nobody else, guarded or not; the value, queries."""

from __future__ import annotations

import pytest

from vedette.formats.gotemplate import TemplateError
from vedette.formats.template_uses import error_offset, template_uses


def labels(text: str) -> dict[str, bool]:
    """Name of each label used → whether all uses are guarded."""
    found: dict[str, bool] = {}
    for use in template_uses(text).labels:
        found[use.name] = found.get(use.name, True) and use.guarded
    return found


@pytest.mark.parametrize(
    "text",
    [
        "{{ $labels.x }}",
        "{{ .Labels.x }}",
        "{{ $.Labels.x }}",
        '{{ index $labels "x" }}',
        '{{ index .Labels "x" | toUpper }}',
        '{{ printf "%s!" $labels.x }}',
        "{{ $labels.x | reReplaceAll `a` `b` }}",
        "{{ $l := .Labels }}{{ $l.x }}",
        "{{ $l := $labels }}{{ $m := $l }}{{ with $m }}{{ .x }}{{ end }}",
        "{{ if $labels.y }}{{ $labels.x }}{{ end }}",
        "{{ if $labels.x }}{{ else }}{{ $labels.x }}{{ end }}",
        "{{ range query `up` }}{{ $.Labels.x }}{{ end }}",
        '{{ define "t" }}{{ .Labels.x }}{{ end }}{{ template "t" . }}',
        '{{ define "t" }}{{ .arg1.x }}{{ end }}{{ template "t" (args $value $labels) }}',
        "{{ query (printf `up{instance='%s'}` $labels.x) | first | value }}",
        "{{ (index $labels `x`) }}",
    ],
)
def test_a_label_of_the_alert_is_found_however_it_is_reached(text):
    assert labels(text)["x"] is False


@pytest.mark.parametrize(
    "text",
    [
        "{{ if $labels.x }}{{ $labels.x }}{{ end }}",
        "{{ with $labels.x }}{{ . }}, {{ $labels.x }}{{ end }}",
        "{{ with $labels.x | toUpper }}{{ . }}, {{ $labels.x }}{{ end }}",
        '{{ or $labels.x "nothing" }}',
        "{{ if not $labels.x }}nothing{{ else }}{{ $labels.x }}{{ end }}",
        "{{ if and $labels.x $labels.y }}{{ $labels.x }}{{ end }}",
        '{{ if ne $labels.x "" }}{{ $labels.x }}{{ end }}',
        '{{ if eq $labels.x "" }}nothing{{ else }}{{ $labels.x }}{{ end }}',
        '{{ if eq $labels.x "a" }}{{ $labels.x }}{{ end }}',
        "{{ if not (or (not $labels.x) $labels.y) }}{{ $labels.x }}{{ end }}",
    ],
)
def test_a_use_that_provides_for_the_absence_is_guarded(text):
    assert labels(text)["x"] is True


def test_one_use_without_guard_beside_a_guarded_one_is_not_guarded():
    text = "{{ if $labels.x }}{{ $labels.x }}{{ end }} on {{ $labels.x }}"
    assert [use.guarded for use in template_uses(text).labels] == [True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "{{ range query `up` }}{{ .Labels.x }}{{ end }}",
        "{{ range $i, $s := query `up` | sortByLabel `x` }}{{ $s.Labels.x }}{{ label `x` $s }}{{ end }}",
        "{{ with query `up` | first }}{{ .Labels.x }}{{ . | label `x` }}{{ end }}",
        "{{ $s := query `up` | first }}{{ $s.Labels.x }}",
        "{{ with $externalLabels }}{{ .x }}{{ end }}",
        "{{/* $labels.x */}}",
        "$labels.x",
    ],
)
def test_labels_of_another_query_and_external_ones_are_not_the_alerts(text):
    assert labels(text) == {}


def test_an_external_label_is_found_as_one():
    assert [use.name for use in template_uses("{{ $externalLabels.cluster }}").external_labels] == ["cluster"]


@pytest.mark.parametrize("text", ["{{ $labels }}", "{{ .Labels }}", "{{ range $k, $v := $labels }}{{ $k }}{{ end }}"])
def test_printing_all_labels_is_noticed(text):
    assert template_uses(text).all_labels


@pytest.mark.parametrize(
    ("text", "functions", "format_"),
    [
        ("{{ $value }}", (), ""),
        ("{{ .Value | humanize }}", ("humanize",), ""),
        ("{{ humanizePercentage $value }}", ("humanizePercentage",), ""),
        ('{{ printf "%.2f" $value }}', ("printf",), "%.2f"),
        ('{{ $value | printf "%.1f%%" }}', ("printf",), "%.1f%%"),
        ("{{ $v := $value }}{{ $v | humanize | toUpper }}", ("humanize", "toUpper"), ""),
        ("{{ with $value }}{{ . | humanizeDuration }}{{ end }}", ("humanizeDuration",), ""),
    ],
)
def test_the_value_is_told_with_all_it_goes_through(text, functions, format_):
    (use,) = template_uses(text).values
    assert (use.functions, use.format) == (functions, format_)


@pytest.mark.parametrize(
    "text",
    [
        "{{ if gt $value 5.0 }}much{{ end }}",
        "{{ query `up` | first | value }}",
        "{{ range query `up` }}{{ .Value }}{{ end }}",
    ],
)
def test_a_value_that_is_not_printed_or_is_another_querys_is_not_told(text):
    assert template_uses(text).values == ()


def test_what_stands_around_a_value_is_told():
    (use,) = template_uses("{{ $labels.a }} is at {{ $value }}% now{{ $labels.b }}").values
    assert (use.before, use.after) == (" is at ", "% now")


def test_every_use_stands_where_its_offset_says():
    text = '{{ $labels.one }} {{ index $labels "two" }} {{ $value }}\n{{ .Labels.three }}'
    uses = template_uses(text)
    starts = ("$labels.one", "two", ".Labels.three")
    assert all(text.startswith(start, use.offset) for use, start in zip(uses.labels, starts, strict=True))
    assert text[uses.values[0].offset :].startswith("$value")


def test_a_query_is_told_with_where_it_stands_and_whether_first_takes_it():
    text = '{{ with query `sum(up)` | first }}{{ . | value }}{{ end }}{{ range query "up" }}{{ end }}'
    one, two = template_uses(text).queries
    assert (one.text, one.first, two.text, two.first) == ("sum(up)", True, "up", False)
    assert text[one.at(4) :].startswith("up)")


def test_what_printf_puts_into_a_query_is_a_placeholder():
    (query,) = template_uses("{{ printf `rate(x{job='%s',i=%q}[5m]) > %d` $labels.job $labels.i 5 | query }}").queries
    assert query.text == "rate(x{job='x',i=\"x\"}[5m]) > 1"
    assert not query.complete


def test_a_text_without_templates_uses_nothing():
    assert template_uses("plain }} text") == template_uses("")


def test_the_offset_of_an_error_is_that_of_its_line_and_column():
    text = "first\n  {{ $lables.x }}"
    with pytest.raises(TemplateError) as caught:
        template_uses(text)
    assert text[error_offset(caught.value, text) :].startswith("$lables")


def test_templates_that_include_themselves_come_to_an_end():
    text = '{{ define "t" }}{{ $labels.x }}{{ template "t" . }}{{ end }}{{ template "t" . }}'
    assert labels(text) == {"x": False}
