"""What the process tells of its machine is what node_exporter tells of it."""

from __future__ import annotations

import re
import sys
import urllib.request

import pytest
from tests.real import exporter

from vedette.instruments.metrics.exposition import openmetrics, text
from vedette.integrations import host
from vedette.packs.host import METRICS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")


@pytest.fixture(autouse=True)
def _attached():
    host.attach()
    yield
    host.detach()


def _series(page: str) -> dict[tuple[str, frozenset[str]], float]:
    names = {metric.name for metric in METRICS}
    found = {}
    for line in page.splitlines():
        matched = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
        if matched and matched[1] in names:
            labels = frozenset(re.findall(r'(\w+="(?:[^"\\]|\\.)*")', matched[2] or ""))
            found[matched[1], labels] = float(matched[3])
    return found


@pytest.mark.real
def test_it_has_every_series_of_the_real_node_exporter_with_the_same_value(tmp_path):
    with exporter(tmp_path, "node-exporter", "1.5") as url:
        before = _series(text().decode())
        with urllib.request.urlopen(url, timeout=10) as reply:
            theirs = _series(reply.read().decode())
        after = _series(text().decode())
    assert {name for name, _ in theirs} >= {"node_cpu_seconds_total", "node_memory_MemAvailable_bytes"}
    missing = {key for key in theirs if key not in before}
    assert missing == set()
    for key, value in theirs.items():
        name = key[0]
        if name.endswith("_total"):
            # node_exporter reads between our two readings; ticks are hundredths of a second
            assert before[key] - 0.02 <= value <= after[key] + 0.02, key
        elif name.endswith(("_size_bytes", "_MemTotal_bytes", "_maximum", "_boot_time_seconds", "_info", "_files")):
            assert value == before[key], key


def test_pages_in_both_formats_have_them_once():
    host.attach()
    for page in (text().decode(), openmetrics().decode()):
        assert page.count("# TYPE node_load1 gauge") == 1
        assert page.count("\nnode_load1 ") == 1


def test_a_host_that_is_detached_is_told_no_more():
    host.detach()
    assert "node_" not in text().decode()
