"""The checks of a process: called once in their interval, beside each other, and told at once."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest
from tests.health.conftest import check, threads_of
from tests.instruments.servers import until

from vedette.errors import DeclarationError
from vedette.health import Breaker, Check, Degraded, Failed, Health, Reading, told
from vedette.instruments import clock, guard


class Counting:
    """A check that counts its calls, and does in each what the test says."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: BaseException | None = None
        self.gate: threading.Event | None = None

    def __call__(self) -> Reading | None:
        self.calls += 1
        if self.gate is not None:
            self.gate.wait()
        if self.error is not None:
            raise self.error
        return None


@pytest.fixture
def run():
    found = Counting()
    yield found
    if found.gate is not None:
        found.gate.set()


def statuses(health: Health) -> dict[str, str]:
    return {found.check.name: found.status for found in health.report().found}


# Asking


def test_nothing_is_called_until_somebody_asks(run):
    Health(check("db", run))
    assert run.calls == 0


def test_the_first_to_ask_waits_for_the_result(run):
    assert Health(check("db", run)).wait().status == "pass"
    assert run.calls == 1


def test_a_thousand_askers_a_second_leave_the_dependency_with_one_call_in_an_interval(run, stepped):
    health = Health(check("db", run, every="10s"))
    health.ask()
    stepped.step(health)
    for _ in range(59_999):  # a minute of milliseconds
        stepped.now += 0.001
        assert health.ask()  # nobody waits
        if health.step() is not None and not health._states["db"].judged:
            stepped.settle(health)
    assert run.calls == 6


def test_a_storm_of_threads_calls_it_once(run):
    health = Health(check("db", run, every="1h"))
    go = threading.Barrier(20)
    found: list[str] = []

    def storm() -> None:
        go.wait()
        found.extend(health.wait().status for _ in range(100))

    threads = [threading.Thread(target=storm) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["pass"] * 2000
    assert run.calls == 1


def test_nobody_tells_what_he_read_before_another_has_told_of_a_change(run, monkeypatch):
    health = Health(check("db", run, every="1h"))
    health.wait()
    reading, at_once = [], []

    def slowly(tell):
        def telling(known):
            reading.append(1)
            at_once.append(len(reading))
            threading.Event().wait(0.001)
            tell(known)
            reading.pop()

        return telling

    monkeypatch.setattr(told, "tell_found", slowly(told.tell_found))
    monkeypatch.setattr(told, "tell_ready", slowly(told.tell_ready))
    threads = [threading.Thread(target=lambda: [health._before_scrape() for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(at_once) >= 40
    assert set(at_once) == {1}


async def test_a_storm_of_tasks_calls_it_once(run):
    health = Health(check("db", run, every="1h"))
    reports = await asyncio.gather(*(health.wait_async() for _ in range(1000)))
    assert {report.status for report in reports} == {"pass"}
    assert run.calls == 1


def test_it_is_called_in_the_background_at_its_interval_while_somebody_asks_now_and_then(run):
    health = Health(check("db", run, every="20ms"))
    health.wait()
    until(lambda: run.calls > 5, "calls that nobody waits for")


def test_when_nobody_asks_any_more_it_is_not_called_and_when_somebody_does_he_waits_for_a_new_result(run, stepped):
    health = Health(check("db", run, every="10s"))
    health.ask()
    for _ in range(600):
        stepped.now += 1.0
        stepped.step(health)
    assert run.calls == 12  # two minutes of them
    assert not health.ask()
    stepped.step(health)
    assert health.ask()
    assert run.calls == 13


def test_the_thread_ends_when_nobody_asks_and_comes_back(run):
    now = [0.0]
    with clock.replaced(lambda: now[0]):
        health = Health(check("db", run, every="10s"))
        health.wait()
        thread = health._thread
        assert thread is not None
        now[0] = 1000.0
        health._wake.set()
        until(lambda: not thread.is_alive(), "the end of the thread")
        assert health.wait().status == "pass"
        assert health._thread is not thread


def test_a_check_with_a_long_interval_is_called_in_the_background_too(run, stepped):
    health = Health(check("certificate", run, every="1h"))
    health.ask()
    stepped.step(health)
    stepped.now += 3600.0
    stepped.step(health)
    assert run.calls == 2


# Beside each other


def test_a_check_that_hangs_keeps_no_other_from_being_called(run):
    run.gate = threading.Event()
    other = Counting()
    health = Health(check("db", run, timeout="50ms", every="50ms"), check("cache", other, every="20ms"))
    health.wait()
    until(lambda: other.calls > 5, "calls of the other check")
    assert statuses(health) == {"db": "fail", "cache": "pass"}


def test_a_check_that_hangs_is_called_once_and_holds_one_thread_however_long(run, stepped):
    run.gate = threading.Event()
    health = Health(check("hangs", run, timeout="1s", every="10s"))
    health.ask()
    health.step()
    stepped.run(health, 3600.0, by=5.0)
    assert run.calls == 1
    assert len(threads_of("hangs")) == 1
    assert health.report().found[0].state.failure == ("TimeoutError", "no answer within 1 s")


def test_once_a_call_that_hung_has_ended_the_next_says_how_it_is(run, stepped):
    run.gate = threading.Event()
    health = Health(check("hangs", run, timeout="1s", every="10s"))
    health.ask()
    health.step()
    stepped.run(health, 60.0)
    run.gate.set()
    until(lambda: not threads_of("hangs"), "the end of the call")
    run.gate = None
    assert statuses(health) == {"hangs": "fail"}  # what came too late is no result
    stepped.step(health)
    assert statuses(health) == {"hangs": "pass"}
    assert run.calls == 2


def test_who_asks_for_what_hangs_waits_for_its_timeout_the_first_time_and_never_again(run):
    run.gate = threading.Event()
    health = Health(check("db", run, timeout="100ms", every="10s"))
    began = clock.perf()
    assert health.wait().status == "fail"
    assert clock.perf() - began >= 0.1
    assert health.ask()


def test_who_asks_for_critical_checks_does_not_wait_for_others(run):
    run.gate = threading.Event()
    health = Health(check("db", lambda: None), check("mail", run, level="warning", timeout="1h"))
    assert health.wait(level="critical").status == "pass"
    assert health.wait(only="db").status == "pass"
    assert statuses(health)["mail"] == "fail"


def test_checks_run_at_the_same_time():
    """Each waits for the other: one after the other, neither would pass."""
    both = threading.Barrier(2)
    health = Health(*(check(name, lambda: both.wait() and None, timeout="30s") for name in ("a", "b")))
    assert health.wait().status == "pass"


def test_where_the_system_has_no_thread_left_the_check_fails_and_nothing_else(run, monkeypatch):
    health = Health(check("db", run))
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == "vedette-health-db":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert health.wait().status == "fail"
    assert health.report().found[0].state.failure.kind == "RuntimeError"


# Asynchronous checks


async def test_an_asynchronous_check_runs_on_the_loop_of_whoever_asks():
    loops = []

    async def call() -> Reading:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return Reading(3, "items")

    report = await Health(check("queue", call)).wait_async()
    assert loops == [asyncio.get_running_loop()]
    assert report.found[0].state.reading == (3.0, "items")


async def test_what_a_synchronous_check_returns_may_be_awaitable():
    async def ping(_command: str) -> None:
        await asyncio.sleep(0)

    assert (await Health(check("cache", lambda: ping("PING"))).wait_async()).status == "pass"


async def test_an_asynchronous_check_that_takes_too_long_is_cancelled_and_called_again(run):
    ends = []

    async def call() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    health = Health(check("queue", call, timeout="20ms", every="20ms"))
    assert (await health.wait_async()).status == "fail"
    await asyncio.to_thread(until, lambda: len(ends) >= 3, "further calls")
    assert health.report().found[0].state.failure == ("TimeoutError", "no answer within 0.02 s")


def test_without_a_loop_an_asynchronous_check_runs_in_its_thread():
    async def call() -> None:
        await asyncio.sleep(0)

    health = Health(check("queue", call))
    assert health.wait().status == "pass"


def test_without_a_loop_an_asynchronous_check_that_takes_too_long_ends():
    async def call() -> None:
        await asyncio.sleep(3600)

    health = Health(check("queue", call, timeout="20ms"))
    assert health.wait().status == "fail"
    until(lambda: not threads_of("queue"), "the end of the call")


def test_after_the_end_of_the_applications_loop_an_asynchronous_check_is_not_called_on_another(stepped):
    """A client that was opened on the one must not be touched on the other."""
    loops = []

    async def call() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)

    health = Health(check("queue", call, timeout="1s", every="10s"))

    async def application() -> None:
        health.watch(asyncio.get_running_loop())
        health.ask()
        await asyncio.to_thread(stepped.step, health)

    asyncio.run(application())
    stepped.run(health, 60.0)
    assert len(loops) == 1
    assert health.report().status == "pass"  # as it was when the loop ended
    assert not health.ask()  # but whoever asks is to wait
    gc.collect()  # a coroutine that nobody has awaited would be told now
    asyncio.run(application())  # a new loop gets it called at once
    assert len(loops) == 2
    assert health.ask()


async def test_a_loop_that_is_blocked_makes_asynchronous_checks_fail_and_no_others(run):
    async def call() -> None:
        await asyncio.sleep(0)

    health = Health(
        check("queue", call, timeout="50ms", every="20ms", breaker=None), check("db", run, every="20ms", breaker=None)
    )
    await health.wait_async()
    # This thread is the loop's, and gives it no turn.
    until(lambda: statuses(health) == {"queue": "fail", "db": "pass"}, "the check to fail")
    await asyncio.to_thread(until, lambda: statuses(health) == {"queue": "pass", "db": "pass"}, "it to pass")


# What is made of results


@pytest.mark.parametrize(
    ("error", "level", "one", "whole"),
    [
        (None, "critical", "pass", "pass"),
        (Degraded("slow"), "critical", "warn", "warn"),
        (Degraded("slow"), "warning", "warn", "warn"),
        (Failed("no free connection"), "critical", "fail", "fail"),
        (OSError("refused"), "critical", "fail", "fail"),
        (OSError("refused"), "warning", "fail", "warn"),
        (SystemExit(1), "critical", "fail", "fail"),
        (KeyboardInterrupt(), "critical", "fail", "fail"),
        (asyncio.CancelledError(), "critical", "fail", "fail"),
    ],
)
def test_the_worst_result_counts_and_a_warning_only_degrades(run, error, level, one, whole):
    run.error = error
    health = Health(check("db", run, level=level), check("disk", lambda: None))
    assert health.wait().status == whole
    assert statuses(health) == {"db": one, "disk": "pass"}


async def test_errors_of_asynchronous_checks_are_told_alike():
    async def fails() -> None:
        raise OSError("refused")

    async def degraded() -> None:
        raise Degraded("slow")

    report = await Health(check("a", fails), check("b", degraded)).wait_async()
    assert [(found.status, found.state.failure) for found in report.found] == [
        ("fail", ("OSError", "refused")),
        ("warn", ("Degraded", "slow")),
    ]


def test_an_error_that_cannot_be_told_is_a_failure_all_the_same(run):
    class UntellableError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    run.error = UntellableError()
    assert Health(check("db", run)).wait().found[0].state.failure.text == ""


def test_a_reading_that_is_no_number_is_a_failure_of_the_check():
    failure = Health(check("queue", lambda: Reading("many", "items"))).wait().found[0].state.failure
    assert failure.kind == "ValueError"


def test_a_failure_is_explained_by_the_first_cause_it_comes_after():
    def refuse() -> None:
        raise OSError

    health = Health(
        check("network", refuse),
        check("dns", refuse, after=["network"]),
        check("database", refuse, after=["dns"]),
        check("migrations", refuse, after=["database", "disk", "unheard-of"]),
        check("disk", lambda: None, after=["network"]),
        check("chicken", refuse, after=["egg"]),
        check("egg", refuse, after=["chicken"]),
    )
    because = {found.check.name: found.because for found in health.wait().found}
    assert because == {
        "network": (),
        "dns": ("network",),
        "database": ("network",),
        "migrations": ("network",),
        "disk": (),
        "chicken": ("egg",),
        "egg": ("chicken",),
    }


def test_the_breaker_leaves_a_failing_dependency_alone_and_tries_again(run, stepped):
    health = Health(check("db", run, every="10s", breaker=Breaker(failures=2, pause="60s")))
    health.ask()
    stepped.step(health)
    run.error = OSError()
    stepped.run(health, 20.0)
    assert run.calls == 3
    stepped.run(health, 59.0)
    assert run.calls == 3
    run.error = None
    stepped.run(health, 1.0)
    assert run.calls == 4
    assert statuses(health) == {"db": "pass"}


def test_in_its_grace_a_check_only_degrades(run, stepped):
    run.error = OSError()
    health = Health(check("db", run, grace="30s"))
    health.ask()
    stepped.step(health)
    assert health.report().status == "warn"
    stepped.run(health, 30.0)
    assert health.report().status == "fail"


# Starting and draining


def test_it_has_started_once_every_critical_check_has_passed_and_stays_so(run):
    run.error = OSError()
    health = Health(check("db", run, every="10ms", breaker=None), check("mail", lambda: 1 / 0, level="warning"))
    health.wait()
    assert not health.is_started
    assert not health.is_ready
    run.error = None
    until(lambda: health.is_started, "the start")
    assert health.is_ready
    run.error = OSError()
    until(lambda: health.report().status == "fail", "the failure")
    assert health.is_started
    assert not health.is_ready


def test_it_has_started_when_it_says_so(run):
    run.error = OSError()
    health = Health(check("db", run))
    health.started()
    health.wait()
    assert health.is_started
    assert not health.is_ready  # which is another question


def test_draining_ends_readiness_at_once(run):
    health = Health(check("db", run))
    health.wait()
    assert health.is_ready
    health.draining()
    assert not health.is_ready
    assert health.report().status == "pass"


# Declaring


def test_a_decorator_registers_a_function_and_leaves_it_as_it_is():
    health = Health()

    @health.check("payments", level="warning", timeout="2s")
    async def payments() -> None:
        """Stay a coroutine function."""

    assert asyncio.iscoroutinefunction(payments)
    [check] = health.checks
    assert (check.name, check.run, check.level, check.timeout) == ("payments", payments, "warning", "2s")


def test_a_check_that_is_added_while_others_are_asked_for_is_asked_for_too(run):
    health = Health(Check("db", lambda: None))
    health.wait()
    health.add(Check("cache", run))
    assert {found.check.name for found in health.wait().found} == {"db", "cache"}
    assert run.calls == 1


def test_the_same_check_twice_is_one_and_another_of_its_name_is_refused(run):
    check = Check("db", run)
    health = Health(check, check)
    assert health.checks == (check,)
    with pytest.raises(DeclarationError, match="two checks 'db'"):
        health.add(Check("db", lambda: None))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "my db"}, "letters, digits"),
        ({"name": ""}, "letters, digits"),
        ({"name": "datenbänk"}, "letters, digits"),
        ({"run": None}, "run must be a function"),
        ({"level": "high"}, "'critical' or 'warning'"),
        ({"timeout": 0}, "timeout: must be above zero"),
        ({"timeout": "soon"}, "timeout: not a duration"),
        ({"every": float("nan")}, "every: must be above zero"),
        ({"every": None}, "every: not a duration"),
        ({"grace": -1}, "grace: must be above zero"),
        ({"after": "network"}, r"after=\('network',\)"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(settings, message):
    given = {"name": "db", "run": lambda: None, **settings}
    with pytest.raises(DeclarationError, match=message):
        Check(given.pop("name"), given.pop("run"), **given)


@pytest.mark.parametrize(("settings", "message"), [({"failures": 0}, "failures=0"), ({"pause": 0}, "pause")])
def test_a_breaker_that_cannot_be_is_refused(settings, message):
    with pytest.raises(DeclarationError, match=message):
        Breaker(**settings)


# Our own mistakes


def test_a_failure_of_our_own_is_counted_and_checking_goes_on(run, monkeypatch, caplog):
    guard.set_strict(False)
    health = Health(Check("db", run, every="10ms"))
    health.wait()
    step, broken = health.step, []

    def fails() -> float:
        broken.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(health, "step", fails)
    before = guard.failures().get("checking health", 0)
    health._wake.set()
    until(lambda: broken, "our failure")
    until(lambda: guard.failures().get("checking health", 0) > before, "the count of it")
    monkeypatch.setattr(health, "step", step)
    calls = run.calls
    until(lambda: run.calls > calls, "another call")
    assert caplog.text.count("checking health failed and was skipped") == 1
