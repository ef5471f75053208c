"""The pieces that protobuf messages are made of, and those of an answer that is read."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.instruments.metrics.push.decoding import buckets, decode

from vedette.instruments.metrics.protobuf import (
    field_buckets,
    field_bytes,
    field_double,
    field_fixed,
    field_varint,
    read_fields,
)

FIELDS = st.integers(1, 2000)


@given(FIELDS, st.integers(0, 2**64 - 1), st.binary(max_size=300), st.floats(allow_nan=False))
def test_fields_of_every_kind_are_read_back(field, number, raw, real):
    message = field_varint(field, number) + field_bytes(field + 1, raw) + field_double(field + 2, real)
    message += field_fixed(field + 3, number)
    assert read_fields(message) == {
        field: number,
        field + 1: raw,
        field + 2: struct.pack("<d", real),
        field + 3: struct.pack("<Q", number),
    }


@given(st.binary(max_size=40))
def test_what_is_no_message_is_a_value_error(raw):
    try:
        read_fields(raw)
    except ValueError as error:
        assert str(error) == "it is no protobuf message"  # noqa: PT017 - it may be a message by chance


@pytest.mark.parametrize("raw", [b"\x0a\x05abc", b"\x09\0\0", b"\x0b", b"\xff" * 11, b"\x08", b"\x08\x80"])
def test_a_message_that_is_cut_off_is_none(raw):
    with pytest.raises(ValueError, match="it is no protobuf message"):
        read_fields(raw)


@given(st.dictionaries(st.integers(-(2**31) // 4, 2**31 // 4), st.integers(1, 2**40)))
def test_buckets_are_runs_and_differences(counts):
    given = sorted(counts.items())
    found = decode("Histogram", field_buckets(given, 11, 12))
    assert buckets(found["positive_spans"], found["positive_deltas"]) == given
