"""Dramatiq over a real Redis: workers within this process, and a worker of several processes."""

from __future__ import annotations

import inspect
import os
import signal
import time

import dramatiq
import dramatiq.broker
import dramatiq.worker
import pytest
from dramatiq.brokers.stub import StubBroker
from tests import data_servers
from tests.instruments.servers import Folder, page, started, until
from tests.integrations import broken
from tests.integrations.client import values
from tests.integrations.task_series import counted, labelled, states
from tests.real import free_port

from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, queue_depth, tasks
from vedette.integrations.dramatiq import DUE, watch_queues
from vedette.packs.worker import (
    dequeued,
    enqueued,
    heartbeat,
    process_duration,
    queue_wait,
    task_errors,
    tasks_in_progress,
)

DRAMATIQ = "{python} -m dramatiq tests.integrations.dramatiq_actors --processes 2 --threads 2"
JOBS = ("dramatiq", "jobs")


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture(scope="module")
def actors(server):
    os.environ["TASKS_BROKER"] = server.url
    from tests.integrations import dramatiq_actors

    dramatiq_actors.broker.emit_after("process_boot")  # as a worker's process does
    yield dramatiq_actors
    del os.environ["TASKS_BROKER"]
    dramatiq_actors.broker.close()


@pytest.fixture(autouse=True)
def attach():
    attached.attach("dramatiq")
    yield
    attached.detach("dramatiq")


@pytest.fixture
def work(actors):
    """Let a worker of this process do what waits."""

    def run(*queues):
        worker = dramatiq.Worker(actors.broker, queues=set(queues or ("jobs",)), worker_timeout=20, worker_threads=2)
        worker.start()
        try:
            for queue in queues or ("jobs",):
                actors.broker.join(queue, timeout=60_000)
            worker.join()
        finally:
            worker.stop()

    yield run
    actors.broker.flush_all()


def test_a_message_is_told_from_its_call_to_its_end(actors, work):
    for number in range(3):
        actors.add.send(1, number)
    actors.add_async.send(1)
    assert enqueued.series() == {JOBS: 4}
    work()
    assert counted("add") == {"received": 3, "started": 3, "succeeded": 3}
    assert counted("add_async") == {"received": 1, "started": 1, "succeeded": 1}
    assert values(process_duration) == {(*JOBS, "add"): 3, (*JOBS, "add_async"): 1}
    assert values(queue_wait) == {JOBS: 4}
    assert dequeued.series() == {JOBS: 4}
    assert tasks_in_progress.series() == {JOBS: 0}
    assert abs(time.time() - heartbeat.series()[("dramatiq",)]) < 60
    assert task_errors.series() == {}


def test_each_run_of_a_message_that_is_tried_again_is_told(actors, work):
    actors.fail.send()
    actors.ask_again.send()
    work()
    assert counted("fail") == {"received": 3, "started": 3, "retried": 2, "failed": 1}
    assert counted("ask_again") == {"received": 2, "started": 2, "retried": 1, "failed": 1}
    assert task_errors.series() == {("dramatiq", "fail", "ValueError"): 3}
    assert enqueued.series() == {JOBS: 5}
    assert values(queue_wait) == {JOBS: 5}


def test_an_error_that_is_expected_is_a_failure_that_is_not_tried_again(actors, work):
    actors.expected.send()
    work()
    assert counted("expected") == {"received": 1, "started": 1, "failed": 1}
    assert task_errors.series() == {("dramatiq", "expected", "KeyError"): 1}


def test_a_message_past_its_time_has_failed_and_ran_so_long(actors, work):
    actors.hang.send()
    work()
    assert counted("hang") == {"received": 1, "started": 1, "failed": 1}
    assert task_errors.series() == {("dramatiq", "hang", "dramatiq.middleware.time_limit.TimeLimitExceeded"): 1}
    [(_, seconds, *_)] = process_duration.series().values()
    assert seconds > 0.09


def test_a_message_that_is_skipped_or_has_grown_too_old_is_told_as_such(actors, work):
    actors.skip.send()
    actors.old.send_with_options(args=())
    time.sleep(0.002)
    work()
    assert counted("skip") == {"received": 1, "started": 1, "ignored": 1}
    assert counted("old") == {"received": 1, "started": 1, "revoked": 1}
    assert task_errors.series() == {}


def test_a_message_that_nobody_takes_has_failed_without_having_started(actors, work):
    message = actors.add.message(1, 1)
    actors.broker.enqueue(message.copy(actor_name="unknown"))
    work()
    assert counted("unknown") == {"received": 1, "failed": 1}
    assert task_errors.series() == {("dramatiq", "unknown", "dramatiq.errors.ActorNotFound"): 1}


def test_parts_of_pipelines_and_groups_are_told_each(actors, work):
    (actors.add_async.message(1) | actors.add_async.message_with_options(args=(1,), pipe_ignore=True)).run()
    dramatiq.group([actors.add.message(1, number) for number in range(3)]).run()
    work()
    assert counted("add_async") == {"received": 2, "started": 2, "succeeded": 2}
    assert counted("add") == {"received": 3, "started": 3, "succeeded": 3}
    assert enqueued.series() == {JOBS: 5}


def test_the_time_until_a_message_is_due_is_no_time_in_the_queue(actors, work):
    began = time.time()
    actors.add.send_with_options(args=(1, 1), delay=1000)
    assert enqueued.series() == {JOBS: 1}
    work()
    assert enqueued.series() == {JOBS: 1}  # that it is moved when it is due is nobody's putting in
    assert values(queue_wait) == {JOBS: 1}
    [(_, waited, *_)] = queue_wait.series().values()
    assert 0 <= waited < time.time() - began - 0.9
    assert counted("add") == {"received": 1, "started": 1, "succeeded": 1}


def test_a_message_without_our_option_is_worked_on_and_its_wait_is_not_told(actors, work):
    attached.detach("dramatiq")  # who calls knows nothing of us
    actors.add.send(1, 1)
    attached.attach("dramatiq")
    work()
    assert counted("add") == {"received": 1, "started": 1, "succeeded": 1}
    assert values(queue_wait) == {}


def test_a_worker_that_is_not_instrumented_takes_our_messages(actors, work):
    actors.fail.send()
    attached.detach("dramatiq")
    work()
    assert counted("fail") == {}


def test_the_same_message_twice_waits_from_when_it_was_put_in(actors):
    broker = StubBroker()
    broker.declare_queue("jobs")
    message = actors.add.message(1, 1)
    broker.enqueue(message)
    first = message.options[DUE]
    broker.enqueue(message)
    assert message.options[DUE] > first
    assert enqueued.series() == {JOBS: 2}


def test_attaching_twice_counts_once(actors, work):
    attached.attach("dramatiq")
    actors.add.send(1, 1)
    work()
    assert counted("add") == {"received": 1, "started": 1, "succeeded": 1}


def test_what_actors_do_is_unchanged_though_measuring_fails(actors, work, caplog, monkeypatch):
    before = guard.failures().get("measuring a Dramatiq message", 0)
    monkeypatch.setattr(tasks, "_kinds", {})  # else what works is at hand
    with broken.broken(tasks):
        actors.add.send(1, 1)
        actors.expected.send()
        work()
    assert actors.broker.do_qsize("jobs") == 0
    assert actors.broker.client.zcard("dramatiq:jobs.XQ") == 1  # where those are that have failed
    assert guard.failures()["measuring a Dramatiq message"] > before + 6
    assert len([record for record in caplog.records if record.name == "vedette"]) == 1


def _parts():
    found = [value for value in vars(dramatiq.worker).values() if isinstance(value, type)]
    return [dict(vars(owner)) for owner in (*found, dramatiq.broker.Broker)]


def test_detaching_puts_the_library_back_exactly(actors, work):
    changed = _parts()
    attached.detach("dramatiq")
    before = _parts()
    assert before != changed
    attached.attach("dramatiq")
    attached.detach("dramatiq")
    assert _parts() == before
    actors.add.send(1, 1)
    work()
    assert counted("add") == {}


def test_methods_keep_their_parameters():
    names = [(dramatiq.Worker, "start"), (dramatiq.Worker, "stop"), (dramatiq.broker.Broker, "emit_after")]
    attached.detach("dramatiq")
    before = [inspect.signature(getattr(*name)) for name in names]
    attached.attach("dramatiq")
    assert [inspect.signature(getattr(*name)) for name in names] == before


def test_a_silent_redis_leaves_the_depth_out_and_no_scrape_waits_for_it(server, actors, work, monkeypatch):
    monkeypatch.setattr(queue_depth, "KEPT", 0.0)
    monkeypatch.setattr(queue_depth, "_PAUSE", 0.0)
    depth = 'worker_queue_depth{messaging_system="dramatiq",messaging_destination_name="jobs"}'
    watch_queues(actors.broker, ["jobs"])
    try:
        actors.add.send(1, 1)
        actors.add.send_with_options(args=(1, 1), delay=3_600_000)  # does not wait yet
        until(lambda: page(text().decode()).get(depth) == 1)
        server.pause()
        assert depth not in text().decode()
        server.resume()
        until(lambda: page(text().decode()).get(depth) == 1)
    finally:
        server.resume()
        queue_depth.forget(("dramatiq", id(actors.broker)))
    assert depth not in text().decode()


def test_the_processes_of_a_worker_count_together_and_one_serves_the_page(server, actors, tmp_path):
    port = free_port()
    done = tmp_path / "done"
    for number in range(20):
        actors.add.send(number, 1)
    for _ in range(14):
        actors.waits.send(str(done))
    key = ("dramatiq", "waiting")
    environment = {"TASKS_PORT": str(port), "TASKS_BROKER": server.url}
    with started(DRAMATIQ, Folder(tmp_path / "shared"), port, **environment) as worker:
        until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(key) == 4, worker.said())
        # each process takes twice as many in advance as it has threads
        until(lambda: labelled(worker.samples(), "worker_queue_depth").get(key) == 6, worker.said())
        done.touch()
        until(lambda: states(worker.samples(), "waits").get("succeeded") == 14)
        samples = until(lambda: states(found := worker.samples(), "add").get("succeeded") == 20 and found)
        assert states(samples, "add") == {"received": 20, "started": 20, "succeeded": 20}
        assert states(samples, "waits") == {"received": 14, "started": 14, "succeeded": 14}
        assert labelled(samples, "messaging_process_duration_seconds_count")[(*key, "waits")] == 14
        until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(key) == 0)
        assert not labelled(worker.samples(), "vedette_instrumentation_failures_total")
        os.kill(worker.process.pid, signal.SIGTERM)
