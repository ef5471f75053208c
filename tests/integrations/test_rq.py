"""RQ over a real Redis: a worker that forks a process for each job, workers that do not, and none at all."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime

import pytest
import redis
import rq
from rq.command import send_stop_job_command
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from tests import data_servers
from tests.instruments.servers import Folder, page, started, until
from tests.integrations import broken, rq_jobs
from tests.integrations.client import values
from tests.integrations.task_series import counted, labelled, states
from tests.real import free_port

from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, queue_depth, tasks
from vedette.integrations.rq import watch_queues
from vedette.packs.worker import dequeued, enqueued, process_duration, queue_wait, task_errors, tasks_in_progress

JOBS = "tests.integrations.rq_jobs"


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture
def connection(server):
    with redis.Redis(port=server.port) as client:
        yield client


@pytest.fixture(autouse=True)
def attach():
    attached.attach("rq")
    yield
    attached.detach("rq")


@pytest.fixture
def queue(connection):
    return rq.Queue("jobs", connection=connection)


@pytest.fixture(scope="module")
def worker(server, tmp_path_factory):
    """A worker as a program of its own, which serves its page."""
    folder = Folder(tmp_path_factory.mktemp("rq") / "shared")
    port = free_port()
    environment = {"TASKS_PORT": str(port), "TASKS_BROKER": server.url}
    with started(f"{{python}} -m {JOBS}", folder, port, **environment) as running:
        yield running


def reached(worker, job, expected):
    """What its page tells once a job has come so far."""
    name = f"{JOBS}.{job}"

    def look():
        samples = worker.samples()
        found = states(samples, name)
        return samples if all(found.get(state, 0) >= value for state, value in expected.items()) else None

    samples = until(look, f"{expected} of {job}: {worker.said()[-2000:]}")
    assert states(samples, name) == expected
    return samples


def errors(samples, job):
    found = labelled(samples, "worker_task_errors_total")
    return {labels[2]: value for labels, value in found.items() if labels[1] == f"{JOBS}.{job}"}


def ran(samples, job, queue="jobs"):
    labels = ("rq", queue, f"{JOBS}.{job}")
    found = [labelled(samples, f"messaging_process_duration_seconds_{what}").get(labels) for what in ("count", "sum")]
    return found[0], found[1]


def test_a_job_is_told_from_its_call_to_its_end(worker, queue):
    for number in range(3):
        queue.enqueue(rq_jobs.add, number, 1)
    queue.enqueue(rq_jobs.wait_and_add, 1, 1)
    samples = reached(worker, "add", {"received": 3, "started": 3, "succeeded": 3})
    reached(worker, "wait_and_add", {"received": 1, "started": 1, "succeeded": 1})
    assert enqueued.series() == {("rq", "jobs"): 4}
    assert ran(samples, "add")[0] == 3
    samples = worker.samples()
    assert labelled(samples, "worker_dequeued_messages_total") == {("rq", "jobs"): 4}
    assert labelled(samples, "worker_queue_wait_seconds_count") == {("rq", "jobs"): 4}
    assert 0 < labelled(samples, "worker_queue_wait_seconds_sum")[("rq", "jobs")] < 240
    assert labelled(samples, "worker_tasks_in_progress").get(("rq", "jobs"), 0) == 0


def test_each_run_of_a_job_that_is_tried_again_is_told(worker, queue):
    queue.enqueue(rq_jobs.fail, retry=rq.Retry(max=2))
    samples = reached(worker, "fail", {"received": 3, "started": 3, "retried": 2, "failed": 1})
    assert errors(samples, "fail") == {"ValueError": 3}
    assert ran(samples, "fail")[0] == 3


def test_a_job_that_asks_to_be_tried_again_has_failed_only_once_it_may_no_more(worker, queue):
    queue.enqueue(rq_jobs.ask_again)
    samples = reached(worker, "ask_again", {"received": 2, "started": 2, "retried": 1, "failed": 1})
    assert errors(samples, "ask_again") == {}


def test_a_job_past_its_time_has_failed_and_ran_so_long(worker, queue):
    queue.enqueue(rq_jobs.hang, job_timeout=1)
    samples = reached(worker, "hang", {"received": 1, "started": 1, "failed": 1})
    assert errors(samples, "hang") == {"rq.timeouts.JobTimeoutException": 1}
    assert ran(samples, "hang")[1] > 0.9


def test_a_job_whose_process_is_killed_has_failed_and_runs_no_more(worker, queue):
    queue.enqueue(rq_jobs.killed)
    samples = reached(worker, "killed", {"received": 1, "started": 1, "failed": 1})
    assert errors(samples, "killed") == {"WorkHorseTerminated": 1}
    assert ran(samples, "killed")[0] == 1
    until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(("rq", "jobs"), 0) == 0)


def test_a_job_that_wants_to_end_its_process_has_failed(worker, queue):
    queue.enqueue(rq_jobs.leaves)
    samples = reached(worker, "leaves", {"received": 1, "started": 1, "failed": 1})
    assert errors(samples, "leaves") == {"SystemExit": 1}


def test_a_job_whose_callback_fails_has_failed(worker, queue):
    queue.enqueue(rq_jobs.add, 1, 1, on_success=rq.Callback(rq_jobs.refuse))
    samples = until(lambda: states(found := worker.samples(), f"{JOBS}.add").get("failed") and found)
    assert errors(samples, "add") == {"LookupError": 1}


def test_what_runs_and_what_waits_and_what_is_called_off(worker, connection, tmp_path):
    done = tmp_path / "done"
    queue = rq.Queue("more", connection=connection)
    running = queue.enqueue(rq_jobs.waits, str(done))
    for _ in range(3):
        queue.enqueue(rq_jobs.waits, str(done))
    key = ("rq", "more")
    until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(key) == 1, worker.said())
    until(lambda: labelled(worker.samples(), "worker_queue_depth").get(key) == 3, worker.said())
    send_stop_job_command(connection, running.id)
    reached(worker, "waits", {"received": 2, "started": 2, "revoked": 1})
    done.touch()
    samples = reached(worker, "waits", {"received": 4, "started": 4, "revoked": 1, "succeeded": 3})
    assert ran(samples, "waits", "more")[0] == 4
    assert errors(samples, "waits") == {}


def test_the_worker_is_seen_at_work_and_nothing_has_failed(worker):
    samples = worker.samples()
    assert abs(time.time() - samples['worker_heartbeat_timestamp_seconds{messaging_system="rq"}']) < 60
    assert not labelled(samples, "vedette_instrumentation_failures_total")


# Within this process


def work(connection, *queues):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        rq.SimpleWorker(list(queues), connection=connection).work(burst=True)
    finally:  # it takes them and does not give them back
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_worker_that_does_not_fork_is_told_too(connection):
    rq.Queue("simple", connection=connection).enqueue(rq_jobs.add, 1, 1)
    work(connection, "simple")
    assert counted(f"{JOBS}.add") == {"received": 1, "started": 1, "succeeded": 1}
    assert values(process_duration) == {("rq", "simple", f"{JOBS}.add"): 1}
    assert values(queue_wait) == {("rq", "simple"): 1}
    assert dequeued.series() == {("rq", "simple"): 1}
    assert tasks_in_progress.series() == {("rq", "simple"): 0}


def test_a_job_that_runs_where_it_is_called_is_told_without_a_queue(connection):
    queue = rq.Queue("sync", is_async=False, connection=connection)
    assert queue.enqueue(rq_jobs.add, 1, 1).return_value() == 2
    assert queue.enqueue(rq_jobs.fail).get_status() == "failed"
    assert counted(f"{JOBS}.add") == {"started": 1, "succeeded": 1}
    assert counted(f"{JOBS}.fail") == {"started": 1, "failed": 1}
    assert task_errors.series() == {("rq", f"{JOBS}.fail", "ValueError"): 1}
    assert values(enqueued) == values(queue_wait) == {}


@pytest.mark.parametrize(("retry", "state"), [(None, "failed"), (rq.Retry(max=1), "retried")])
def test_jobs_whose_worker_has_gone_are_told_by_who_finds_them(connection, retry, state):
    queue = rq.Queue("left", connection=connection)
    job = queue.enqueue(rq_jobs.add, 1, 1, retry=retry)
    connection.delete(queue.key)
    gone = rq.SimpleWorker([queue], connection=connection)
    gone.prepare_job_execution(job)  # and then its machine was switched off
    gone.prepare_execution(job)
    StartedJobRegistry(queue=queue).cleanup(timestamp=time.time() + 100_000)
    assert counted(f"{JOBS}.add") == {state: 1}
    assert task_errors.series() == {("rq", f"{JOBS}.add", "rq.exceptions.AbandonedJobError"): 1}
    connection.delete(queue.key, FailedJobRegistry(queue=queue).key)


def test_the_time_until_a_job_is_due_is_no_time_in_the_queue(connection):
    queue = rq.Queue("later", connection=connection)
    job = queue.enqueue_at(datetime(2020, 1, 1, tzinfo=UTC), rq_jobs.add, 1, 1)
    assert values(enqueued) == {}
    from rq.scheduler import RQScheduler

    scheduler = RQScheduler([queue], connection=connection)
    scheduler.acquire_locks()
    scheduler.enqueue_scheduled_jobs()
    assert enqueued.series() == {("rq", "later"): 1}
    work(connection, "later")
    assert job.get_status(refresh=True) == "finished"
    [(_, [total])] = [(labels, [reading[1]]) for labels, reading in queue_wait.series().items()]
    assert total < 60


def test_attaching_twice_counts_once(connection):
    attached.attach("rq")
    rq.Queue("simple", connection=connection).enqueue(rq_jobs.add, 1, 1)
    work(connection, "simple")
    assert counted(f"{JOBS}.add") == {"received": 1, "started": 1, "succeeded": 1}


def test_what_jobs_do_is_unchanged_though_measuring_fails(connection, caplog, monkeypatch):
    queue = rq.Queue("simple", connection=connection)
    before = guard.failures().get("measuring an RQ job", 0)
    monkeypatch.setattr(tasks, "_kinds", {})  # else what works is at hand
    with broken.broken(tasks):
        well, ill = queue.enqueue(rq_jobs.add, 1, 1), queue.enqueue(rq_jobs.fail)
        work(connection, "simple")
    assert (well.get_status(), well.return_value()) == ("finished", 2)
    assert ill.get_status() == "failed"
    assert "ValueError: no" in ill.latest_result().exc_string
    assert guard.failures()["measuring an RQ job"] > before + 8
    told = [record for record in caplog.records if record.name == "vedette"]
    assert len(told) == 1
    assert "measuring an RQ job failed and was skipped" in told[0].getMessage()


def _parts():
    owners = (rq.Queue, Job, StartedJobRegistry, FailedJobRegistry, *rq.Worker.__mro__, rq.SimpleWorker)
    return [dict(vars(owner)) for owner in owners]


def test_detaching_puts_the_library_back_exactly(connection):
    changed = _parts()
    attached.detach("rq")
    before = _parts()
    assert before != changed
    attached.attach("rq")
    attached.detach("rq")
    assert _parts() == before
    rq.Queue("simple", connection=connection).enqueue(rq_jobs.add, 1, 1)
    work(connection, "simple")
    assert counted(f"{JOBS}.add") == {}


def test_methods_keep_their_names_and_parameters():
    import inspect

    attached.detach("rq")
    before = {name: inspect.signature(getattr(rq.Worker, name)) for name in ("work", "perform_job", "heartbeat")}
    attached.attach("rq")
    assert {name: inspect.signature(getattr(rq.Worker, name)) for name in before} == before


def test_a_silent_redis_leaves_the_depth_out_and_no_scrape_waits_for_it(server, connection, monkeypatch):
    monkeypatch.setattr(queue_depth, "KEPT", 0.0)
    monkeypatch.setattr(queue_depth, "_PAUSE", 0.0)
    depth = 'worker_queue_depth{messaging_system="rq",messaging_destination_name="aside"}'
    watch_queues(connection, ["aside"])
    try:
        rq.Queue("aside", connection=connection).enqueue(rq_jobs.add, 1, 1)
        until(lambda: page(text().decode()).get(depth) == 1)
        server.pause()
        assert depth not in text().decode()
        server.resume()
        until(lambda: page(text().decode()).get(depth) == 1)
    finally:
        server.resume()
        queue_depth.forget(("rq", id(connection)))
    assert depth not in text().decode()
