"""Many processes update the same metrics while some of them are killed: run as a script, it prints what was found.

``python shared_load.py PROCESSES THREADS SECONDS``. What a worker has done it acknowledges in memory of its own, each
update right after it was made and before the next; so one that is killed has made at most one update more.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sys
import threading
import time
from collections import Counter as Tally

from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Summary
from vedette.instruments.metrics.exposition import openmetrics

VALUE = 0.25
KINDS = ("plain", "labelled", "histogram", "native", "summary", "made")

plain = Counter("load_plain_total", "P.")
labelled = Counter("load_labelled_total", "L.", ["a", "b"])
histogram = Histogram("load_histogram_seconds", "H.", ["a"], buckets=[0.1, 0.2, 0.3, 0.4])
native = Histogram("load_native_seconds", "N.", buckets=[1.0], native=True)
summary = Summary("load_summary_bytes", "S.")
made = Counter("load_made_total", "M.", ["name"], max_series=10**6)
active = Gauge("load_active", "A.")
kept = Gauge("load_kept", "K.", multiprocess_mode="sum")
latest = Gauge("load_latest_timestamp_seconds", "T.")


def work(place: int, acknowledged: memoryview, stop: mmap.mmap, threads: int, born: int) -> None:
    """Update and acknowledge until told to stop."""
    lock = threading.Lock()
    base = place * len(KINDS)

    def run(seed: int) -> None:
        choose = random.Random(seed)
        turn = 0
        while not stop[0]:
            turn += 1
            with active.track():
                for offset, update in enumerate(
                    (
                        plain.inc,
                        lambda: labelled.inc(str(choose.randrange(5)), str(choose.randrange(4))),
                        lambda: histogram.observe(VALUE, str(choose.randrange(3))),
                        lambda: native.observe(VALUE),
                        lambda: summary.observe(VALUE),
                        lambda turn=turn: made.inc(f"{born}-{turn // 400}-{seed % threads}"),
                    )
                ):
                    with lock:
                        update()
                        acknowledged[base + offset] += 1
            kept.inc(2)
            kept.dec(2)
            latest.set(time.time())

    running = [threading.Thread(target=run, args=(born * threads + number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def parse(page: bytes) -> dict[str, float]:
    """Series → value; a series that stands twice is an error."""
    found: dict[str, float] = {}
    for line in page.decode().splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            if series in found:
                raise AssertionError(f"{series} stands twice")
            found[series] = float(value)
    return found


def total(page: dict[str, float], start: str) -> float:
    return sum(value for series, value in page.items() if series.startswith(start))


def check_page(page: dict[str, float], before: dict[str, float], kills: int, processes: int) -> None:
    """What must hold of every page, while everything is under way."""
    for series, value in before.items():
        if "_active" not in series and "_kept" not in series and page.get(series, -1) < value:
            raise AssertionError(f"{series} fell from {value} to {page.get(series)}")
    for name in ("load_histogram_seconds", "load_native_seconds", "load_summary_bytes"):
        for series, count in page.items():
            if not series.startswith(f"{name}_count"):
                continue
            labels = series.removeprefix(f"{name}_count")
            if name != "load_summary_bytes":
                inner = labels[1:-1] + "," if labels else ""
                if page[f'{name}_bucket{{{inner}le="+Inf"}}'] != count:
                    raise AssertionError(f"{series} is not the sum of its buckets")
            # Between the two steps of an observation stands at most one for each process, and for each that was killed.
            if abs(page[f"{name}_sum{labels}"] / VALUE - count) > kills + processes:
                raise AssertionError(f"{series}: {count} observations, sum {page[f'{name}_sum{labels}']}")
    if page.get("load_active", 0) < 0:
        raise AssertionError(f"{page['load_active']} active")


def main(processes: int, threads: int, seconds: float) -> None:
    memory = mmap.mmap(-1, processes * len(KINDS) * 8)
    acknowledged = memoryview(memory).cast("Q")
    stop = mmap.mmap(-1, 1)
    for metric in (plain, summary):
        metric.initialise()
    births = 0

    def start(place: int) -> int:
        nonlocal births
        births += 1
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.nice(15)  # who kills is not to wait for all the others
                work(place, acknowledged, stop, threads, births)
                status = 0
            finally:
                os._exit(status)
        return pid

    workers = [start(place) for place in range(processes)]
    choose, kills, pages = random.Random(1), 0, 0
    before: dict[str, float] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        place = choose.randrange(processes)
        os.kill(workers[place], signal.SIGKILL)
        os.waitpid(workers[place], 0)
        kills += 1
        workers[place] = start(place)
        time.sleep(choose.random() * 0.02)
        if kills % 5 == 0:
            page = parse(openmetrics())
            check_page(page, before, kills, processes)
            before, pages = page, pages + 1
    stop[0] = 1
    statuses = Tally(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers)
    page = parse(openmetrics())
    check_page(page, before, kills, 0)
    counts = {
        "plain": page["load_plain_total"],
        "labelled": total(page, "load_labelled_total"),
        "histogram": total(page, "load_histogram_seconds_count"),
        "native": page["load_native_seconds_count"],
        "summary": page["load_summary_bytes_count"],
        "made": total(page, "load_made_total"),
    }
    acks = {kind: sum(acknowledged[offset :: len(KINDS)]) for offset, kind in enumerate(KINDS)}
    store = DEFAULT.store()
    print(  # noqa: T201 - what the test reads
        json.dumps(
            {
                "kills": kills,
                "pages": pages,
                "statuses": dict(statuses),
                "counts": counts,
                "acknowledged": acks,
                "active": page.get("load_active"),
                "kept": page.get("load_kept"),
                "processes": len(store.processes()),
                "used": store.used,
                "series": len(page),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
