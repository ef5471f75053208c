"""Reading what a server answers: any matrix, and what is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.testing.backtest.memory import MINUTE, gauge

from vedette.promql.labels import labels
from vedette.testing.backtest import Server, ServerError
from vedette.testing.backtest.answer import read_matrix
from vedette.testing.backtest.server import _doubts

VALUES = st.floats() | st.sampled_from([0.0, 1e300, 5e-324, 0.1, 1e16, -0.0, math.inf, -math.inf, math.nan])


def go(value: float) -> str:
    """As Go prints a float in JSON."""
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value))


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=3),
            st.lists(st.tuples(st.integers(0, 4 * 10**12), VALUES), min_size=1, max_size=8),
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_a_matrix_is_read_to_the_last_bit(series, spaced):
    result = [
        {"metric": metric, "values": [[at / 1000, go(value)] for at, value in values]} for metric, values in series
    ]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    text = json.dumps(answer, separators=None if spaced else (",", ":"), ensure_ascii=False)
    found = list(read_matrix(text.encode("utf-8", "surrogatepass"), "it"))
    assert [of for of, _, _ in found] == [labels(metric) for metric, _ in series]
    for (_, times, values), (_, wanted) in zip(found, series, strict=True):
        assert times.tolist() == [at for at, _ in wanted]
        assert [repr(value) for value in values.tolist()] == [repr(value) for _, value in wanted]


NUMBERS = st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?", fullmatch=True)
TIMES = st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,3})?", fullmatch=True)


def matrix(*series: list[tuple[str, str]]) -> bytes:
    """An answer, spelled as Prometheus spells it."""
    parts = [
        f'{{"metric":{{"at":"{at}"}},"values":[{",".join(f"""[{time},"{value}"]""" for time, value in pairs)}]}}'
        for at, pairs in enumerate(series)
    ]
    return f'{{"status":"success","data":{{"resultType":"matrix","result":[{",".join(parts)}]}}}}'.encode()


@given(st.lists(st.tuples(TIMES, NUMBERS), min_size=1, max_size=40))
def test_a_number_of_any_length_is_what_python_reads(pairs):
    ((_, times, values),) = read_matrix(matrix(pairs), "it")
    assert times.tolist() == [round(float(time) * 1000) for time, _ in pairs]
    assert [repr(value) for value in values.tolist()] == [repr(float(value)) for _, value in pairs]


@given(st.lists(TIMES, min_size=1, max_size=5), st.lists(TIMES, min_size=1, max_size=5))
def test_series_with_the_same_times_share_them(some, others):
    first, again, other = (
        times
        for _, times, _ in read_matrix(matrix(*([(at, "1") for at in part] for part in (some, some, others))), "it")
    )
    assert first.tolist() == again.tolist() == [round(float(time) * 1000) for time in some]
    assert other.tolist() == [round(float(time) * 1000) for time in others]
    if all(len(time) >= 8 for time in some):
        assert again is first


@pytest.mark.parametrize("value", ["", "1.2.3", "12345678_", "x", "--1", "1-", "0x10"])
def test_what_is_no_number_is_told(value):
    with pytest.raises(ServerError, match="it: "):
        list(read_matrix(matrix([("1700000000", "1"), ("1700000060", value)]), "it"))


def test_a_series_of_histograms_is_left_out():
    body = (
        b'{"status":"success","data":{"resultType":"matrix","result":['
        b'{"metric":{"__name__":"h"},"histograms":[[1,{"count":"1"}]]},'
        b'{"metric":{"__name__":"x"},"values":[[1,"2"]]}]}}'
    )
    assert [(of, times.tolist(), values.tolist()) for of, times, values in read_matrix(body, "it")] == [
        (labels({"__name__": "x"}), [1000], [2.0])
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><p>Login",
        b"{}",
        b'{"status":"success","data":{"resultType":"vector","result":[]}}',
        b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}, "values":[["x","y"]]}]}}',
        b"",
    ],
)
def test_what_is_no_matrix_is_told(body):
    with pytest.raises(ServerError, match="it: "):
        list(read_matrix(body, "it"))


@pytest.mark.parametrize("url", ["ftp://here", "http://", "://"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ServerError, match="is no address of a server; write for example http://localhost:9090"):
        Server(url)


def test_it_is_asked_again_only_where_samples_are_missing():
    whole = gauge("x", [1.0] * 60)
    assert list(_doubts(whole, 59 * MINUTE)) == []
    (of,) = whole
    times, values = whole[of]
    keep = np.ones(60, np.bool_)
    keep[20:25] = False
    gap = {of: (times[keep], values[keep])}
    ((start, end, step),) = _doubts(gap, 59 * MINUTE)
    assert (start, end, step) == (19 * MINUTE + 1000, 24 * MINUTE, 1000)
    ((start, end, _),) = _doubts({of: (times[:30], values[:30])}, 59 * MINUTE)
    assert (start, end) == (29 * MINUTE + 1000, 34 * MINUTE)
