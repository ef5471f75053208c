"""The format follows the reader's wish, and text is what remains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.instruments.metrics.negotiation import accepts_gzip, choose

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_NATIVE = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "text"),
        ("*/*", "text"),
        (BROWSER, "text"),
        (PROMETHEUS_2, "openmetrics"),
        (PROMETHEUS_3, "openmetrics"),
        ("application/openmetrics-text", "openmetrics"),
        ("Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"),
        ('application/openmetrics-text; version="1.0.0"', "openmetrics"),
        ("application/openmetrics-text;version=2.0.0", "text"),
        ("application/openmetrics-text;version=0.0.1,text/plain;q=0.1", "text"),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.5", "text"),
        ("application/openmetrics-text;q=0", "text"),
        ("application/openmetrics-text;q=abc", "text"),
        ("application/openmetrics-text;q=7", "text"),
        ("text/plain,application/openmetrics-text", "text"),
        ("application/openmetrics-text,text/plain", "openmetrics"),
        ("*/*,application/openmetrics-text", "openmetrics"),
        ("text/*;q=0.9,application/openmetrics-text;q=0.8", "text"),
        ("text/plain;version=1.0.0,application/openmetrics-text;q=0.1", "openmetrics"),
        (PROMETHEUS_NATIVE, "protobuf"),
        ("application/vnd.google.protobuf", "protobuf"),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", "text"),
        ("application/vnd.google.protobuf;proto=other.Message;encoding=delimited", "text"),
        ("application/vnd.google.protobuf;q=0.1,text/plain", "text"),
    ],
)
def test_the_format_with_the_highest_quality_that_we_speak_is_chosen(accept, chosen):
    assert choose(accept) == chosen


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("GZip;q=0.5", True),
        ("gzip;q=0", False),
        ("br, *", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("deflate, br", False),
        ("identity;q=1, gzip;q=0.1", True),
    ],
)
def test_gzip_is_used_when_the_reader_takes_it(header, taken):
    assert accepts_gzip(header) is taken


@given(st.text(alphabet=st.sampled_from('aq=;,/*.01 "\\ßtextplain')))
def test_no_header_breaks_the_answer(header):
    assert choose(header) in ("text", "openmetrics", "protobuf")
    assert accepts_gzip(header) in (True, False)
