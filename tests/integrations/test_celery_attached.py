"""Celery within one process: called eagerly, put in over brokers of all states, attached and taken away again."""

from __future__ import annotations

import sys
import threading

import celery.worker.consumer  # with it every part of a worker is there to be patched
import pytest
from celery import Celery, signals
from celery.exceptions import Ignore
from celery.utils.dispatch import Signal
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests import data_servers
from tests.instruments.servers import page, until
from tests.integrations import broken
from tests.integrations.client import values
from tests.integrations.task_series import counted

import vedette
from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, queue_depth, tasks
from vedette.integrations.celery import watch_queues
from vedette.packs.worker import enqueued, process_duration, queue_wait, task_errors, tasks_in_progress


@pytest.fixture(autouse=True)
def attach():
    attached.attach("celery")
    yield
    for library in attached.states():
        attached.detach(library)


@pytest.fixture
def app():
    with Celery("eager", broker="memory://", set_as_current=False) as made:
        made.conf.task_always_eager = True

        @made.task(name="add", shared=False)
        def add(a, b):
            return a + b

        @made.task(name="fail", shared=False)
        def fail():
            raise ValueError("no")

        @made.task(name="ignore", shared=False)
        def ignore():
            raise Ignore

        @made.task(name="flaky", shared=False, bind=True, max_retries=2)
        def flaky(self):
            if self.request.retries < 2:
                raise self.retry(exc=KeyError("no"))
            return "well"

        yield made


def test_a_task_that_runs_where_it_is_called_is_told_without_a_queue(app):
    assert app.tasks["add"].delay(1, 2).get() == 3
    assert counted("add") == {"started": 1, "succeeded": 1}
    assert values(process_duration) == {("celery", "", "add"): 1}
    assert values(enqueued) == values(queue_wait) == {}
    assert tasks_in_progress.series() == {("celery", ""): 0}


@pytest.mark.parametrize("propagates", [False, True])
def test_what_ends_it_is_told_and_reaches_who_calls_as_without_us(app, propagates):
    app.conf.task_eager_propagates = propagates
    for name, state in (("fail", "failed"), ("ignore", "ignored"), ("flaky", "retried")):
        told, raised = _called(app, name)
        attached.detach("celery")
        assert (told, raised) == _called(app, name)
        attached.attach("celery")
        assert counted(name)[state] == (2 if name == "flaky" and not propagates else 1)
    assert values(task_errors)[("celery", "fail", "ValueError")] == 1
    assert tasks_in_progress.series() == {("celery", ""): 0}


def _called(app, name):
    try:
        result = app.tasks[name].delay()
    except Exception as error:  # noqa: BLE001 - compared
        return type(error), str(error)
    return result.state, repr(result.result)


def test_threads_count_together(app):
    def work():
        for number in range(50):
            app.tasks["add"].apply((number, 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted("add") == {"started": 200, "succeeded": 200}


def test_attaching_twice_counts_once(app):
    attached.attach("celery")
    vedette.instrument(app)
    app.tasks["add"].delay(1, 2)
    assert counted("add") == {"started": 1, "succeeded": 1}


def test_what_a_task_is_called_with_leaves_it_unchanged_though_measuring_fails(app, caplog, monkeypatch):
    app.conf.task_always_eager = False
    before = guard.failures().get("measuring a Celery task", 0)
    monkeypatch.setattr(tasks, "_kinds", {})  # else what works is at hand
    with broken.broken(tasks):
        assert app.tasks["add"].apply((1, 2)).get() == 3
        assert app.tasks["fail"].apply().state == "FAILURE"
        with pytest.raises(ValueError, match="no"):
            app.tasks["fail"].apply(throw=True)
        message = app.tasks["add"].delay(1, 2)
    assert message.id
    assert guard.failures()["measuring a Celery task"] == before + 4
    told = [record for record in caplog.records if record.name == "vedette"]
    assert len(told) == 1
    assert "measuring a Celery task failed and was skipped" in told[0].getMessage()


def _parts():
    """Everything that is patched, as it is."""
    from celery.app import trace
    from celery.worker import request, state

    consumer = sys.modules["celery.worker.consumer.consumer"]
    modules = [trace, consumer, state, request.Request]
    found = [signal for signal in vars(signals).values() if isinstance(signal, Signal)]
    return [dict(vars(module)) for module in modules], [list(signal.receivers) for signal in found]


def test_detaching_puts_the_library_back_exactly(app):
    assert celery.worker.consumer.Consumer
    attached_parts = _parts()
    attached.detach("celery")
    before = _parts()
    assert before != attached_parts
    attached.attach("celery")
    attached.detach("celery")
    assert _parts() == before
    app.tasks["add"].delay(1, 2)
    assert counted("add") == {}


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
def test_a_tracer_measures_too_in_either_order(app, traced_first, tracer_leaves_first):
    attached.detach("celery")
    before = _parts()
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = CeleryInstrumentor()
    steps = [lambda: tracer.instrument(tracer_provider=provider), lambda: attached.attach("celery")]
    for step in steps if traced_first else steps[::-1]:
        step()
    try:
        assert app.tasks["add"].delay(1, 2).get() == 3
        assert counted("add") == {"started": 1, "succeeded": 1}
        assert [span.name for span in exporter.get_finished_spans()] == ["run/add"]
    finally:
        leave = [tracer.uninstrument, lambda: attached.detach("celery")]
        for step in leave if tracer_leaves_first else leave[::-1]:
            step()
    assert _parts() == before


@pytest.fixture(scope="module")
def broker():
    with data_servers.redis() as server:
        yield server


DEPTH = 'worker_queue_depth{messaging_system="celery",messaging_destination_name="aside"}'


def test_a_silent_broker_leaves_the_depth_out_and_no_scrape_waits_for_it(broker, monkeypatch):
    monkeypatch.setattr(queue_depth, "KEPT", 0.0)
    monkeypatch.setattr(queue_depth, "_PAUSE", 0.0)
    with Celery("aside", broker=broker.url, set_as_current=False) as app:
        watch_queues(app, ["aside"])
        try:
            for _ in range(3):
                app.send_task("add", (1, 2), queue="aside")
            until(lambda: page(text().decode()).get(DEPTH) == 3)
            broker.pause()
            assert DEPTH not in text().decode()
            broker.resume()
            until(lambda: page(text().decode()).get(DEPTH) == 3)
            broker.restart()
            assert page(text().decode()).get(DEPTH, 0) == 0  # it was not saved
        finally:
            broker.resume()
            queue_depth.forget(("celery", id(app)))
        assert DEPTH not in text().decode()


def test_a_depth_that_cannot_be_told_spoils_no_scrape(broker):
    with Celery("aside", broker=broker.url, set_as_current=False) as app:
        watch_queues(app, ["aside"])
        before = guard.failures().get("asking for the depth of a queue", 0)
        try:
            with broken.broken(queue_depth):
                assert DEPTH not in text().decode()
            assert guard.failures()["asking for the depth of a queue"] == before + 1
        finally:
            queue_depth.forget(("celery", id(app)))


def test_a_broker_is_asked_once_for_many_scrapes(broker, monkeypatch):
    import redis

    monkeypatch.setattr(queue_depth, "KEPT", 3600.0)
    with Celery("aside", broker=broker.url, set_as_current=False) as app, redis.Redis(port=broker.port) as client:
        watch_queues(app, ["aside"])
        try:
            until(lambda: DEPTH in text().decode())
            before = client.info("commandstats")["cmdstat_llen"]["calls"]
            for _ in range(20):
                text()
            assert client.info("commandstats")["cmdstat_llen"]["calls"] == before
        finally:
            queue_depth.forget(("celery", id(app)))


def test_a_port_is_served_by_workers_and_by_nobody_who_only_calls_tasks(app):
    from tests.real import free_port

    from vedette.instruments.metrics.serving import serve

    port = free_port()
    vedette.instrument(app, port=port)
    app.tasks["add"].delay(1, 2)
    serve(port).close()  # it is free
