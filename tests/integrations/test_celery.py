"""Celery over a real Redis, with workers as processes of their own: what is told of each task, whatever ends it."""

from __future__ import annotations

import gc
import importlib
import os
import time

import pytest
from celery import chain, group
from tests import data_servers
from tests.instruments.servers import Folder, of_each, started, until
from tests.integrations.task_series import labelled, states
from tests.real import free_port

from vedette.integrations import attached
from vedette.integrations.celery import DUE
from vedette.packs.worker import enqueued

WORKER = (
    "{python} -m celery --app tests.integrations.celery_tasks worker --pool prefork --concurrency 2 --loglevel error "
    "--without-gossip --without-mingle"
)


@pytest.fixture(scope="module")
def broker():
    with data_servers.redis() as server:
        yield server


@pytest.fixture(scope="module")
def app(broker):
    """The tasks as a program calls them that is no worker."""
    os.environ.update(TASKS_BROKER=broker.url, TASKS_BACKEND=broker.url)
    module = importlib.import_module("tests.integrations.celery_tasks")
    yield module
    module.app.close()
    for library in attached.states():
        attached.detach(library)
    del os.environ["TASKS_BROKER"], os.environ["TASKS_BACKEND"]


@pytest.fixture(autouse=True)
def collect(app):
    """A result of Celery that is collected while another one subscribes waits for it for ever, and later its broker."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture(scope="module")
def worker(app, broker, tmp_path_factory):
    """A prefork worker with two processes, whose page its main process serves."""
    folder = Folder(tmp_path_factory.mktemp("celery") / "shared")
    port = free_port()
    with started(WORKER, folder, port, TASKS_PORT=str(port)) as server:
        yield server


def reached(worker, task, expected):
    """What a page tells once a task has come so far."""

    def look():
        samples = worker.samples()
        found = states(samples, task)
        return samples if all(found.get(state, 0) >= value for state, value in expected.items()) else None

    samples = until(look, f"{expected} of {task}: {worker.said()[-2000:]}")
    assert states(samples, task) == expected
    return samples


def observed(samples, name, *labels):
    return labelled(samples, f"{name}_count").get(labels), labelled(samples, f"{name}_sum").get(labels)


def test_a_task_is_told_from_its_call_to_its_end(app, worker):
    results = [app.add.delay(1, number) for number in range(3)]
    assert [result.get(timeout=30) for result in results] == [1, 2, 3]
    samples = reached(worker, "add", {"received": 3, "started": 3, "succeeded": 3})
    assert enqueued.series() == {("celery", "tasks"): 3}
    ran, seconds = observed(samples, "messaging_process_duration_seconds", "celery", "tasks", "add")
    assert ran == 3
    assert 0 < seconds < 30
    waited, _ = observed(samples, "worker_queue_wait_seconds", "celery", "tasks")
    assert waited == 3
    assert labelled(samples, "worker_dequeued_messages_total") == {("celery", "tasks"): 3}


def test_parts_of_chains_and_groups_are_told_each_by_who_puts_it_in(app, worker):
    before = labelled(worker.samples(), "worker_enqueued_messages_total").get(("celery", "tasks"), 0)
    link = chain(app.strange.s(1), app.strange.s(), app.strange.s())
    assert link.apply_async().get(timeout=30) == 1
    assert group(app.strange.s(number) for number in range(4))().get(timeout=30) == [0, 1, 2, 3]
    samples = reached(worker, "strange", {"received": 7, "started": 7, "succeeded": 7})
    assert enqueued.series() == {("celery", "tasks"): 5}  # by us; the others by the worker
    assert labelled(samples, "worker_enqueued_messages_total")[("celery", "tasks")] == before + 2


def test_a_task_that_fails_is_told_with_the_class_of_its_error(app, worker):
    with pytest.raises(ValueError, match="no"):
        app.fail.delay().get(timeout=30)
    samples = reached(worker, "fail", {"received": 1, "started": 1, "failed": 1})
    assert labelled(samples, "worker_task_errors_total")[("celery", "fail", "ValueError")] == 1


def test_each_run_of_a_task_that_is_tried_again_is_told(app, worker):
    with pytest.raises(KeyError):
        app.flaky.delay().get(timeout=30)
    samples = reached(worker, "flaky", {"received": 3, "started": 3, "retried": 2, "failed": 1})
    assert labelled(samples, "worker_task_errors_total")[("celery", "flaky", "KeyError")] == 3


def test_tasks_past_their_time_limits_have_failed_and_ran_so_long(app, worker):
    app.soft.delay()
    app.hard.delay()
    for task, error in (("soft", "SoftTimeLimitExceeded"), ("hard", "TimeLimitExceeded")):
        samples = reached(worker, task, {"received": 1, "started": 1, "failed": 1})
        assert labelled(samples, "worker_task_errors_total")[("celery", task, f"billiard.exceptions.{error}")] == 1
        ran, seconds = observed(samples, "messaging_process_duration_seconds", "celery", "tasks", task)
        assert ran == 1
        assert seconds > 0.9


def test_a_task_whose_process_is_killed_has_failed_and_runs_no_more(app, worker):
    app.killed.delay()
    samples = reached(worker, "killed", {"received": 1, "started": 1, "failed": 1})
    lost = "billiard.exceptions.WorkerLostError"
    assert labelled(samples, "worker_task_errors_total")[("celery", "killed", lost)] == 1
    until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(("celery", "tasks"), 0) == 0)


def test_a_task_that_ends_its_process_has_failed_once(app, worker):
    app.leaves.delay()
    samples = reached(worker, "leaves", {"received": 1, "started": 1, "failed": 1})
    errors = {labels[2]: value for labels, value in labelled(samples, "worker_task_errors_total").items()}
    assert sum(value for error, value in errors.items() if error.endswith(("SystemExit", "WorkerLostError"))) == 2


def test_a_task_that_is_lost_and_goes_back_into_its_queue_is_told_as_tried_again(app, worker, tmp_path):
    app.killed_late.delay(str(tmp_path / "once"))
    reached(worker, "killed_late", {"received": 2, "started": 2, "retried": 1, "succeeded": 1})


def test_tasks_that_do_not_count_are_told_as_ignored(app, worker):
    app.ignores.delay()
    app.rejects.delay()
    for task in ("ignores", "rejects"):
        reached(worker, task, {"received": 1, "started": 1, "ignored": 1})


def test_what_runs_and_what_waits_and_what_is_called_off(app, worker, tmp_path):
    done = str(tmp_path / "done")
    running = [app.waits.delay(done) for _ in range(2)]
    key = ("celery", "tasks")
    until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(key) == 2, worker.said())
    taken = labelled(worker.samples(), "worker_tasks_total")[(*key, "waits", "received")]
    more = [app.waits.delay(done) for _ in range(7)]
    # the worker takes as many in advance as it has processes
    samples = until(lambda: (found := worker.samples()).get(_depth("tasks")) == 9 - _received(found) and found)
    assert taken == 2
    assert _received(samples) in (2, 4)
    assert labelled(samples, "worker_tasks_in_progress")[key] == 2

    running[0].revoke(terminate=True)
    more[-1].revoke()
    until(lambda: states(worker.samples(), "waits").get("revoked") == 1, worker.said())
    (tmp_path / "done").touch()
    reached(worker, "waits", {"received": 9, "started": 8, "revoked": 2, "succeeded": 7})
    until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(key) == 0)


def _received(samples):
    return states(samples, "waits")["received"]


def _depth(queue):
    return f'worker_queue_depth{{messaging_system="celery",messaging_destination_name="{queue}"}}'


def test_what_has_expired_is_revoked(app, worker):
    app.add.apply_async((1, 2), expires=-1)
    until(lambda: states(worker.samples(), "add").get("revoked") == 1)


def test_the_time_until_a_task_is_due_is_no_time_in_the_queue(app, worker):
    name, labels = "worker_queue_wait_seconds", ("celery", "films")
    began = time.time()
    app.film.apply_async(queue="films", countdown=2)
    samples = until(lambda: (found := worker.samples()) and states(found, "film").get("succeeded") and found)
    waited, seconds = observed(samples, name, *labels)
    assert waited == 1
    assert 0 <= seconds < time.time() - began - 1.9


def test_a_queue_has_its_name_whatever_its_exchange_and_key(app, worker):
    before = states(worker.samples(), "film").get("succeeded", 0)
    app.film.apply_async(exchange="media", routing_key="media.film")
    assert enqueued.series() == {("celery", "films"): 1}
    samples = until(lambda: states(found := worker.samples(), "film").get("succeeded") == before + 1 and found)
    assert {labels[1] for labels in labelled(samples, "worker_tasks_total") if labels[2] == "film"} == {"films"}


def test_the_worker_is_seen_at_work(worker):
    beat = 'worker_heartbeat_timestamp_seconds{messaging_system="celery"}'
    before = worker.samples()[beat]
    assert abs(time.time() - before) < 30
    until(lambda: worker.samples()[beat] > before)


def test_the_page_is_served_by_the_main_process_and_nothing_has_failed(worker):
    samples = until(lambda: (found := worker.samples())["process_workers"] == 3 and found)
    assert worker.process.pid in of_each(samples, "process_worker_resident_memory_bytes")
    assert not labelled(samples, "vedette_instrumentation_failures_total")


def test_a_worker_that_is_not_instrumented_takes_our_messages_and_we_take_those_without_our_header(
    app, broker, tmp_path
):
    folder = Folder(tmp_path / "shared")
    with started(f"{WORKER} --queues bare", folder, TASKS_BARE="1"):
        assert app.add.apply_async((1, 2), queue="bare").get(timeout=30) == 3
    attached.detach("celery")  # who calls knows nothing of us
    pending = app.add.apply_async((2, 3), queue="bare")
    attached.attach("celery")
    port = free_port()
    with started(f"{WORKER} --queues bare", folder, port, TASKS_PORT=str(port)) as worker:
        assert pending.get(timeout=30) == 5
        samples = reached(worker, "add", {"received": 1, "started": 1, "succeeded": 1})
        assert observed(samples, "worker_queue_wait_seconds", "celery", "bare") == (None, None)


@pytest.mark.parametrize("pool", ["threads", "solo"])
def test_a_worker_without_processes_of_its_own_is_told_too(app, pool, tmp_path):
    port = free_port()
    for number in range(5):
        app.add.apply_async((number, 1), queue=pool)
    app.fail.apply_async(queue=pool)
    command = WORKER.replace("prefork", pool)
    with started(f"{command} --queues {pool}", Folder(tmp_path / "shared"), port, TASKS_PORT=str(port)) as worker:
        reached(worker, "add", {"received": 5, "started": 5, "succeeded": 5})
        samples = reached(worker, "fail", {"received": 1, "started": 1, "failed": 1})
        assert observed(samples, "worker_queue_wait_seconds", "celery", pool)[0] == 6
        until(lambda: labelled(worker.samples(), "worker_tasks_in_progress").get(("celery", pool)) == 0)
        assert labelled(worker.samples(), "worker_heartbeat_timestamp_seconds")


def test_the_header_says_since_when_a_task_could_run(app, broker):
    import json

    import redis

    app.add.apply_async((1, 2), queue="seen", countdown=3600)
    with redis.Redis(port=broker.port) as client:
        message = json.loads(client.lpop("seen"))
    assert 3500 < message["headers"][DUE] - time.time() < 3700
