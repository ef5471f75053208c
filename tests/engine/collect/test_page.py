"""A page read by what is known of its lines gives what reading it in full gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.collect import page as module
from vedette.engine.collect.page import Page, PageReader
from vedette.engine.tsdb.head import Head
from vedette.engine.tsdb.matrix import CHUNK, TargetMatrix
from vedette.formats.exposition import ExpositionError, Format, Sample, parse
from vedette.promql.labels import Labels, get, labels


def reader(*, honor_timestamps: bool = True) -> tuple[PageReader, TargetMatrix, list[Sample]]:
    """A reader that keeps every series but those called ``drop``, with the samples it had to read in full."""
    matrix = Head().target("t")
    parsed: list[Sample] = []

    def transform(sample: Sample) -> Labels | None:
        parsed.append(sample)
        return None if get(sample.labels, "__name__") == "drop" else sample.labels

    return PageReader(matrix, transform, honor_timestamps=honor_timestamps), matrix, parsed


def values(page: Page, matrix: TargetMatrix) -> dict[Labels, float]:
    return {matrix.series[slot]: value for slot, value in zip(page.slots.tolist(), page.values.tolist(), strict=True)}


def test_a_known_line_is_not_parsed_again() -> None:
    pages, matrix, parsed = reader()
    first = pages.read(b'# TYPE a counter\na{b="c d"} 1\nx 2\n', "text")
    second = pages.read(b'# TYPE a counter\na{b="c d"} 3\nx NaN\n', "text")
    assert len(parsed) == 2
    assert second.slots is first.slots
    assert values(first, matrix) == {labels({"__name__": "a", "b": "c d"}): 1.0, labels({"__name__": "x"}): 2.0}
    assert second.values[0] == 3.0
    assert np.isnan(second.values[1])


def test_exemplars_do_not_make_a_known_line_unknown() -> None:
    pages, matrix, parsed = reader()
    pages.read(b'a{b="c"} 1 # {t="x"} 1 5\n# EOF\n', "openmetrics")
    page = pages.read(b'a{b="c"} 2 # {t="y # {"} 1 6\n# EOF\n', "openmetrics")
    assert len(parsed) == 1
    assert values(page, matrix) == {labels({"__name__": "a", "b": "c"}): 2.0}


def test_an_exemplar_is_told_once_however_often_the_page_repeats_it() -> None:
    pages, matrix, _ = reader()

    def told(*lines: str) -> list[tuple[Labels, str, float, int | None]]:
        page = pages.read("\n".join([*lines, "# EOF", ""]).encode(), "openmetrics")
        return [(of, one.labels[0][1], one.value, one.timestamp) for of, one in page.exemplars]

    half, one = (labels({"__name__": "a_bucket", "le": bound}) for bound in ("0.5", "1.0"))
    kind = "# TYPE a histogram"
    # the bound 1 is rewritten, so that its line is read in full each time
    first = told(kind, 'a_bucket{le="0.5"} 1 # {t="x"} 0.4 7', 'a_bucket{le="1"} 1 # {t="x"} 0.9 7')
    assert first == [(half, "x", 0.4, 7000), (one, "x", 0.9, 7000)]
    assert told(kind, 'a_bucket{le="0.5"} 2 # {t="x"} 0.4 7', 'a_bucket{le="1"} 2 # {t="x"} 0.9 7') == []
    assert told(kind, 'a_bucket{le="0.5"} 3 # {t="y"} 0.3') == [(half, "y", 0.3, None)]
    assert told(kind, 'a_bucket{le="0.5"} 4 # {t="y"} none') == []
    assert told('drop 1 # {t="x"} 1', 'drop 2 # {t="y"} 1') == []
    assert matrix.series == [half, one]


def test_a_label_value_that_looks_like_an_exemplar_is_not_mistaken_for_one() -> None:
    pages, matrix, _ = reader()
    for value in (1, 2):
        body = f'a{{b="x 5 # {{y"}} {value} # {{}} 1\na{{b="x 7 # {{z"}} {value} # {{}} 1\n# EOF\n'
        page = pages.read(body.encode(), "openmetrics")
        assert values(page, matrix) == {
            labels({"__name__": "a", "b": "x 5 # {y"}): value,
            labels({"__name__": "a", "b": "x 7 # {z"}): value,
        }


def test_a_line_with_trailing_blanks_teaches_nothing_wrong() -> None:
    pages, matrix, _ = reader()
    pages.read(b"a 1 \n", "text")
    page = pages.read(b"a 1 77\n", "text")
    assert len(page.slots) == 0
    assert page.timestamped == [(labels({"__name__": "a"}), 77, 1.0)]
    assert matrix.stats().samples == 0


def test_timestamps_are_kept_apart_and_remembered() -> None:
    pages, _, parsed = reader()
    series = labels({"__name__": "a", "b": "c"})
    assert pages.read(b'a{b="c"} 1 1000\n', "text").timestamped == [(series, 1000, 1.0)]
    assert pages.read(b'a{b="c"} 2 2000\n', "text").timestamped == [(series, 2000, 2.0)]
    assert pages.read(b'a{b="c"} 3 5\n# EOF\n', "openmetrics").timestamped == [(series, 5000, 3.0)]
    assert len(parsed) == 1


def test_timestamps_that_are_not_honoured_are_left_off() -> None:
    pages, matrix, parsed = reader(honor_timestamps=False)
    pages.read(b"a 1 1000\n", "text")
    page = pages.read(b"a 2 2000\n", "text")
    assert page.timestamped == []
    assert values(page, matrix) == {labels({"__name__": "a"}): 2.0}
    assert len(parsed) == 1


def test_the_first_of_two_equal_series_counts_and_the_other_is_counted() -> None:
    pages, matrix, _ = reader()
    page = pages.read(b'a{x="1",y="2"} 1\nb 5\na{y="2",x="1"} 7\n', "text")
    assert values(page, matrix) == {labels({"__name__": "a", "x": "1", "y": "2"}): 1.0, labels({"__name__": "b"}): 5.0}
    assert page.duplicates == 1
    assert page.scraped == 3
    again = pages.read(b'a{x="1",y="2"} 2\nb 6\na{y="2",x="1"} 8\n', "text")
    assert again.values.tolist() == [2.0, 6.0]
    assert again.duplicates == 1


def test_dropped_series_are_counted_and_not_stored() -> None:
    pages, matrix, parsed = reader()
    for _ in range(2):
        page = pages.read(b"drop 1\nkept 2\ndrop 3 5\n", "text")
        assert values(page, matrix) == {labels({"__name__": "kept"}): 2.0}
        assert (page.scraped, page.kept) == (3, 1)
    assert len(parsed) == 3


def test_a_bad_value_on_a_known_line_is_refused_with_its_line() -> None:
    pages, _, _ = reader()
    pages.read(b"a 1\nb 1\n", "text")
    with pytest.raises(ExpositionError, match=r"line 2: column 3: expected a value, found 'x'"):
        pages.read(b"a 1\nb x\n", "text")
    with pytest.raises(ExpositionError, match=r"line 1: .*found '1_0'"):
        pages.read(b"a 1_0\nb 1\n", "text")


def test_an_openmetrics_page_must_end_with_eof() -> None:
    pages, _, _ = reader()
    for body in (b"", b"a 1\n", b"a 1\n# EOF\nb 1\n", b"a 1\n# EOF\n\n"):
        with pytest.raises(ExpositionError, match="# EOF"):
            pages.read(body, "openmetrics")
    assert pages.read(b"a 1\n# EOF", "openmetrics").scraped == 1


@pytest.mark.parametrize(
    ("body", "scraped", "kept"),
    [
        (b"a 1\ndrop 2\na 3\nb{ 4\nc 5\n", 3, 2),
        (b"a 1\nb 1_0\nc 5\n", 1, 1),
        (b"known 1\na 1\nknown x\nc 5\n", 2, 2),
    ],
)
def test_of_a_page_that_fails_is_told_what_came_before_the_bad_line(body: bytes, scraped: int, kept: int) -> None:
    pages, _, _ = reader()
    assert pages.read(b"known 1\n", "text").relabelled == 1
    assert pages.cut is None
    with pytest.raises(ExpositionError):
        pages.read(body, "text")
    assert pages.cut is not None
    assert (pages.cut.scraped, pages.cut.relabelled) == (scraped, kept)
    pages.read(b"known 1\n", "text")
    assert pages.cut is None


def test_metadata_is_what_the_page_said_last() -> None:
    pages, _, _ = reader()
    pages.read(b"# HELP a old\n# TYPE a counter\na 1\n", "text")
    pages.read(b"# HELP a new\n# TYPE a counter\na 1\n", "text")
    assert pages.metadata["a"].help == "new"
    assert pages.metadata["a"].type == "counter"


def test_bounds_are_rewritten_when_the_type_line_is_already_known() -> None:
    pages, matrix, _ = reader()
    pages.read(b'# TYPE a histogram\na_bucket{le="1"} 1\n', "text")
    page = pages.read(b'# TYPE a histogram\na_bucket{le="2"} 1\n', "text")
    assert list(values(page, matrix)) == [labels({"__name__": "a_bucket", "le": "2.0"})]


def test_lines_of_series_that_vanished_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KNOWN_AT_LEAST", 10)
    pages, _, _ = reader()
    for number in range(100):
        pages.read(f'a{{id="{number}"}} 1\n'.encode(), "text")
    assert len(pages._slots) <= 12


def test_slots_are_looked_up_anew_when_the_matrix_has_renumbered_them() -> None:
    pages, matrix, _ = reader()
    body = "".join(f'a{{id="{number}"}} 1\n' for number in range(200)).encode() + b"last 5\n"
    for time in range(CHUNK):
        page = pages.read(body, "text")
        matrix.append(time, page.slots, page.values)
    for time in range(CHUNK, 2 * CHUNK):
        page = pages.read(b"last 6\n", "text")
        matrix.append(time, page.slots, page.values)
    matrix.truncate(CHUNK)
    page = pages.read(b"last 7\n", "text")
    assert values(page, matrix) == {labels({"__name__": "last"}): 7.0}
    assert page.slots.tolist() == [0]


def test_a_page_that_repeats_in_all_but_values_is_still_checked_for_them() -> None:
    pages, matrix, parsed = reader()
    for value in (1, 2, 3, 4):
        page = pages.read(f"# HELP a two words\na {value}\ndrop 5\nb {value}\n".encode(), "text")
        assert values(page, matrix) == {labels({"__name__": "a"}): value, labels({"__name__": "b"}): value}
        assert page.scraped == 3
    assert pages._form is not None
    assert len(parsed) == 3
    with pytest.raises(ExpositionError, match=r"line 4: column 3: expected a value, found '1_0'"):
        pages.read(b"# HELP a two words\na 1\ndrop 5\nb 1_0\n", "text")


_moves = st.lists(st.lists(st.sampled_from(["1", "2.5", "NaN", "-0", "1e3", "x", "1_0", ""]), min_size=8, max_size=8))


@settings(max_examples=300, deadline=None)
@given(_moves)
def test_a_page_of_which_little_moves_reads_as_one_of_which_everything_does(moves: list[list[str]]) -> None:
    calm = ["0"] * 8
    pages, matrix, _ = reader()
    for row in (calm, calm, *moves):
        for values_ in (row, [*row[:1], *calm[1:]]):
            body = "".join(
                f'# HELP s{at} words\ns{at}{{q="a b"}} {value}\n' for at, value in enumerate(values_)
            ).encode()
            fresh, other, _ = reader()
            assert told(pages, matrix, body) == told(fresh, other, body)


def told(pages: PageReader, matrix: TargetMatrix, body: bytes) -> str:
    """What reading gives, or the error."""
    try:
        return repr(values(pages.read(body, "text"), matrix))
    except ExpositionError as error:
        return str(error)


_names = st.sampled_from(["a", "b", "drop"])
_label = st.sampled_from(["x", "x # {y", "} 1 2", "1 2", "a b", '\\"', "#", ""])
_number = st.sampled_from(["1", "2.5", "NaN", "-Inf", "1e3"])
_loose = st.sampled_from(["7 ", " 7", "7\t", "\t7"])
_stamp = st.sampled_from(["", " 5", " 1700000000"])
_exemplar = st.sampled_from(["", ' # {t="u"} 1', ' # {t="u # {v"} 1 2', " # {} 3"])
_openmetrics = st.builds(
    lambda name, label, number, stamp, exemplar: f'{name}{{l="{label}"}} {number}{stamp}{exemplar}',
    _names, _label, _number, _stamp, _exemplar,
)  # fmt: skip
_text = st.builds(
    lambda name, label, number, stamp: f'{name}{{l="{label}"}} {number}{stamp}',
    _names, _label, _number | _loose, _stamp,
)  # fmt: skip
_scrapes = st.sampled_from([("openmetrics", _openmetrics), ("text", _text)]).flatmap(
    lambda kind: st.tuples(st.just(kind[0]), st.lists(st.lists(kind[1], max_size=6), min_size=1, max_size=5))
)


@settings(max_examples=400, deadline=None)
@given(_scrapes)
def test_reading_with_memory_gives_the_same_as_reading_in_full(scrapes: tuple[Format, list[list[str]]]) -> None:
    pages, matrix, _ = reader()
    format_ = scrapes[0]
    for lines in [lines for lines in scrapes[1] for _ in range(3)]:
        body = "".join(line + "\n" for line in [*lines, "# EOF"]).encode()
        page = pages.read(body, format_)
        expected = [s for s in parse(body, format_).samples if get(s.labels, "__name__") != "drop"]
        plain: dict[Labels, float] = {}
        for sample in expected:
            if sample.timestamp is None:
                plain.setdefault(sample.labels, sample.value)
        assert repr(values(page, matrix)) == repr(plain)
        stamped = [(s.labels, s.timestamp, s.value) for s in expected if s.timestamp is not None]
        assert repr(page.timestamped) == repr(stamped)
        assert page.scraped == len(lines)
