"""Expressions others wrote: Prometheus' own evaluation scripts and 954 alert rules."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.promql.trees import ordered

from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as text_of

pytestmark = pytest.mark.skipif("VEDETTE_DATA" not in os.environ, reason="VEDETTE_DATA is not set")

EVAL = re.compile(r"eval(_fail)?\w*\s+(?:instant(?:\s+at\s+\S+)?|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)")

# What Prometheus 3.14 has behind feature flags and this parser has not, by the file that tests it.
EXPERIMENTAL = {
    "duration_expression.test": 51,  # [5m * 2], offset (step())
    "extended_vectors.test": 135,  # anchored, smoothed (8 of them must fail in Prometheus too)
    "fill-modifier.test": 45,  # a + fill(0) b
    "native_histograms.test": 110,  # h </ 2, h >/ 2
}


def data() -> Path:
    return Path(os.environ["VEDETTE_DATA"])


def evaluations() -> list[tuple[str, str]]:
    return [
        (path.name, match[2])
        for path in sorted((data() / "promqltest").glob("*.test"))
        for line in path.read_text().splitlines()
        if (match := EVAL.fullmatch(line.strip()))
    ]


def test_every_evaluation_of_prometheus_parses_but_the_flagged_syntax_which_is_named() -> None:
    cases = evaluations()
    assert len(cases) == 2214
    refused: Counter[str] = Counter()
    for file, text in cases:
        found = tree_or_error(text)
        if isinstance(found, ParseError):
            assert "experimental syntax of Prometheus that is not supported" in found.message, (file, str(found))
            refused[file] += 1
        else:
            assert ordered(parse(text_of(found))) == ordered(found), text
    assert refused == EXPERIMENTAL


def tree_or_error(text: str):
    try:
        return parse(text)
    except ParseError as error:
        return error


def test_every_alert_rule_in_the_wild_parses_and_prints_back() -> None:
    texts = [
        rule["expr"]
        for path in sorted((data() / "alert-rules").rglob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"] or []
    ]
    assert len(texts) == 954
    for text in texts:
        assert ordered(parse(text_of(parse(text)))) == ordered(parse(text)), text
