"""A batch job tells how it went and stays what it was, whatever becomes of what it tells."""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
import threading

import pytest
from tests import real
from tests.instruments.metrics.push.gateway import values
from tests.started import until

from vedette.errors import ConfigError, DeclarationError
from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Registry
from vedette.instruments.metrics.push import PushError, Pushgateway
from vedette.instruments.metrics.push.job import job

DURATION = "batch_job_last_run_duration_seconds"
LAST_RUN = "batch_job_last_run_timestamp_seconds"
SUCCESS = "batch_job_last_run_success"
LAST_SUCCESS = "batch_job_last_success_timestamp_seconds"
RUNS = "batch_job_runs_total"


class Ticks:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def ticks():
    ticks = Ticks()
    with clock.replaced(ticks):
        yield ticks


def told(registry, name="nightly"):
    """Metric → value of a job; of its runs (successes, failures)."""
    found = {}
    for family in registry.snapshot():
        mine = {one.labels: one.reading for one in family.series if f'name="{name}"' in one.labels}
        if family.name == RUNS:
            found[RUNS] = tuple(mine[f'name="{name}",outcome="{which}"'] for which in ("success", "failure"))
        elif mine:
            (found[family.name],) = mine.values()
    return found


class Inbox:
    """Takes what is pushed, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.pushed: list[dict[str, list[str]]] = []
        self.threads: list[str] = []

    def push(self, registry: Registry = DEFAULT, /) -> None:
        self.threads.append(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        self.pushed.append({one.name: [series.labels for series in one.series] for one in registry.snapshot()})


def test_a_run_that_goes_well_tells_all_of_it(ticks, registry):
    with job("nightly", registry=registry):
        ticks.pass_(90)
    assert told(registry) == {DURATION: 90.0, LAST_RUN: 1090.0, SUCCESS: 1.0, LAST_SUCCESS: 1090.0, RUNS: (1, 0)}


def test_a_run_that_fails_keeps_its_exception_and_the_time_of_the_last_success(ticks, registry):
    nightly = job("nightly", registry=registry)
    with nightly:
        ticks.pass_(10)
    ticks.pass_(100)
    error = KeyError("no bread")

    def fail() -> None:
        ticks.pass_(5)
        raise error

    with pytest.raises(KeyError) as caught, nightly:
        fail()
    assert caught.value is error
    assert told(registry) == {DURATION: 5.0, LAST_RUN: 1115.0, SUCCESS: 0.0, LAST_SUCCESS: 1010.0, RUNS: (1, 1)}


def test_a_run_that_failed_first_has_no_time_of_success(registry):
    with pytest.raises(ValueError, match="x"), job("nightly", registry=registry):
        raise ValueError("x")
    assert LAST_SUCCESS not in told(registry)
    assert told(registry)[RUNS] == (0, 1)


@pytest.mark.parametrize(
    ("ending", "well"),
    [(SystemExit(), 1), (SystemExit(0), 1), (SystemExit(2), 0), (SystemExit("no"), 0), (KeyboardInterrupt(), 0)],
    ids=repr,
)
def test_a_program_that_ends_itself_has_failed_only_if_it_says_so(registry, ending, well):
    with pytest.raises(type(ending)), job("nightly", registry=registry):
        raise ending
    assert told(registry)[SUCCESS] == well


def test_both_outcomes_are_there_from_the_beginning_of_the_first_run(registry):
    with job("nightly", registry=registry):
        assert told(registry) == {RUNS: (0, 0)}


def test_nothing_is_exposed_of_a_job_that_has_not_begun(registry):
    job("nightly", registry=registry)
    assert registry.snapshot() == []


def test_several_jobs_share_the_metrics_and_keep_apart(ticks, registry):
    with job("outer", registry=registry):
        ticks.pass_(1)
        with job("inner", registry=registry):
            ticks.pass_(2)
        ticks.pass_(4)
    assert told(registry, "outer")[DURATION] == 7.0
    assert told(registry, "inner")[DURATION] == 2.0
    assert len(registry.families()) == 5


def test_a_job_can_stand_within_itself(ticks, registry):
    nightly = job("nightly", registry=registry)
    with nightly:
        ticks.pass_(1)
        with nightly:
            ticks.pass_(2)
        assert told(registry)[DURATION] == 2.0
    assert told(registry)[DURATION] == 3.0
    assert told(registry)[RUNS] == (2, 0)


def test_runs_of_a_function_at_the_same_time_keep_apart(ticks, registry):
    inside, go_on = threading.Event(), threading.Event()

    @job("nightly", registry=registry)
    def bake(*, slow: bool) -> None:
        if slow:
            inside.set()
            assert go_on.wait(10)
        else:
            ticks.pass_(2)

    thread = threading.Thread(target=bake, kwargs={"slow": True})
    thread.start()
    assert inside.wait(10)
    ticks.pass_(1)
    bake(slow=False)
    assert told(registry)[DURATION] == 2.0
    go_on.set()
    thread.join(10)
    assert told(registry)[DURATION] == 3.0
    assert told(registry)[RUNS] == (2, 0)


def test_the_metrics_are_those_of_the_process_unless_told_otherwise():
    try:
        with job("doc_default"):
            pass
        assert told(DEFAULT, "doc_default")[RUNS] == (1, 0)
    finally:
        for name in (DURATION, LAST_RUN, SUCCESS, LAST_SUCCESS, RUNS):
            DEFAULT.undeclare(name)


def test_a_function_is_a_run_at_every_call_and_stays_what_it_was(ticks, registry):
    @job("nightly", registry=registry)
    def bake(loaves: int, *, burn: bool = False) -> int:
        """Bakes."""
        ticks.pass_(loaves)
        if burn:
            raise OSError
        return loaves

    assert bake(3) == 3
    assert told(registry)[DURATION] == 3.0
    with pytest.raises(OSError):  # noqa: PT011 - it says nothing
        bake(1, burn=True)
    assert told(registry)[RUNS] == (1, 1)
    assert (bake.__name__, bake.__doc__) == ("bake", "Bakes.")


async def test_a_coroutine_function_is_a_run_until_it_returns(ticks, registry):
    inbox = Inbox()

    @job("nightly", push=inbox, registry=registry)
    async def bake() -> str:
        await asyncio.sleep(0)
        ticks.pass_(3)
        return "bread"

    assert inspect.iscoroutinefunction(bake)
    assert await bake() == "bread"
    assert told(registry)[DURATION] == 3.0
    assert inbox.threads != [threading.current_thread().name]


async def test_a_block_of_a_coroutine_pushes_beside_the_loop_also_when_it_is_cancelled(registry):
    inbox = Inbox()
    begun = asyncio.Event()

    async def work() -> None:
        async with job("nightly", push=inbox, registry=registry):
            begun.set()
            await asyncio.sleep(3600)

    task = asyncio.ensure_future(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told(registry)[SUCCESS] == 0
    assert len(inbox.pushed) == 1
    assert inbox.threads != [threading.current_thread().name]


def test_a_block_in_another_kind_of_loop_is_a_run_too(registry):
    inbox = Inbox()

    async def work() -> None:
        async with job("nightly", push=inbox, registry=registry):
            pass

    with pytest.raises(StopIteration):
        work().send(None)
    assert len(inbox.pushed) == 1


def test_methods_are_jobs_too(registry):
    class Bakery:
        @job("nightly", registry=registry)
        def bake(self) -> str:
            return "bread"

        @staticmethod
        @job("nightly", registry=registry)
        def clean() -> str:
            return "clean"

    assert Bakery().bake() + Bakery.clean() == "breadclean"
    assert told(registry)[RUNS] == (2, 0)


def test_what_does_not_return_when_it_is_done_is_no_job(registry):
    def generate():
        yield 1

    async def generate_async():
        yield 1

    for wrong in (generate, generate_async, Registry, "text"):
        with pytest.raises(TypeError, match="is no job; decorate a function that returns when it is done"):
            job("nightly", registry=registry)(wrong)


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_job_without_a_name_is_refused_with_its_place(name):
    with pytest.raises(DeclarationError, match=r"has no name; give it one that is the same at each run") as caught:
        job(name)
    assert str(caught.value).startswith(f"{__file__}:")


def test_a_registry_with_other_metrics_of_these_names_is_refused(registry):
    Counter(RUNS, "Others.", registry=registry)
    with pytest.raises(DeclarationError, match=f"push/job.py:0: the metric {RUNS} is declared already at {__file__}"):
        job("nightly", registry=registry)


def test_a_url_that_is_none_is_refused_before_the_run():
    with pytest.raises(ConfigError, match="is no URL to push to"):
        job("nightly", push="localhost:9091")


# Pushing


def test_what_is_pushed_is_all_that_is_exposed_but_of_jobs_the_one_that_ended(registry):
    Gauge("bakery_loaves", "Loaves.", registry=registry).set(3)
    inbox = Inbox()
    with job("other", registry=registry):
        pass
    with job("nightly", push=inbox, registry=registry):
        pass
    (pushed,) = inbox.pushed
    assert pushed.pop("bakery_loaves") == [""]
    assert pushed.pop(RUNS) == ['name="nightly",outcome="success"', 'name="nightly",outcome="failure"']
    assert pushed == {name: ['name="nightly"'] for name in (DURATION, LAST_RUN, SUCCESS, LAST_SUCCESS)}


def test_a_run_that_failed_is_pushed_too_and_its_exception_goes_on(registry):
    inbox = Inbox()
    with pytest.raises(ValueError, match="no bread"), job("nightly", push=inbox, registry=registry):
        raise ValueError("no bread")
    assert sorted(inbox.pushed[0]) == [DURATION, SUCCESS, LAST_RUN, RUNS]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("error", [PushError("gate answered 500"), RuntimeError("gate answered 500")], ids=repr)
def test_that_nothing_could_be_pushed_is_logged_and_changes_nothing(registry, caplog, error, strict):
    guard.set_strict(strict)
    nightly = job("nightly", push=Inbox(error), registry=registry)
    with caplog.at_level(logging.WARNING, guard.LOGGER):
        with nightly:
            pass
        with pytest.raises(KeyError, match="own") as caught, nightly:
            raise KeyError("own")
    assert caught.value.__context__ is None
    assert [record.getMessage() for record in caplog.records] == [
        "what the job 'nightly' did could not be pushed: gate answered 500 (told once)"
    ]
    assert told(registry)[RUNS] == (1, 1)


def test_a_url_is_a_pushgateway_with_the_group_of_the_job(sink, registry):
    with job("nightly", push=sink.url, registry=registry):
        pass
    with pytest.raises(ValueError, match="x"), job("nightly", push=sink.url, registry=registry):
        raise ValueError("x")
    assert [(asked.method, asked.path) for asked in sink.asked] == [
        ("PUT", "/metrics/job/nightly"),
        ("POST", "/metrics/job/nightly"),
    ]


def test_a_password_in_the_url_is_in_no_log(registry, caplog, pauses):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://me:hunter2222@127.0.0.1:{free.getsockname()[1]}"
        with caplog.at_level(logging.DEBUG), job("nightly", push=url, registry=registry):
            pass
    assert "does not answer: Connection refused" in caplog.text
    assert "hunter2222" not in caplog.text


@pytest.mark.real
@pytest.mark.parametrize("version", ["1.5", "1.11"])
def test_a_pushgateway_keeps_the_last_success_over_a_failed_run_of_another_process(ticks, tmp_path, version):
    def run(process: Registry, *, fails: bool) -> None:
        with job("nightly", push=base, registry=process):
            Gauge("bakery_loaves", "Loaves.", registry=process).set(0 if fails else 12)
            ticks.pass_(30)
            if fails:
                raise ValueError("no bread")

    here = {"job": "nightly", "name": "nightly"}
    with real.pushgateway(tmp_path, version) as base:
        run(Registry(), fails=False)
        assert values(base, LAST_SUCCESS) == [(here, 1030.0)]
        with pytest.raises(ValueError, match="no bread"):
            run(Registry(), fails=True)
        assert values(base, LAST_SUCCESS) == [(here, 1030.0)]
        assert values(base, LAST_RUN) == [(here, 1060.0)]
        assert values(base, SUCCESS) == [(here, 0)]
        assert values(base, DURATION) == [(here, 30.0)]
        assert values(base, "bakery_loaves") == [({"job": "nightly"}, 0)]
        run(Registry(), fails=False)
        assert values(base, LAST_SUCCESS) == [(here, 1090.0)]
        assert values(base, SUCCESS) == [(here, 1)]
        Pushgateway(base, job="nightly").delete()
        until(lambda: values(base, LAST_RUN) == [], 10, "the group is deleted")
