"""Event loops of asyncio and of uvloop tell how late and how busy they are, and what no task handled."""

from __future__ import annotations

import asyncio
import gc
import inspect
import selectors
import threading
import time

import pytest
import uvloop
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.waiting import until_async

from vedette.instruments import clock, guard
from vedette.integrations import attached, event_loop, unhandled
from vedette.packs.runtime import loop_lag, loop_time, unhandled_exceptions

KINDS = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}
CLASSES = {"asyncio": asyncio.BaseEventLoop, "uvloop": uvloop.Loop}


@pytest.fixture(params=KINDS)
def library(request):
    attached.attach(request.param)
    assert attached.states()[request.param].attached
    yield request.param
    attached.detach(request.param)


@pytest.fixture
def loop(library):
    loop = KINDS[library]()
    yield loop
    loop.close()


def spent():
    told = values(loop_time)
    return told.get(("active",), 0.0), told.get(("idle",), 0.0)


class Simulated(selectors.DefaultSelector):
    """Waits by setting the clock forward."""

    now = 1000.0

    def select(self, timeout=None):
        self.now += timeout or 0
        return super().select(0)


@pytest.fixture
def simulated():
    """The selector of a loop whose time is its own."""
    attached.attach("asyncio")
    selector = Simulated()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now
    selector.loop = loop
    with clock.replaced(lambda: selector.now):
        yield selector
        loop.close()
    attached.detach("asyncio")


def test_a_loop_that_waits_is_idle(simulated):
    simulated.loop.run_until_complete(asyncio.sleep(1))
    assert spent() == pytest.approx((0, 1))
    (reading,) = loop_lag.series().values()
    assert reading == ([10, *[0] * 12], pytest.approx(0))  # ten looks, none of them late


def test_a_callback_that_blocks_makes_the_loop_active_and_late(simulated):
    async def block():
        await asyncio.sleep(0.25)
        simulated.now += 2.05  # the next look is due in 0.05 s
        await asyncio.sleep(0.25)

    simulated.loop.run_until_complete(block())
    assert spent() == pytest.approx((2.05, 0.5))
    (reading,) = loop_lag.series().values()
    assert reading[1] == pytest.approx(2)
    assert sum(reading[0][9:]) == 1  # above 1 s


def test_the_time_in_which_a_loop_does_not_run_is_neither_idle_nor_late(simulated):
    simulated.loop.run_until_complete(asyncio.sleep(0.25))
    simulated.now += 100
    simulated.loop.run_until_complete(asyncio.sleep(0.25))
    assert spent() == pytest.approx((0, 0.5))
    (reading,) = loop_lag.series().values()
    assert reading[1] == pytest.approx(0)


def test_what_a_loop_tells_is_not_more_than_it_ran_and_not_less_than_it_worked(loop):
    used = []

    async def work():
        began = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.15)
        for _ in range(20_000):
            await asyncio.sleep(0)
        used.append((time.perf_counter() - began[0], time.thread_time() - began[1]))

    began = time.perf_counter()
    loop.run_until_complete(work())
    ran = time.perf_counter() - began
    assert used[0][0] <= sum(spent()) <= ran
    assert spent()[0] >= used[0][1] - 0.001
    time.sleep(0.2)
    assert sum(spent()) <= ran
    assert loop_lag.series()[()][1] <= ran


def test_a_callback_that_blocks_makes_any_loop_late_by_all_but_an_interval(loop):
    async def block():
        await asyncio.sleep(0.01)
        time.sleep(0.4)  # noqa: ASYNC251 - what one must not do
        await asyncio.sleep(0.05)

    loop.run_until_complete(block())
    assert loop_lag.series()[()][1] >= 0.4 - event_loop.INTERVAL - 0.002  # uvloop's timers have milliseconds
    assert spent()[0] >= 0.4 - event_loop.INTERVAL - 0.002


def test_loops_of_several_threads_are_told_together(library):
    def run():
        loop = KINDS[library]()
        loop.run_until_complete(asyncio.sleep(0.25))
        loop.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent()) >= 1
    assert sum(values(loop_lag).values()) >= 4


def test_an_exception_that_no_task_handles_is_counted_and_told(loop):
    heard = []
    loop.set_exception_handler(lambda _, context: heard.append(context.get("exception")))

    async def main():
        async def fail():
            raise KeyError("order 17")

        loop.create_task(fail())
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    loop.run_until_complete(main())
    gc.collect()
    loop.call_exception_handler({"message": "something went wrong"})
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert values(unhandled_exceptions) == {
        ("asyncio", "KeyError"): 1,
        ("asyncio", "ZeroDivisionError"): 1,
        ("asyncio", "_OTHER"): 1,
    }
    assert sorted(type(error).__name__ for error in heard) == ["KeyError", "NoneType", "ZeroDivisionError"]


async def test_a_loop_that_runs_already_is_watched_at_once():
    attached.detach("asyncio")
    attached.attach("asyncio")
    try:
        await until_async(lambda: sum(values(loop_lag).values()))
    finally:
        attached.detach("asyncio")
    assert sum(spent()) > 0


def test_detaching_restores_the_class_and_the_loops_that_were_watched(library):
    attached.detach(library)
    before = dict(vars(CLASSES[library]))
    attached.attach(library)
    loop = KINDS[library]()
    loop.run_until_complete(asyncio.sleep(0.15))
    attached.detach(library)
    assert dict(vars(CLASSES[library])) == before
    assert "_vedette_watch" not in vars(loop)
    assert library == "uvloop" or "select" not in vars(loop._selector)
    counted = sum(spent())
    loop.run_until_complete(asyncio.sleep(0.15))
    loop.close()
    assert sum(spent()) == counted


def test_a_loop_that_is_closed_or_runs_says_so_as_before(loop):
    async def again():
        with pytest.raises(RuntimeError, match="running"):
            loop.run_forever()
        await asyncio.sleep(0)

    loop.run_until_complete(again())
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_forever()


def test_a_loop_ends_with_whoever_had_it(library):
    import weakref

    loop = KINDS[library]()
    loop.run_until_complete(asyncio.sleep(0.15))
    loop.close()
    gone = weakref.ref(loop)
    del loop
    gc.collect()
    assert gone() is None


def test_a_failing_instrument_leaves_the_loop_as_it_is(library, caplog):
    with broken(event_loop), broken(unhandled):
        loop = KINDS[library]()
        assert loop.run_until_complete(asyncio.sleep(0.15, "done")) == "done"
        loop.set_exception_handler(lambda *_: None)
        loop.call_exception_handler({"message": "x"})
        loop.close()
    assert guard.failures()["watching an event loop"] >= 1
    assert caplog.text.count("watching an event loop failed and was skipped") == 1


def test_functions_stay_what_they_are(library):
    kind = CLASSES[library]
    assert inspect.signature(asyncio.BaseEventLoop.run_forever) == inspect.signature(lambda self: None)
    assert not inspect.iscoroutinefunction(kind.run_forever)
    assert kind.run_forever.__name__ == "run_forever"


@pytest.mark.parametrize("library", ["uvloop"], indirect=True)
def test_where_the_system_does_not_tell_who_waits_for_the_processor_its_use_is_told(library, monkeypatch):
    def missing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(event_loop.os, "open", missing)
    used = event_loop._processor_seconds()
    assert used == pytest.approx(time.thread_time(), abs=0.1)
