"""Strict reading agrees with the test documents of the OpenMetrics project."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vedette.engine.collect.openmetrics import parse_strictly
from vedette.formats.exposition import ExpositionError, parse

DATA = os.environ.get("VEDETTE_DATA")


@pytest.mark.skipif(not DATA, reason="VEDETTE_DATA is not set: the folder with the OpenMetrics test documents")
def test_every_document_of_the_openmetrics_project_is_judged_as_it_says() -> None:
    wrong = []
    cases = sorted(Path(DATA or "", "openmetrics").glob("*/test.json"))
    assert len(cases) >= 200
    for case in cases:
        expected = json.loads(case.read_text())
        try:
            parse_strictly((case.parent / expected["file"]).read_bytes())
            parses = True
        except ExpositionError:
            parses = False
        if parses != expected["shouldParse"]:
            wrong.append(case.parent.name)
    assert not wrong


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("# TYPE a counter\na_total -1\n# EOF\n", "line 2: a counter's _total is -1.0"),
        ("# TYPE a counter\na 1\n# EOF\n", "clashes with an earlier one over 'a'"),
        ("a  1\n# EOF\n", "line 1: not 'name"),
        ("# HELP a x\na 1\n# TYPE a gauge\n# EOF\n", "line 3: TYPE of 'a' comes after its samples"),
        ('# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n', "'a' has no bucket le=\"+Inf\""),
        ('# TYPE a gauge\na 1 # {a="b"} 1\n# EOF\n', "line 2: 'a' of type gauge cannot have an exemplar"),
        ("a 1\na 1\n# EOF\n", "line 2: the same series stands here twice"),
        ("# TYPE a_x gauge\n# UNIT a_x seconds\n# EOF\n", "does not end with its unit 'seconds'"),
    ],
)
def test_what_the_standard_forbids_is_named(page: str, message: str) -> None:
    with pytest.raises(ExpositionError) as caught:
        parse_strictly(page.encode())
    assert message in str(caught.value)


def test_what_strict_reading_forbids_is_tolerated_in_a_scrape() -> None:
    assert len(parse(b"# TYPE a counter\na_total -1\n# TYPE a gauge\nb NaN\n# EOF\n", "openmetrics").samples) == 2


@pytest.mark.parametrize(
    "page",
    [
        "a  1\n",
        "a 1 \n",
        "a\t1\n",
        " a 1\n",
        'a{b="c", d="e"} 1\n',
        'a{ b="c"} 1\n',
        'a {b="c"} 1\n',
        "a 1  5\n",
        'a 1 #  {b="c"} 1\n',
        "a 1\n\n",
        "# only a comment\na 1\n",
        "#HELP a x\na 1\n",
        "# UNIT a_x seconds\na_x 1\n",
    ],
)
def test_spacing_comments_and_units_that_prometheus_refuses_in_openmetrics_are_refused(page: str) -> None:
    with pytest.raises(ExpositionError):
        parse(f"{page}# EOF\n".encode(), "openmetrics")
    assert len(parse(page.replace(' #  {b="c"} 1', "").encode(), "text").samples) == 1


def test_blanks_and_braces_within_quotes_are_allowed() -> None:
    page = b'a{b="c  {d} # {e}"} 1 5 # {t="u v"} 1 2\n{"my metric",b="\\" "} 2\n# EOF\n'
    assert len(parse(page, "openmetrics").samples) == 2
