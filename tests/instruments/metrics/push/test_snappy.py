"""What is compressed here is decompressed by Google's format's other implementations to the same bytes."""

from __future__ import annotations

import random

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.instruments.metrics.push.snappy import compress

WORDS = st.lists(st.sampled_from([b"job", b"nightly", b"batch_job_runs_total", b"\0\0\0\0", b"x"]), max_size=300)


def decompressed(raw):
    return bytes(cramjam.snappy.decompress_raw(raw))


@given(st.binary(max_size=500) | WORDS.map(b"".join))
def test_any_bytes_come_back(raw):
    assert decompressed(compress(raw)) == raw


@pytest.mark.parametrize(
    "size", [0, 1, 3, 4, 5, 59, 60, 61, 63, 64, 65, 255, 256, 257, 65535, 65536, 65537, 131072, 200_000]
)
@pytest.mark.parametrize("kind", ["same", "random", "mixed"])
def test_sizes_around_each_limit_of_the_format_come_back(size, kind):
    noise = random.Random(size).randbytes(size)
    raw = {"same": b"a" * size, "random": noise, "mixed": (noise[: size // 2] * 2)[:size]}[kind]
    assert decompressed(compress(raw)) == raw


def test_what_repeats_itself_becomes_a_small_part_and_what_does_not_hardly_grows():
    lines = b"".join(b'batch_job_runs_total{name="job-%d",outcome="success"} 1\n' % number for number in range(1000))
    assert len(compress(lines)) < len(lines) / 3
    noise = random.Random(1).randbytes(100_000)
    assert len(compress(noise)) < len(noise) * 1.01
