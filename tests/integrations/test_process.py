"""The process tells about itself what the operating system tells about it."""

from __future__ import annotations

import gc
import platform
import sys
import threading
import time

import psutil
import pytest
from tests.instruments.servers import Folder, of_each, page
from tests.integrations.client import values

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


def test_attaching_says_which_python_it_is():
    process.attach()
    process.attach()
    assert values(python_info) == {(platform.python_version(), sys.implementation.name): 1}


OPENS_ONE_MORE = """
import os
from vedette.instruments.metrics.exposition import text
from vedette.integrations import process
process.attach()
os.dup(0)
print(text().decode(), flush=True)
print("-----")
os.dup(0)
print(text().decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_every_scrape_reads_anew(folder):
    ran = folder.run("-c", OPENS_ONE_MORE)  # in a process in which nothing else opens files
    assert ran.stderr == ""
    first, second = (page(one)["process_open_fds"] for one in ran.stdout.split("-----"))
    assert second == first + 1


def test_without_proc_the_standard_library_tells_what_it_can(monkeypatch):
    monkeypatch.setattr(process, "_PROC", "/no/such/proc")
    process.read()
    assert only(resident_memory) > 1_000_000
    assert only(threads) == threading.active_count()
    assert only(start_time) <= time.time()
    assert values(virtual_memory) == values(open_fds) == {}


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "run")


WITH_A_CHILD = """
import gc, os, sys
from vedette.instruments.metrics.exposition import text
from vedette.integrations import process
process.attach()
text()
for _ in range(100):
    gc.collect()
held = bytearray(50_000_000)
here, there = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    process.read()
    os.write(here[1], b"x")
    os.read(there[0], 1)
    os._exit(0)
os.read(here[0], 1)
print(os.getpid(), child)
print(text().decode(), flush=True)
print("-----")
os.write(there[1], b"x")
os.waitpid(child, 0)
print(text().decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_of_processes_that_share_their_metrics_the_sum_is_told_and_each_apart(folder):
    ran = folder.run("-c", WITH_A_CHILD)
    assert ran.stderr == ""
    (pids, _, both), alone = ran.stdout.partition("\n"), ran.stdout.split("-----")[1]
    together, alone = page(both.split("-----")[0]), page(alone)
    parent, child = map(int, pids.split())
    for metric, name in (
        ("process_resident_memory_bytes", "process_worker_resident_memory_bytes"),
        ("process_threads", "process_worker_threads"),
        ("process_cpu_seconds_total", "process_worker_cpu_seconds_total"),
    ):
        each = of_each(together, name)
        assert each.keys() == {parent, child}
        assert together[metric] == pytest.approx(sum(each.values()), rel=0.01)
    assert together["process_workers"] == 2
    # Twice as many may be open, and each has its share.
    assert together["process_max_fds"] == 2 * alone["process_max_fds"]
    ratio = together["process_open_fds"] / together["process_max_fds"]
    shares = of_each(together, "process_worker_open_fds_ratio")
    assert ratio == pytest.approx(sum(shares.values()) / 2)
    # The service began with its first process.
    starts = of_each(together, "process_worker_start_time_seconds")
    assert together["process_start_time_seconds"] == starts[parent] <= starts[child]
    # What the parent had collected is not counted once more in the child.
    assert 100 <= together['python_gc_collections_total{generation="2"}'] < 150
    assert alone["process_workers"] == 1
    assert of_each(alone, "process_worker_threads") == {parent: 1}
    assert alone["process_threads"] == 1
