"""The rules of evaluation that bite, one sentence each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.promql.promqltest import Load, MemorySource, samples, series_labels

from vedette.promql.evaluate import instant, query_range
from vedette.promql.functions import SIGNATURES
from vedette.promql.labels import Labels, render
from vedette.promql.results import EvaluationError, Matrix, RangeMatrix, Scalar, StringResult, Vector

S = 1000
M = 60 * S


def source(step: int, **series: str) -> MemorySource:
    """``name_a='1 2 3'`` is the series ``name{l="a"}``, a name without ``_`` has no label."""
    load = Load(step, custom_buckets=False)
    for key, values in series.items():
        name, _, label = key.partition("_")
        load.series[series_labels(name, f'{{l="{label}"}}' if label else None)] = samples(values)
    found = MemorySource()
    found.load(load)
    return found


def vector(expr: str, data: MemorySource, at: int) -> dict[str, float]:
    found = instant(expr, data, at)
    assert isinstance(found, Vector)
    return {render(of): float(value) for of, value in zip(found.labels, found.values, strict=True)}


def rows(found: RangeMatrix) -> dict[str, list[float | None]]:
    return {
        render(of): [float(value) if here else None for value, here in zip(values, present, strict=True)]
        for of, values, present in zip(found.labels, found.values, found.present, strict=True)
    }


def test_a_sample_is_the_newest_one_for_less_than_the_lookback() -> None:
    data = source(15 * S, m="7")
    assert vector("m", data, 5 * M - 1) == {"m": 7}
    assert vector("m", data, 5 * M) == {}


def test_the_lookback_can_be_chosen() -> None:
    found = instant("m", source(15 * S, m="7"), 30 * S, lookback=30 * S)
    assert isinstance(found, Vector)
    assert found.labels == []


def test_a_staleness_marker_ends_a_series_at_once_and_a_later_sample_begins_it_again() -> None:
    data = source(10 * S, m="1 stale 3")
    found = query_range("m", data, 0, 20 * S, 5 * S)
    assert rows(found) == {"m": [1, 1, None, None, 3]}


def test_nan_is_a_value_and_not_an_absence() -> None:
    data = source(10 * S, m="NaN", n="_ 1")
    assert math.isnan(vector("m", data, 0)["m"])
    assert vector("count(m)", data, 0) == {"{}": 1}
    assert vector("absent(m)", data, 0) == {}
    assert vector("absent(n)", data, 0) == {"{}": 1}


def test_a_range_leaves_out_the_sample_at_its_left_end_and_takes_the_one_at_its_right() -> None:
    data = source(10 * S, m="1 2 3 4")
    found = instant("m[20s]", data, 30 * S)
    assert isinstance(found, Matrix)
    ((of, times, values),) = found.series
    assert (render(of), times.tolist(), values.tolist()) == ("m", [20 * S, 30 * S], [3, 4])


def test_a_staleness_marker_is_no_sample_of_a_range() -> None:
    assert vector("count_over_time(m[1m])", source(10 * S, m="1 stale 3"), 20 * S) == {"{}": 2}


def test_a_rate_is_extrapolated_to_the_ends_of_its_window() -> None:
    # 10 in 30 s between the samples at 10 s and 40 s, which lie 5 s from the window's ends
    data = source(10 * S, m="_ 100 103 107 110")
    assert vector("increase(m[40s])", data, 45 * S)["{}"] == pytest.approx(10 * 40 / 30, rel=1e-12)


def test_a_rate_is_not_extrapolated_over_a_gap_wider_than_a_tenth_more_than_the_samples_are_apart() -> None:
    data = source(10 * S, m="_ _ _ _ 100 103 106")
    assert vector("increase(m[1m])", data, 60 * S)["{}"] == pytest.approx(6 * 25 / 20, rel=1e-12)


def test_a_counter_is_not_extrapolated_below_zero() -> None:
    data = source(10 * S, m="_ 1 11")
    assert vector("increase(m[15s])", data, 21 * S)["{}"] == pytest.approx(10 * (10 + 1 + 1) / 10, rel=1e-12)


def test_a_fall_of_a_counter_is_a_restart_from_zero() -> None:
    data = source(10 * S, m="_ 5 8 2 4")
    assert vector("increase(m[40s])", data, 40 * S)["{}"] == pytest.approx((3 + 2 + 2) * 40 / 30, rel=1e-12)
    assert vector("resets(m[40s])", data, 40 * S) == {"{}": 1}
    assert vector("delta(m[40s])", data, 40 * S)["{}"] == pytest.approx(-1 * 40 / 30, rel=1e-12)


def test_each_step_sees_only_the_resets_within_its_own_window() -> None:
    data = source(10 * S, m="10 20 5 10 3 6 9 12")
    found = rows(query_range("increase(m[21s])", data, 0, 70 * S, 10 * S))["{}"]
    once = [vector("increase(m[21s])", data, at).get("{}") for at in range(0, 70 * S + 1, 10 * S)]
    assert found == once
    assert len(set(found)) > 3


def test_series_with_gaps_and_without_give_in_one_query_what_they_give_alone() -> None:
    pieces = {"m_a": "0+1x20", "m_b": "0 1 _ 3 4 _ _ 7+1x13", "m_c": "_x7 5+2x13", "m_d": "0 1 2 stale 4+1x16"}
    together = source(10 * S, **pieces)
    for function in (
        "rate",
        "max_over_time",
        "avg_over_time",
        "stddev_over_time",
        "deriv",
        "changes",
        "last_over_time",
    ):
        expr = f"{function}(m[45s])"
        found = rows(query_range(expr, together, 0, 200 * S, 7 * S))
        alone: dict[str, list[float | None]] = {}
        for key, values in pieces.items():
            alone |= rows(query_range(expr, source(10 * S, **{key: values}), 0, 200 * S, 7 * S))
        assert found == alone, function


def test_a_series_that_moves_to_another_block_stays_one_series() -> None:
    data = source(10 * S, m="1 2 3")
    later = Load(10 * S, custom_buckets=False, series={series_labels("m", None): samples("_x3 4 5 6")})
    data.load(later)
    assert len(data.select((), 0, M)) == 2
    assert vector("sum_over_time(m[1m])", data, 50 * S) == {"{}": 21}
    assert rows(query_range("m", data, 0, 50 * S, 10 * S)) == {"m": [1, 2, 3, 4, 5, 6]}


def test_offset_looks_back_and_at_fixes_the_time_for_every_step() -> None:
    data = source(10 * S, m="0+1x10")
    assert rows(query_range("m offset 20s", data, 20 * S, 40 * S, 10 * S)) == {"m": [0, 1, 2]}
    assert rows(query_range("m offset -20s", data, 20 * S, 40 * S, 10 * S)) == {"m": [4, 5, 6]}
    assert rows(query_range("m @ 50", data, 20 * S, 40 * S, 10 * S)) == {"m": [5, 5, 5]}
    assert rows(query_range("m @ 50 offset 10s", data, 20 * S, 40 * S, 10 * S)) == {"m": [4, 4, 4]}
    assert rows(query_range("m - m @ start()", data, 20 * S, 40 * S, 10 * S)) == {"{}": [0, 1, 2]}
    assert rows(query_range("m - m @ end()", data, 20 * S, 40 * S, 10 * S)) == {"{}": [-2, -1, 0]}


def test_start_and_end_mean_those_of_the_query_within_a_subquery_too() -> None:
    data = source(10 * S, m="0+1x10")
    assert rows(query_range("max_over_time((m @ end())[20s:10s])", data, 20 * S, 40 * S, 10 * S)) == {"{}": [4, 4, 4]}


def test_a_subquery_steps_on_whole_multiples_of_its_step_whatever_the_query_time() -> None:
    data = source(S, m="0+1x100")
    for at in (50 * S, 53 * S, 59 * S):
        found = instant("m[30s:10s]", data, at)
        assert isinstance(found, Matrix)
        assert found.series[0][1].tolist() == [30 * S, 40 * S, 50 * S]
    assert instant("count_over_time(m[3m:])", data, 170 * S, subquery_step=20 * S).values.tolist() == [9]  # type: ignore[union-attr]


def test_timestamp_is_the_samples_own_and_of_anything_computed_the_evaluations() -> None:
    data = source(10 * S, m="0+1x10")
    assert vector("timestamp(m)", data, 47 * S) == {"{}": 40}
    assert vector("timestamp(m + 0)", data, 47 * S) == {"{}": 47}


def test_a_comparison_filters_and_keeps_the_name_while_bool_gives_numbers_and_drops_it() -> None:
    data = source(10 * S, m_a="1", m_b="5")
    assert vector("m > 2", data, 0) == {'m{l="b"}': 5}
    assert vector("2 < m", data, 0) == {'m{l="b"}': 5}
    assert vector("m > bool 2", data, 0) == {'{l="a"}': 0, '{l="b"}': 1}


def test_an_ambiguous_match_names_the_two_series_and_the_side() -> None:
    data = source(10 * S, m_a="1", n_a="1", n_b="2")
    with pytest.raises(EvaluationError) as error:
        instant("m + on () n", data, 0)
    assert str(error.value) == (
        "found duplicate series for the match group {} on the right hand-side of the operation: "
        '[{__name__="n", l="a"}, {__name__="n", l="b"}];many-to-many matching not allowed: '
        "matching labels must be unique on one side"
    )


def test_a_match_of_many_to_one_must_be_asked_for() -> None:
    data = source(10 * S, m_a="1", n_a="1", n_b="2")
    with pytest.raises(EvaluationError, match="many-to-one matching must be explicit"):
        instant("n + on () m", data, 0)
    assert vector("n + on () group_left m", data, 0) == {'{l="a"}': 2, '{l="b"}': 3}


def test_a_match_is_only_ambiguous_at_steps_where_both_series_are_there() -> None:
    data = source(10 * S, m="1 1 1", n_a="1 stale", n_b="_ _ 5")
    assert rows(query_range("m + on () n", data, 0, 20 * S, 10 * S)) == {"{}": [2, None, 6]}


def test_series_that_become_equal_are_one_where_they_never_meet_and_an_error_where_they_do() -> None:
    apart = source(10 * S, a="1 stale", b="_ 2")
    assert rows(query_range('-{__name__=~"a|b"}', apart, 0, 10 * S, 10 * S)) == {"{}": [-1, -2]}
    both = source(10 * S, a="1", b="2")
    with pytest.raises(EvaluationError, match="vector cannot contain metrics with the same labelset"):
        instant('-{__name__=~"a|b"}', both, 0)


def test_sums_keep_what_large_terms_of_both_signs_would_swallow() -> None:
    data = source(10 * S, m_a="1", m_b="1e100", m_c="1", m_d="-1e100", n="1 1e100 1 -1e100")
    assert vector("sum(m)", data, 0) == {"{}": 2}
    assert vector("avg(m)", data, 0) == {"{}": 0.5}
    assert vector("sum_over_time(n[1m])", data, 30 * S) == {"{}": 2}


def test_an_average_does_not_overflow() -> None:
    data = source(10 * S, m_a="1.5e308", m_b="1.5e308", n="1.5e308 1.5e308")
    assert vector("avg(m)", data, 0) == {"{}": 1.5e308}
    assert vector("avg_over_time(n[1m])", data, 10 * S) == {"{}": 1.5e308}
    assert vector("sum(m)", data, 0) == {"{}": math.inf}


def test_topk_chooses_anew_at_each_step_and_orders_an_instant_vector() -> None:
    data = source(10 * S, m_a="1 9", m_b="5 5", m_c="NaN NaN")
    assert rows(query_range("topk(1, m)", data, 0, 10 * S, 10 * S)) == {'m{l="a"}': [None, 9], 'm{l="b"}': [5, None]}
    found = instant("topk(3, m)", data, 0)
    assert isinstance(found, Vector)
    assert [dict(of)["l"] for of in found.labels] == ["b", "a", "c"]


def test_topk_of_many_series_takes_as_many_as_asked_for_where_values_are_equal() -> None:
    data = source(10 * S, **{f"m_{i:03}": f"{i % 7} {i % 5}" for i in range(200)})
    found = query_range("count(topk(9, m))", data, 0, 10 * S, 10 * S)
    assert rows(found) == {"{}": [9, 9]}
    assert rows(query_range("min(topk(9, m))", data, 0, 10 * S, 10 * S)) == {"{}": [6, 4]}
    assert rows(query_range("max(bottomk(50, m))", data, 0, 10 * S, 10 * S)) == {"{}": [1, 1]}


def test_a_histogram_whose_counts_fall_is_raised_and_the_answer_says_so() -> None:
    load = Load(10 * S, custom_buckets=False)
    for le, count in (("1", 10), ("2", 8), ("4", 20), ("+Inf", 20)):
        load.series[series_labels("h_bucket", f'{{le="{le}"}}')] = [float(count)]
    data = MemorySource()
    data.load(load)
    found = instant("histogram_quantile(0.75, h_bucket)", data, 0)
    assert isinstance(found, Vector)
    assert found.values.tolist() == [3.0]
    assert found.warnings[0].startswith("PromQL info: input to histogram_quantile needed to be fixed for monotonicity")


def test_a_bucket_that_is_absent_at_a_step_does_not_count_there() -> None:
    load = Load(10 * S, custom_buckets=False)
    for le, counts in (("1", "5 5"), ("2", "8 stale"), ("4", "10 10"), ("+Inf", "10 10")):
        load.series[series_labels("h_bucket", f'{{le="{le}"}}')] = samples(counts)
    data = MemorySource()
    data.load(load)
    found = rows(query_range("histogram_quantile(0.6, h_bucket)", data, 0, 10 * S, 10 * S))["{}"]
    assert found == pytest.approx([1 + 1 / 3, 1 + 3 * 0.2], rel=1e-12)


def test_remarks_point_into_the_text_and_a_tree_has_no_place() -> None:
    from vedette.promql.parser import parse

    data = source(10 * S, m="1 2")
    text = "sum(\n  rate(m[1m]))"
    message = 'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "m"'
    assert instant(text, data, 10 * S).warnings == (f"{message} (2:8)",)
    assert instant(parse(text), data, 10 * S).warnings == (message,)


def test_a_range_query_of_too_many_steps_is_refused_unless_the_limit_is_lifted() -> None:
    data = source(10 * S, m="1")
    with pytest.raises(EvaluationError, match="exceeded maximum resolution of 11,000 points per timeseries"):
        query_range("m", data, 0, 11_001 * S, S)
    assert len(query_range("m", data, 0, 11_000 * S, S).steps) == 11_001
    assert len(query_range("m", data, 0, 11_001 * S, S, max_points=None).steps) == 11_002


def test_a_query_that_would_not_fit_into_memory_is_refused_before_it_is_computed() -> None:
    data = source(10 * S, **{f"m_{i}": "1" for i in range(5001)})
    for expr in ("m", "rate(m[5m])"):
        with pytest.raises(EvaluationError, match="too many samples into memory"):
            query_range(expr, data, 0, 10_000 * S, S)


@pytest.mark.parametrize(("start", "end", "step"), [(0, 10, 0), (0, 10, -1), (10, 0, 1)])
def test_a_range_query_that_cannot_step_is_refused(start: int, end: int, step: int) -> None:
    with pytest.raises(EvaluationError):
        query_range("1", MemorySource(), start, end, step)


def test_a_range_vector_or_a_text_has_no_range_query() -> None:
    for expr, kind in (("m[5m]", "range vector"), ('"a"', "string")):
        with pytest.raises(EvaluationError, match=f'invalid expression type "{kind}" for range query'):
            query_range(expr, MemorySource(), 0, 10, 1)


def test_scalars_and_texts_are_results_of_their_own() -> None:
    assert instant("1 + 2", MemorySource(), 5) == Scalar(5, 3.0)
    assert instant('"a"', MemorySource(), 5) == StringResult(5, "a")
    assert rows(query_range("time()", MemorySource(), 0, 2 * S, S)) == {"{}": [0, 1, 2]}


def test_names_are_dropped_where_a_function_drops_them_or_at_the_end_when_asked() -> None:
    data = source(10 * S, m="1 2 3")
    expr = 'label_replace(rate(m[1m]), "was", "$1", "__name__", "(.*)")'

    def found(*, delayed: bool) -> list[Labels]:
        answer = instant(expr, data, 20 * S, delayed_names=delayed)
        assert isinstance(answer, Vector)
        return answer.labels

    assert found(delayed=False) == [()]
    assert found(delayed=True) == [(("was", "m"),)]


def test_results_of_a_range_query_are_sorted_by_labels_and_have_no_empty_rows() -> None:
    data = source(10 * S, m_b="1 2", m_a="_ 2", m_c="1 stale")
    found = query_range("m", data, 10 * S, 10 * S, 10 * S)
    assert [dict(of)["l"] for of in found.labels] == ["a", "b"]
    assert found.present.all()


def test_nothing_is_written_to_the_arrays_of_the_source() -> None:
    data = source(10 * S, m_a="0+1x30", m_b="0 1 _ 3+1x20")
    for _, times, values, present in data.blocks:
        for array in (times, values, present):
            array.flags.writeable = False

    class ReadOnly(MemorySource):
        def select(self, matchers, start, end):
            found = super().select(matchers, start, end)
            for block in found:
                for array in (block.timestamps, block.values, block.present):
                    array.flags.writeable = False
            return found

    read_only = ReadOnly()
    read_only.blocks = data.blocks
    for name, signature in SIGNATURES.items():
        if signature.args[:1] == ("range vector",) and len(signature.args) == 1:
            query_range(f"{name}(m[1m])", read_only, 0, 300 * S, 10 * S)
        if signature.args == ("instant vector",) and name not in ("info", "start_timestamp"):
            query_range(f"{name}(m)", read_only, 0, 300 * S, 10 * S)
    for op in ("sum", "avg", "min", "max", "stddev", "count"):
        query_range(f"{op}(m)", read_only, 0, 300 * S, 10 * S)


def test_a_range_query_gives_at_each_step_what_an_instant_query_gives() -> None:
    generator = np.random.default_rng(3)
    pieces = {
        f"m_{i}": " ".join("_" if generator.random() < 0.1 * i else f"{x:.3f}" for x in generator.normal(0, 5, 40))
        for i in range(4)
    }
    data = source(10 * S, **pieces)
    for name, signature in SIGNATURES.items():
        if signature.args[:1] != ("range vector",) or len(signature.args) > 1:
            continue
        found = rows(query_range(f"{name}(m[73s])", data, 0, 500 * S, 13 * S))
        for i, at in enumerate(range(0, 500 * S + 1, 13 * S)):
            once = vector(f"{name}(m[73s])", data, at)
            now = {of: values[i] for of, values in found.items() if values[i] is not None}
            assert now == pytest.approx(once, rel=1e-12, abs=1e-13, nan_ok=True), (name, at)
