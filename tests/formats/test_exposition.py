"""Exposition text becomes the samples that Prometheus and its clients see in it."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from vedette.formats.exposition import (
    Exemplar,
    ExpositionError,
    Metadata,
    Sample,
    format_of,
    parse,
    parse_comment,
    parse_number,
    parse_sample,
)
from vedette.promql.labels import Labels, labels


def name(of: str, **more: str) -> Labels:
    return labels({"__name__": of, **more})


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        ("a 1", Sample(name("a"), 1.0)),
        ("a{} 1", Sample(name("a"), 1.0)),
        ('a{b="c"} 1.5e3', Sample(name("a", b="c"), 1500.0)),
        ('  a { b = "c" , d="e", }  +Inf  ', Sample(name("a", b="c", d="e"), math.inf)),
        ('a{b="x\\\\y\\"z\\n\\q"} 0', Sample(name("a", b='x\\y"z\n\\q'), 0.0)),
        ('a{b="} 5 # {"} 2', Sample(name("a", b="} 5 # {"), 2.0)),
        ('a{b=""} 1', Sample(name("a"), 1.0, empty=("b",))),
        ("a 1 1700000000123", Sample(name("a"), 1.0, 1_700_000_000_123)),
        ("a\t1\t-5", Sample(name("a"), 1.0, -5)),
        ('{"my.metric","a.b"="c"} 1', Sample(labels({"__name__": "my.metric", "a.b": "c"}), 1.0)),
        ('{a="b","my metric"} 1', Sample(name("my metric", a="b"), 1.0)),
        ('a:b_total{d="ü"} 1', Sample(name("a:b_total", d="ü"), 1.0)),
    ],
)
def test_a_text_line_is_read(line: str, sample: Sample) -> None:
    assert parse_sample(line, 1) == sample


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        ("a 1 1700000000.5", Sample(name("a"), 1.0, 1_700_000_000_500)),
        ('a 1 # {t="x"} 0.5', Sample(name("a"), 1.0, None, Exemplar(labels({"t": "x"}), 0.5))),
        ('a 1 2 # {t="x # {"} 0.5 3.25', Sample(name("a"), 1.0, 2000, Exemplar(labels({"t": "x # {"}), 0.5, 3250))),
    ],
)
def test_an_openmetrics_line_has_seconds_and_exemplars(line: str, sample: Sample) -> None:
    assert parse_sample(line, 1, "openmetrics") == sample


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1a 1", "column 1: expected a metric name"),
        ("a", "expected a value, found nothing more"),
        ("a x", "column 3: expected a value, found 'x'"),
        ("a 0x10", "expected a value, found '0x10'"),
        ("a 1_000", "expected a value, found '1_000'"),
        ("a 1 x", "column 5: expected a timestamp in milliseconds or the end of the line, found 'x'"),
        ("a 1 1.5", "expected a timestamp in milliseconds"),
        ("a 1 2 3", "expected the end of the line, found '3'"),
        ('a 1 # {t="x"} 1', "expected the end of the line"),
        ("a{b} 1", "expected '=' after label name 'b'"),
        ("a{b=c} 1", "a label value in double quotes"),
        ('a{b="c} 1', "the label value has no closing quote"),
        ('a{b="c"', "expected ',' or '}' after the label, found nothing more"),
        ('a{b="c" d="e"} 1', "expected ',' or '}' after the label"),
        ('a{b="c",b="d"} 1', "label 'b' is given twice"),
        ('a{"x","y"} 1', "expected a label name"),
        ("{} 1", "no metric name"),
        ('{a="b"} 1', "no metric name"),
        ("<html>", "expected a metric name, found '<html>'"),
    ],
)
def test_a_bad_line_is_refused_with_line_and_column(line: str, message: str) -> None:
    with pytest.raises(ExpositionError) as caught:
        parse_sample(line, 7)
    assert str(caught.value).startswith("line 7: ")
    assert message in str(caught.value)


def test_a_page_gives_samples_and_metadata() -> None:
    page = parse(
        b'# a comment\n# HELP a two\\nlines \\\\ here\n#\tTYPE a counter\n# TYPE b untyped\n\na 1\nb{x="y"} 2\n'
    )
    assert page.samples == (Sample(name("a"), 1.0), Sample(name("b", x="y"), 2.0))
    assert page.metadata == {"a": Metadata("counter", "two\nlines \\ here"), "b": Metadata("unknown")}


def test_a_unit_is_metadata_too() -> None:
    page = parse(b"# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n", "openmetrics")
    assert page.metadata == {"a_seconds": Metadata("gauge", "", "seconds")}


def test_an_unknown_type_is_refused_with_the_types_there_are() -> None:
    with pytest.raises(ExpositionError, match=r"line 2: metric 'a' has type 'meter'; types are counter, gauge"):
        parse(b"a 1\n# TYPE a meter\n")


def test_an_openmetrics_page_without_eof_may_have_been_cut_short() -> None:
    with pytest.raises(ExpositionError, match="does not end with '# EOF'"):
        parse(b"a 1\n", "openmetrics")
    with pytest.raises(ExpositionError, match="line 2: text after '# EOF'"):
        parse(b"# EOF\na 1\n", "openmetrics")


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(ExpositionError, match="line 2: not valid UTF-8"):
        parse(b'a 1\na{b="\xff"} 1\n')


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1", "1.0"),
        ("0.50", "0.5"),
        ("+Inf", "+Inf"),
        ("inf", "+Inf"),
        ("1e6", "1e+06"),
        ("123456", "123456.0"),
        ("1234567", "1.234567e+06"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("-0", "0.0"),
        ("-25", "-25.0"),
        ("x", "x"),
    ],
)
def test_bucket_bounds_are_written_in_one_way(written: str, read: str) -> None:
    page = parse(f'# TYPE a histogram\na_bucket{{le="{written}"}} 1\n'.encode())
    assert page.samples[0].labels == name("a_bucket", le=read)


def test_only_histograms_and_summaries_have_their_bounds_rewritten() -> None:
    page = parse(b'# TYPE a gauge\na{le="1",quantile="1"} 1\n# TYPE b summary\nb{le="1",quantile="1"} 1\n')
    assert page.samples[0].labels == name("a", le="1", quantile="1")
    assert page.samples[1].labels == name("b", le="1", quantile="1.0")


def test_a_comment_is_no_metadata() -> None:
    assert parse_comment("# helpful", 1) is None
    assert parse_comment("#HELP a b", 1) is None
    assert parse_comment('# HELP "my.metric" text', 1) == ("help", "my.metric", "text")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", "text"),
        ("text/plain", "text"),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"),
        ("Application/OpenMetrics-Text", "openmetrics"),
    ],
)
def test_the_content_type_names_the_format(content_type: str, expected: str) -> None:
    assert format_of(content_type) == expected


def test_a_page_that_is_no_metrics_page_is_refused_unless_the_job_names_the_format() -> None:
    with pytest.raises(ValueError, match="Content-Type 'text/html'; expected text/plain"):
        format_of("text/html; charset=utf-8")
    with pytest.raises(ValueError, match="no Content-Type"):
        format_of("")
    assert format_of("", "PrometheusText0.0.4") == "text"
    assert format_of("application/json", "OpenMetricsText1.0.0") == "openmetrics"


@pytest.mark.parametrize("text", ["1", "-1.", ".5", "1e9", "+Inf", "-inf", "NaN", "Infinity", "007"])
def test_numbers_are_those_of_go(text: str) -> None:
    assert parse_number(text) is not None


@pytest.mark.parametrize("text", ["", "1_0", "0x1p3", "1e", "--1", ".", "1 ", "\u0661"])
def test_what_go_takes_for_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None


# A registry as an application might fill it
_values = st.floats(0, 1e300)  # the reference refuses negative sums
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def registries(draw: st.DrawFn) -> CollectorRegistry:
    registry = CollectorRegistry()
    counter = Counter("jobs", draw(_text), ["kind", "other"], registry=registry)
    for kind in draw(st.lists(_text, max_size=4)):
        exemplar = draw(st.none() | st.fixed_dictionaries({"trace_id": st.text("abc", max_size=8)}))
        counter.labels(kind, "x").inc(draw(st.floats(0, 1e18)), exemplar)
    Gauge("size_bytes", draw(_text), registry=registry).set(draw(st.floats()))
    bounds = sorted(draw(st.sets(st.floats(0.001, 1e9), min_size=1, max_size=5)))
    histogram = Histogram("took_seconds", draw(_text), ["a"], buckets=bounds, registry=registry)
    for value in draw(st.lists(_values, max_size=3)):
        histogram.labels(draw(_text)).observe(value)
    Summary("s", draw(_text), registry=registry).observe(draw(_values))
    Info("build", draw(_text), registry=registry).info({"version": draw(_text)})
    return registry


def _same(ours: float, theirs: float) -> bool:
    return ours == theirs or (math.isnan(ours) and math.isnan(theirs))


def _bounded(pairs: dict[str, str]) -> dict[str, str | float]:
    return {key: float(value) if key == "le" else value for key, value in pairs.items() if value}


@settings(max_examples=60, deadline=None)
@given(registries(), st.booleans())
def test_what_prometheus_client_exposes_is_read_as_its_own_parser_reads_it(
    registry: CollectorRegistry, openmetrics: bool
) -> None:
    body = generate_openmetrics(registry) if openmetrics else generate_latest(registry)
    ours = parse(body, "openmetrics" if openmetrics else "text").samples
    families = (read_openmetrics if openmetrics else read_text)(body.decode())
    theirs = [sample for family in families for sample in family.samples]
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert _bounded(dict(mine.labels)) == _bounded({"__name__": other.name, **other.labels})
        assert _same(mine.value, other.value)
        if other.exemplar:
            assert mine.exemplar is not None
            assert mine.exemplar.labels == labels(other.exemplar.labels)
            assert mine.exemplar.value == other.exemplar.value
        else:
            assert mine.exemplar is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["text", "openmetrics"]))
def test_any_text_is_read_or_refused_but_never_breaks_the_reader(text: str, format_: str) -> None:
    with contextlib.suppress(ExpositionError):
        parse(text.encode("utf-8", "surrogatepass"), format_)
