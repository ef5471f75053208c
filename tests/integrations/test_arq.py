"""arq over a real Redis: a worker as a process of its own, and workers within this one."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import time
from datetime import timedelta

import arq.worker
import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker
from tests import data_servers
from tests.instruments.servers import Folder, page, started, until
from tests.integrations import arq_jobs, broken
from tests.integrations.client import values
from tests.integrations.task_series import counted, labelled, states
from tests.integrations.waiting import until_async
from tests.real import free_port

from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, queue_depth, tasks
from vedette.integrations.arq import watch_queues
from vedette.packs.worker import (
    dequeued,
    enqueued,
    heartbeat,
    process_duration,
    queue_wait,
    task_errors,
    tasks_in_progress,
)

ARQ = "{python} -m arq tests.integrations.arq_jobs.WorkerSettings"


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture(autouse=True)
def attach():
    attached.attach("arq")
    yield
    attached.detach("arq")


@pytest.fixture
async def pool(server):
    made = await create_pool(RedisSettings(port=server.port), default_queue_name="here")
    await made.flushdb()
    yield made
    await made.aclose()


@pytest.fixture
def work(pool):
    """Run what waits in a queue, in this process, and give the worker that did."""

    async def run(queue="here", **settings):
        settings = {"burst": True, "handle_signals": False, "poll_delay": 0.01, "allow_abort_jobs": True, **settings}
        worker = Worker(arq_jobs.FUNCTIONS, redis_pool=pool, queue_name=queue, **settings)
        await worker.async_run()
        return worker

    return run


def waited():
    [(_, total, *_)] = queue_wait.series().values()
    return total


async def test_a_job_is_told_from_its_call_to_its_end(pool, work):
    jobs = [await pool.enqueue_job("add", 1, number) for number in range(3)]
    assert enqueued.series() == {("arq", "here"): 3}
    await work()
    assert [await job.result() for job in jobs] == [1, 2, 3]
    assert counted("add") == {"received": 3, "started": 3, "succeeded": 3}
    assert values(process_duration) == {("arq", "here", "add"): 3}
    assert values(queue_wait) == {("arq", "here"): 3}
    assert dequeued.series() == {("arq", "here"): 3}
    assert tasks_in_progress.series() == {("arq", "here"): 0}
    assert abs(time.time() - heartbeat.series()[("arq",)]) < 60


async def test_a_job_of_an_id_that_is_there_is_not_put_in_again(pool):
    assert await pool.enqueue_job("add", 1, 1, _job_id="one")
    assert await pool.enqueue_job("add", 1, 1, _job_id="one") is None
    assert enqueued.series() == {("arq", "here"): 1}


async def test_a_job_that_fails_is_told_with_the_class_of_its_error(pool, work):
    await pool.enqueue_job("fail")
    await work()
    assert counted("fail") == {"received": 1, "started": 1, "failed": 1}
    assert task_errors.series() == {("arq", "fail", "ValueError"): 1}


async def test_each_run_of_a_job_that_is_tried_again_is_told(pool, work):
    await pool.enqueue_job("flaky")
    worker = await work()
    assert (worker.jobs_complete, worker.jobs_retried, worker.jobs_failed) == (1, 2, 0)
    assert counted("flaky") == {"received": 3, "started": 3, "retried": 2, "succeeded": 1}
    assert task_errors.series() == {("arq", "flaky", "KeyError"): 2}
    assert values(process_duration) == {("arq", "here", "flaky"): 3}


async def test_a_job_past_its_time_has_failed_and_ran_so_long(pool, work):
    await pool.enqueue_job("hang")
    await work()
    assert counted("hang") == {"received": 1, "started": 1, "failed": 1}
    assert task_errors.series() == {("arq", "hang", "TimeoutError"): 1}
    [(_, seconds, *_)] = process_duration.series().values()
    assert seconds > 0.19


async def test_jobs_that_are_called_off_are_revoked_running_or_not(pool, work, tmp_path):
    running = await pool.enqueue_job("waits", str(tmp_path / "never"))
    worker = asyncio.create_task(work(max_jobs=1))
    await until_async(lambda: tasks_in_progress.series().get(("arq", "here")) == 1)
    waiting = await pool.enqueue_job("waits", str(tmp_path / "never"))
    await asyncio.gather(*(_abort(job) for job in (running, waiting)))
    await worker
    assert counted("waits") == {"received": 2, "started": 1, "revoked": 2}
    assert task_errors.series() == {}
    assert tasks_in_progress.series() == {("arq", "here"): 0}


async def _abort(job):
    assert await job.abort(poll_delay=0.01)


async def test_a_worker_that_ends_leaves_its_jobs_to_be_tried_again(pool, work, tmp_path):
    await pool.enqueue_job("waits", str(tmp_path / "never"))
    worker = Worker(arq_jobs.FUNCTIONS, redis_pool=pool, queue_name="here", handle_signals=False, poll_delay=0.01)
    running = asyncio.create_task(worker.async_run())
    await until_async(lambda: tasks_in_progress.series().get(("arq", "here")) == 1)
    worker.handle_sig(signal.SIGTERM)
    await asyncio.gather(running, *worker.tasks.values(), return_exceptions=True)
    assert counted("waits") == {"received": 1, "started": 1, "retried": 1}
    assert tasks_in_progress.series() == {("arq", "here"): 0}


async def test_jobs_that_cannot_be_run_are_told_without_having_started(pool, work):
    await pool.enqueue_job("unknown")
    await pool.enqueue_job("add", 1, 1, _job_id="gone")
    await pool.delete("arq:job:gone")
    await pool.enqueue_job("fail", _job_id="often")
    await pool.set("arq:retry:often", 5)
    await work()
    assert counted("unknown") == {"received": 1, "failed": 1}
    assert counted("") == {"revoked": 1}
    assert counted("fail") == {"received": 1, "failed": 1}
    told = {labels[1]: labels[2] for labels in task_errors.series()}
    assert set(told) == {"unknown", "fail"}
    assert {error.rpartition(".")[2] for error in told.values()} == {"JobExecutionFailed"}


async def test_the_time_until_a_job_is_due_is_no_time_in_the_queue(pool, work):
    began = time.time()
    await pool.enqueue_job("add", 1, 1, _defer_by=timedelta(seconds=1))
    await work()
    assert 0 <= waited() < time.time() - began - 0.9


async def test_jobs_run_together_and_are_told_apart(pool, work):
    await asyncio.gather(*(pool.enqueue_job(name, *arguments) for name, *arguments in 15 * [("add", 1, 1), ("fail",)]))
    await work()
    assert counted("add") == {"received": 15, "started": 15, "succeeded": 15}
    assert counted("fail") == {"received": 15, "started": 15, "failed": 15}
    assert task_errors.series() == {("arq", "fail", "ValueError"): 15}


async def test_what_jobs_do_is_unchanged_though_measuring_fails(pool, work, caplog, monkeypatch):
    before = guard.failures().get("measuring an arq job", 0)
    monkeypatch.setattr(tasks, "_kinds", {})  # else what works is at hand
    with broken.broken(tasks):
        well, ill = await pool.enqueue_job("add", 1, 1), await pool.enqueue_job("fail")
        worker = await work()
    assert await well.result() == 2
    with pytest.raises(ValueError, match="no"):
        await ill.result()
    assert (worker.jobs_complete, worker.jobs_failed) == (1, 1)
    assert guard.failures()["measuring an arq job"] >= before + 6
    assert len([record for record in caplog.records if record.name == "vedette"]) == 1


def _parts():
    return [dict(vars(owner)) for owner in (ArqRedis, Worker, arq.worker)]


async def test_attaching_twice_counts_once_and_detaching_puts_the_library_back_exactly(pool, work):
    attached.attach("arq")
    await pool.enqueue_job("add", 1, 1)
    worker = await work()
    assert counted("add") == {"received": 1, "started": 1, "succeeded": 1}

    changed = _parts()
    attached.detach("arq")
    before = _parts()
    assert before != changed
    attached.attach("arq")
    attached.detach("arq")
    assert _parts() == before
    assert worker.jobs_complete == 1
    await pool.enqueue_job("add", 1, 1)
    await work()
    assert counted("add") == {"received": 1, "started": 1, "succeeded": 1}


def test_methods_stay_coroutine_functions_with_their_parameters():
    names = [(ArqRedis, "enqueue_job"), (Worker, "run_job"), (Worker, "main"), (Worker, "heart_beat")]
    attached.detach("arq")
    before = [inspect.signature(getattr(*name)) for name in names]
    attached.attach("arq")
    assert [inspect.signature(getattr(*name)) for name in names] == before
    assert all(inspect.iscoroutinefunction(getattr(*name)) for name in names)


async def test_a_silent_redis_leaves_the_depth_out_and_no_scrape_waits_for_it(server, pool, monkeypatch):
    monkeypatch.setattr(queue_depth, "KEPT", 0.0)
    monkeypatch.setattr(queue_depth, "_PAUSE", 0.0)
    depth = 'worker_queue_depth{messaging_system="arq",messaging_destination_name="aside"}'
    watch_queues(pool, ["aside"])
    try:
        await pool.enqueue_job("add", 1, 1, _queue_name="aside")
        await pool.enqueue_job("add", 1, 1, _queue_name="aside", _defer_by=3600)  # does not wait yet
        until(lambda: page(text().decode()).get(depth) == 1)
        server.pause()
        assert depth not in text().decode()
        server.resume()
        until(lambda: page(text().decode()).get(depth) == 1)
    finally:
        server.resume()
        queue_depth.forget(("arq", id(pool)))
    assert depth not in text().decode()


async def test_a_worker_that_is_a_program_serves_what_it_does(server, pool, tmp_path):
    port = free_port()
    environment = {"TASKS_PORT": str(port), "TASKS_BROKER": server.url}
    done = tmp_path / "done"
    await pool.enqueue_job("add", 1, 1, _queue_name="jobs")
    with started(ARQ, Folder(tmp_path / "shared"), port, **environment) as worker:

        def reached(condition):
            return asyncio.to_thread(until, lambda: condition(found := worker.samples()) and found)

        key = ("arq", "jobs")
        # jobs of one millisecond are run in any order
        await reached(lambda found: states(found, "add").get("succeeded") == 1)
        for _ in range(5):
            await pool.enqueue_job("waits", str(done), _queue_name="jobs")
        await reached(lambda found: labelled(found, "worker_tasks_in_progress").get(key) == 3)
        await reached(lambda found: labelled(found, "worker_queue_depth").get(key) == 5)
        done.touch()
        samples = await reached(lambda found: states(found, "waits").get("succeeded") == 5)
        assert states(samples, "add") == {"received": 1, "started": 1, "succeeded": 1}
        assert labelled(samples, "worker_queue_wait_seconds_count") == {key: 6}
        assert labelled(samples, "worker_heartbeat_timestamp_seconds")[("arq",)] > time.time() - 60
        assert not labelled(samples, "vedette_instrumentation_failures_total")
        os.kill(worker.process.pid, signal.SIGTERM)
