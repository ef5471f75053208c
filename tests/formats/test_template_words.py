"""What an alert's text says before the alert fires."""

from __future__ import annotations

import pytest

from vedette.formats.template_words import in_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ $labels.job }}: {{- $value | humanize -}} left", "`job`: `value` left"),
        ('{{ printf "%.1f" $value }} of {{ printf "%s" $labels.queue }}', "`value` of `queue`"),
        ('{{ range printf "x{job=%q}" $labels.job | query }}{{ .Value }} left{{ end }}.', "`value` left."),
        ('{{ with query "x" }}{{ . | first | value | humanize }}{{ end }}', "`value`"),
        ("plain { text }", "plain { text }"),
    ],
)
def test_what_will_be_filled_in_stands_there_by_its_name(text: str, words: str) -> None:
    assert in_words(text) == words


@pytest.mark.parametrize("text", ["{{ if gt $value 9.0 }}many{{ else }}few{{ end }}", "{{ $externalURL }}", "{{ open"])
def test_what_nobody_can_say_before_it_fires_stays_as_it_is(text: str) -> None:
    assert in_words(text) == text
