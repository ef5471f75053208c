"""The process tells about itself what the operating system tells about it."""

from __future__ import annotations

import gc
import os
import platform
import sys
import threading
import time

import psutil
import pytest
from tests.integrations.client import values

from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.exposition import text
from vedette.integrations import process
from vedette.packs.process import (
    cpu_seconds,
    gc_collections,
    max_fds,
    open_fds,
    python_info,
    resident_memory,
    start_time,
    threads,
    virtual_memory,
)


def only(metric):
    (value,) = values(metric).values()
    return value


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_figures_are_those_of_the_operating_system():
    process.read()
    real = psutil.Process()
    memory = real.memory_info()
    assert only(resident_memory) == pytest.approx(memory.rss, rel=0.1)
    assert only(virtual_memory) == pytest.approx(memory.vms, rel=0.1)
    assert only(open_fds) == real.num_fds() - 1  # psutil counts the one it lists them with
    assert only(max_fds) == real.rlimit(psutil.RLIMIT_NOFILE)[0]
    assert only(threads) == real.num_threads()
    assert only(start_time) == pytest.approx(real.create_time(), abs=1.1)
    assert only(start_time) < time.time()
    used = real.cpu_times()
    assert only(cpu_seconds) == pytest.approx(used.user + used.system, abs=0.5)


def test_garbage_collections_are_counted_by_generation():
    gc.collect()
    process.read()
    assert values(gc_collections) == {
        (str(generation),): stats["collections"] for generation, stats in enumerate(gc.get_stats())
    }


def test_attaching_reads_at_every_scrape_and_says_which_python_it_is():
    process.attach()
    process.attach()
    assert values(python_info) == {(platform.python_version(), sys.implementation.name): 1}
    before = os.dup(0)
    try:
        text(DEFAULT)
        open_before = only(open_fds)
        more = os.dup(0)
        text(DEFAULT)
        os.close(more)
    finally:
        os.close(before)
    assert only(open_fds) == open_before + 1


def test_without_proc_the_standard_library_tells_what_it_can(monkeypatch):
    monkeypatch.setattr(process, "_PROC", "/no/such/proc")
    process.read()
    assert only(resident_memory) > 1_000_000
    assert only(threads) == threading.active_count()
    assert only(start_time) <= time.time()
    assert values(virtual_memory) == values(open_fds) == {}
