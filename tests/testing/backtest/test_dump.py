"""Samples in files: what promtool prints, OpenMetrics, and what is neither."""

from __future__ import annotations

import contextlib
import gzip
import math
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.real import binary

from vedette.errors import ConfigError
from vedette.promql.labels import NAME, Matcher, labels, render
from vedette.promql.source import is_stale
from vedette.testing.backtest import Dump

EVERY = 10**15


def read(text: str) -> dict[str, list[tuple[int, float]]]:
    dump = Dump(text.splitlines(keepends=True), "samples.om")
    loaded = dump.load([Matcher(NAME, "=~", ".+")], -1, EVERY)
    return {
        render(of): list(zip(times.tolist(), values.tolist(), strict=True)) for of, (times, values) in loaded.items()
    }


def test_openmetrics_has_seconds_and_a_dump_has_milliseconds():
    assert read('# TYPE x gauge\nx{a="b"} 1.5 1700000000.5\n# EOF\n') == {'x{a="b"}': [(1_700_000_000_500, 1.5)]}
    assert read('{__name__="x", a="b"} 1.5 1700000000500\n') == {'x{a="b"}': [(1_700_000_000_500, 1.5)]}


def test_samples_are_put_in_order_and_one_time_has_one_sample():
    assert read("x 2 2\nx 1 1\nx 9 2\n") == {"x": [(1000, 1.0), (2000, 2.0)]}


def test_braces_quotes_and_exemplars_do_not_confuse_it():
    text = 'x{a="}{ #",b="\\"c\\\\"} 3 7 # {trace="{}"} 1 6\n'
    assert read(text) == {'x{a="}{ #", b="\\"c\\\\"}': [(7000, 3.0)]}


def test_in_a_dump_a_lone_nan_is_an_end_and_nan_after_nan_a_value():
    lines = "".join(f'{{__name__="x"}} {value} {at}\n' for at, value in enumerate(["1", "NaN", "2", "NaN", "NaN", "3"]))
    (values,) = (values for _, values in Dump(lines.splitlines(), "d").load([], -1, EVERY).values())
    assert is_stale(values).tolist() == [False, True, False, False, False, False]
    assert np.isnan(values).tolist() == [False, True, False, True, True, False]


def test_in_openmetrics_nan_is_a_value():
    (pair,) = read("x NaN 1\n")["x"]
    assert math.isnan(pair[1])


def test_only_what_is_asked_for_is_given():
    dump = Dump([f'x{{a="{name}"}} {at} {at}\n' for name in "bc" for at in range(9)], "d")
    found = dump.load([Matcher(NAME, "=", "x"), Matcher("a", "=", "b")], 2000, 5000)
    assert {of: times.tolist() for of, (times, _) in found.items()} == {
        labels({NAME: "x", "a": "b"}): [3000, 4000, 5000]
    }
    assert dump.span == (0, 8000)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x 1\n", "is no sample with a time"),
        ("x one 1\n", "is no sample with a time"),
        ("x\n", "is no sample"),
        ('x{a="b"\n', "is no sample"),
        ("x{a=1} 1 1\n", "is no series"),
    ],
)
def test_what_is_no_sample_is_refused_with_its_line(line, message):
    with pytest.raises(ConfigError, match=message):
        Dump(["y 1 1\n", line], "samples.om")


@given(st.text(alphabet='x{}"=,\\ 1#\nN', max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ConfigError):
        Dump(text.splitlines(keepends=True), "samples.om")


def test_a_file_is_read_packed_too_and_one_that_is_not_there_is_told(tmp_path):
    (tmp_path / "a.om.gz").write_bytes(gzip.compress(b"x 1 1\n"))
    assert Dump.open(tmp_path / "a.om.gz").span == (1000, 1000)
    with pytest.raises(ConfigError, match="No such file"):
        Dump.open(tmp_path / "b.om")
    with pytest.raises(ConfigError, match="no sample in it"):
        Dump(["# EOF\n"], "c.om").span  # noqa: B018 - the property raises


@pytest.mark.real
@pytest.mark.parametrize("command", ["dump", "dump-openmetrics"])
def test_what_promtool_prints_is_read(tmp_path, command):
    promtool = binary("promtool", "3.5")
    times = [1_700_000_000 + 15 * at for at in range(200)]
    lines = [f'x{{job="a",path="/\\"{{}}"}} {at * 1.1} {time}\n' for at, time in enumerate(times)]
    lines += [f"y {at} {time}.25\n" for at, time in enumerate(times)]
    text = "".join(lines) + "# EOF\n"
    (tmp_path / "in.om").write_text(text)
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", "in.om", "data"], cwd=tmp_path, check=True)
    (tmp_path / "data" / "wal").mkdir()  # promtool reads no data folder without one
    printed = subprocess.run(
        [promtool, "tsdb", command, "data"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert read(printed.stdout) == read(text)
