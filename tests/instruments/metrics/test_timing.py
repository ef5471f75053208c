"""Blocks and functions of every kind are measured while they run, and stay what they were."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from vedette.instruments import clock
from vedette.instruments.metrics import Gauge, Histogram, Summary


class Ticks:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def ticks():
    ticks = Ticks()
    with clock.replaced(ticks):
        yield ticks


@pytest.fixture
def summary(registry):
    return Summary("a_seconds", "A.", labels=["x"], registry=registry)


def seen(summary) -> tuple[int, float]:
    return summary.labels("1").read()


def test_a_block_is_timed_even_when_it_raises(ticks, summary):
    with summary.time("1"):
        ticks.pass_(2)

    def fail() -> None:
        ticks.pass_(3)
        raise KeyError

    with pytest.raises(KeyError), summary.time(x="1"):
        fail()
    assert seen(summary) == (2, 5.0)


def test_a_timer_can_stand_within_itself(ticks, summary):
    timer = summary.time("1")
    with timer:
        ticks.pass_(1)
        with timer:
            ticks.pass_(2)
    assert seen(summary) == (2, 5.0)


def test_a_clock_that_went_back_counts_as_no_time(ticks, summary):
    with summary.time("1"):
        ticks.pass_(-5)
    assert seen(summary) == (1, 0.0)


def test_a_function_is_timed_at_every_call_and_keeps_its_name_and_result(ticks, summary):
    @summary.time("1")
    def work(seconds: float, *, then: str) -> str:
        """Works."""
        ticks.pass_(seconds)
        return then

    assert work(2, then="done") == "done"
    assert work(1, then="again") == "again"
    assert (work.__name__, work.__doc__) == ("work", "Works.")
    assert seen(summary) == (2, 3.0)


def test_decorating_exposes_nothing_until_the_function_runs(registry, ticks):
    histogram, gauge = Histogram("a_seconds", "A.", registry=registry), Gauge("b_depth", "B.", registry=registry)

    @histogram.time()
    @gauge.track()
    def work() -> None:
        pass

    assert registry.snapshot() == []
    work()
    assert len(registry.snapshot()) == 2


def test_a_wrong_label_is_found_when_the_function_is_decorated(summary):
    with pytest.raises(TypeError, match="has no label 'y'"):
        summary.time(y="1")


def test_a_recursive_function_is_timed_at_each_level(ticks, summary):
    @summary.time("1")
    def count(levels: int) -> None:
        ticks.pass_(1)
        if levels:
            count(levels - 1)

    count(2)
    assert seen(summary) == (3, 6.0)


async def test_a_coroutine_function_is_timed_until_it_returns_or_raises(ticks, summary):
    @summary.time("1")
    async def work(fail: bool) -> str:
        await asyncio.sleep(0)
        ticks.pass_(2)
        if fail:
            raise LookupError
        return "done"

    assert inspect.iscoroutinefunction(work)
    assert await work(False) == "done"
    with pytest.raises(LookupError):
        await work(True)
    assert seen(summary) == (2, 4.0)


def test_a_coroutine_that_is_made_and_never_awaited_is_not_timed(ticks, summary):
    @summary.time("1")
    async def work() -> None:
        pass

    work().close()
    assert seen(summary) == (0, 0)


def test_a_generator_is_timed_from_its_first_item_to_its_last(ticks, summary):
    @summary.time("1")
    def work():
        got = yield "a"
        ticks.pass_(3)
        yield got
        return "end"

    def outer():
        return (yield from work())

    assert inspect.isgeneratorfunction(work)
    running = outer()
    assert next(running) == "a"
    assert running.send("b") == "b"
    with pytest.raises(StopIteration) as stopped:
        next(running)
    assert stopped.value.value == "end"
    assert seen(summary) == (1, 3.0)


async def test_an_async_generator_is_timed_to_its_end_and_still_takes_what_is_sent_and_thrown(ticks, summary):
    events = []

    @summary.time("1")
    async def work():
        try:
            got = yield "a"
            ticks.pass_(3)
            try:
                yield got
            except KeyError:
                yield "caught"
        finally:
            events.append("closed")

    assert inspect.isasyncgenfunction(work)
    running = work()
    assert await anext(running) == "a"
    assert await running.asend("b") == "b"
    assert await running.athrow(KeyError()) == "caught"
    assert [item async for item in running] == []
    assert events == ["closed"]
    assert seen(summary) == (1, 3.0)


async def test_an_async_generator_closed_early_is_closed_within_and_timed(ticks, summary):
    events = []

    @summary.time("1")
    async def work():
        try:
            yield "a"
            yield "b"
        finally:
            ticks.pass_(1)
            events.append("closed")

    running = work()
    assert await anext(running) == "a"
    await running.aclose()
    assert events == ["closed"]
    assert seen(summary) == (1, 1.0)


async def test_a_gauge_tracks_how_many_run_at_once(registry):
    gauge = Gauge("a_depth", "A.", labels=["x"], registry=registry)
    go = asyncio.Event()

    @gauge.track("1")
    async def work() -> None:
        await go.wait()

    running = [asyncio.ensure_future(work()) for _ in range(3)]
    await asyncio.sleep(0)
    assert gauge.labels("1").read() == 3
    go.set()
    await asyncio.gather(*running)
    assert gauge.labels("1").read() == 0

    def fail() -> None:
        assert gauge.labels("1").read() == 1
        raise KeyError

    with pytest.raises(KeyError), gauge.track(x="1"):
        fail()
    assert gauge.labels("1").read() == 0
