"""A clock that stands still until something waits, and what goes by it."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.testing import kiosk

from vedette.instruments import clock as instruments_clock
from vedette.instruments.metrics import Histogram, Registry
from vedette.integrations import attached
from vedette.testing import metrics
from vedette.testing.clock import SimulatedClock
from vedette.testing.patching import InlineLoop, patched

START = 1_700_000_000_000
SECOND = 1_000_000_000


class Rounds:
    """Something that is due every so many milliseconds."""

    def __init__(self, every: int) -> None:
        self.every, self.due, self.seen = every, START + every, []

    def next_due(self) -> int:
        return self.due

    def observe(self, due: int) -> None:
        self.seen.append((due - START, self.clock.now - START))
        self.due += self.every


def clock_with(every: int) -> tuple[SimulatedClock, Rounds]:
    rounds = Rounds(every)
    rounds.clock = SimulatedClock(START, rounds.next_due, rounds.observe)
    return rounds.clock, rounds


def still() -> SimulatedClock:
    return SimulatedClock(START, lambda: None, lambda _: None)


def test_time_stops_on_the_way_wherever_something_is_due():
    clock, rounds = clock_with(10_000)
    clock.sleep(25)
    assert rounds.seen == [(10_000, 10_000), (20_000, 20_000)]
    assert clock.now == START + 25_000


@given(st.lists(st.floats(0, 100), max_size=20))
def test_however_time_passes_everything_due_is_seen_once_and_in_order(naps):
    clock, rounds = clock_with(7_000)
    for seconds in naps:
        clock.sleep(seconds)
    passed = clock.now - START
    assert [due for due, _ in rounds.seen] == list(range(7_000, passed + 1, 7_000))
    assert all(due == at for due, at in rounds.seen)


def test_time_never_runs_backwards_and_observing_takes_none():
    clock, rounds = clock_with(10_000)
    rounds.observe = lambda due: (Rounds.observe(rounds, due), clock.sleep(3600))
    clock = rounds.clock = SimulatedClock(START, rounds.next_due, rounds.observe)
    clock.sleep(30)
    assert clock.now == START + 30_000
    clock.advance_to(START * 1_000_000)
    assert clock.now == START + 30_000
    with pytest.raises(ValueError, match="non-negative"):
        clock.sleep(-1)


def test_the_functions_of_time_go_by_it_and_afterwards_by_the_machine_again():
    clock, before = still(), (time.time, time.sleep, time.monotonic)
    with patched(clock, Path(kiosk.__file__).parent):
        assert time.time() == START / 1000
        marks = time.monotonic(), time.perf_counter(), time.monotonic_ns(), time.perf_counter_ns(), time.time_ns()
        time.sleep(3600)
        assert time.time() == START / 1000 + 3600
        assert time.monotonic() - marks[0] == pytest.approx(3600)
        assert time.perf_counter() - marks[1] == pytest.approx(3600)
        assert [time.monotonic_ns(), time.perf_counter_ns(), time.time_ns()] == [
            mark + 3600 * SECOND for mark in marks[2:]
        ]
        assert kiosk.by_name(60) == pytest.approx(60)
    assert (time.time, time.sleep, time.monotonic) == before
    assert kiosk.nap is time.sleep
    assert kiosk.steady is time.monotonic


def test_a_module_outside_of_the_project_keeps_what_it_imported(tmp_path):
    with patched(still(), tmp_path):
        assert kiosk.steady is not time.monotonic


def test_what_a_loop_waits_for_passes_at_once_and_in_order():
    clock, order = still(), []

    async def after(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((seconds, (clock.ns - START * 1_000_000) / SECOND))

    async def main() -> None:
        await asyncio.gather(after(30), after(10), after(20.5))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), timeout=100)

    with patched(clock, Path()):
        loop = asyncio.SelectorEventLoop()
        loop.run_until_complete(main())
        loop.close()
    assert [one for one, _ in order] == [10, 20.5, 30]
    assert [at for _, at in order] == pytest.approx([10, 20.5, 30], abs=1e-6)
    assert clock.now - START == pytest.approx(130_000, abs=1)


def test_what_is_handed_to_a_thread_is_done_at_once():
    def here() -> int:
        return threading.get_ident()

    def fails() -> None:
        raise ValueError("no")

    async def main() -> None:
        assert await asyncio.to_thread(here) == here()
        with pytest.raises(ValueError, match="no"):
            await asyncio.to_thread(fails)

    loop = InlineLoop(still())
    loop.run_until_complete(main())
    loop.close()


def test_anyio_hands_nothing_to_threads_either_and_the_context_is_a_copy():
    import contextvars

    import anyio.to_thread

    mark = contextvars.ContextVar("mark", default=0)

    def there() -> tuple[int, int]:
        seen = mark.get()
        mark.set(2)
        return threading.get_ident(), seen

    async def main() -> None:
        mark.set(1)
        assert await anyio.to_thread.run_sync(there) == (threading.get_ident(), 1)
        assert mark.get() == 1

    with patched(still(), Path()):
        asyncio.run(main())


def test_a_thread_that_the_test_starts_moves_time_and_one_that_was_there_does_not():
    clock, go, done = still(), threading.Event(), threading.Event()

    def background() -> None:
        go.wait(10)
        time.sleep(0.001)
        done.set()

    old = threading.Thread(target=background, daemon=True)
    old.start()
    with patched(clock, Path()):
        go.set()
        assert done.wait(10)
        assert clock.now == START
        new = threading.Thread(target=lambda: time.sleep(50))
        new.start()
        new.join(10)
        assert clock.now == START + 50_000
    old.join(10)


def test_instruments_measure_simulated_time():
    took = Histogram("simulated_seconds", "Time.", buckets=[1, 10], registry=Registry())
    clock = still()
    with patched(clock, Path()):
        with took.time():
            time.sleep(5)

        @took.time()
        async def slow() -> None:
            await asyncio.sleep(7)

        asyncio.run(slow())
        assert instruments_clock.now() == pytest.approx(START / 1000 + 12)
    (series,) = took.family._registry.snapshot()[0].series
    counts, total = series.reading
    assert list(counts) == [0, 2, 0]
    assert total == pytest.approx(12)


@pytest.fixture
def watched():
    """Loops tell how late and busy they are."""
    attached.attach("asyncio")
    metrics.reset()
    yield
    metrics.reset()
    attached.detach("asyncio")


async def breathes(clock, work):
    """Waits for 10 s, then what it is told to, then for 5 s."""
    await asyncio.sleep(10)
    await work()
    await asyncio.sleep(5)


def watch_of(clock, work):
    with patched(clock, Path(kiosk.__file__).parent):
        loop = InlineLoop(clock)
        loop.run_until_complete(breathes(clock, work))
        loop.close()


def lags():
    """How many times the loop was looked at, and how many of them it was more than 2.5 s late."""
    name = "asyncio_event_loop_lag_seconds"
    count = metrics.sample(f"{name}_count")
    return count, count - metrics.sample(f"{name}_bucket", le="2.5")


def spent():
    """Seconds that the loop has waited and worked."""
    return tuple(metrics.sample("asyncio_event_loop_time_seconds_total", state=state) for state in ("idle", "active"))


def test_a_simulated_loop_that_waits_is_watched_ten_times_a_second_and_never_late(watched):
    async def nothing() -> None:
        pass

    watch_of(still(), nothing)
    assert lags() == (150, 0)
    assert spent() == (pytest.approx(15), pytest.approx(0, abs=1e-6))


def test_a_simulated_loop_that_is_held_up_is_late_once_for_as_long(watched):
    async def blocks() -> None:
        time.sleep(3)  # noqa: ASYNC251 - what a handler must not do

    watch_of(still(), blocks)
    count, late = lags()
    assert 149 <= count <= 151
    assert late == 1
    assert spent() == (pytest.approx(15), pytest.approx(3))


def test_what_a_simulated_loop_has_waited_is_told_at_each_scrape(watched):
    rounds, told = Rounds(4_000), []

    def observe(due: int) -> None:
        rounds.due += 4_000
        told.append(spent()[0])

    async def nothing() -> None:
        pass

    watch_of(SimulatedClock(START, rounds.next_due, observe), nothing)
    assert told == [pytest.approx(at) for at in (4, 8, 12)]


def test_a_simulated_loop_that_nobody_watches_tells_nothing():
    metrics.reset()

    async def nothing() -> None:
        pass

    watch_of(still(), nothing)
    assert metrics.sample("asyncio_event_loop_lag_seconds_count") is None
