"""Numbers in a page have their shortest form, which reads back the same; in C as in Python."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vedette.instruments.metrics import core, numbers
from vedette.instruments.metrics.numbers import format_bound, format_value

ANY_DOUBLE = st.one_of(
    st.floats(), st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
)


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        (0.005, "0.005"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-2.5, "-2.5"),
        (100000.0, "100000.0"),
        (1e6, "1e+06"),
        (1048576.0, "1.048576e+06"),
        (-1234567.5, "-1.2345675e+06"),
        (1e21, "1e+21"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_a_bound_has_the_form_that_prometheus_stores(bound, shown):
    assert format_bound(bound) == shown


@given(st.floats(allow_nan=False))
def test_every_bound_reads_back_the_same(bound):
    assert float(format_bound(bound)) == bound


@given(st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.booleans()))
def test_every_value_reads_back_the_same(value):
    read = float(format_value(value))
    assert read == float(value) or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "1"),
        (1.0, "1"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_a_value_has_its_shortest_form(value, shown):
    assert format_value(value) == shown


@pytest.mark.skipif(not core.IN_C, reason="the extension in C does not run here")
@settings(max_examples=2000)
@given(ANY_DOUBLE)
@example(5e-324)
@example(2.2250738585072014e-308)
@example(1.7976931348623157e308)
@example(9007199254740993.0)
@example(1e23)
@example(-0.0)
def test_the_extension_writes_the_same_digits(value):
    from vedette.instruments.metrics._core import extension

    assert extension.format_value(value) == numbers.format_value(value)
    if not math.isnan(value):
        assert extension.format_bound(value) == numbers.format_bound(value)
