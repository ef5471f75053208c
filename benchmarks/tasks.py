"""What measuring adds to a task of Celery, RQ, arq and Dramatiq: CPU, in the process, without a broker to wait for.

``python benchmarks/tasks.py [--json] [--rounds 60]``. To put a task in and to run it are told apart; to run it is all
that is measured of it, from the worker's having it to its end. Of Celery (broker in memory), Dramatiq (its broker for
tests) and arq (over a connection that answers at once) the library is the real one; of RQ, which talks to Redis all the
time, the methods that are measured do nothing, so that only what is added is left. Bare, with ours and, for Celery,
with OpenTelemetry's instrumentor (SDK spans, an exporter that drops them) take turns; the fastest round of each counts.
"""

# ruff: noqa: ARG002, D101, D102 - what stands in for a broker is called as one

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import celery.worker.strategy
import dramatiq
import dramatiq.worker
import rq
import rq.job
import rq.queue
import rq.worker
from arq.connections import ArqRedis
from arq.jobs import serialize_job
from arq.worker import Worker
from celery import Celery
from celery.app.trace import build_tracer as _loaded  # noqa: F401 - what is measured is loaded
from dramatiq.brokers.stub import StubBroker
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from vedette.integrations import attached

CALLS = 200


class Dropped(SpanExporter):
    def export(self, spans) -> SpanExportResult:
        return SpanExportResult.SUCCESS


@contextmanager
def bare():
    yield


@contextmanager
def ours():
    for library in ("celery", "rq", "arq", "dramatiq"):
        attached.attach(library)
    yield
    for library in ("celery", "rq", "arq", "dramatiq"):
        attached.detach(library)


@contextmanager
def opentelemetry():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Dropped()))
    CeleryInstrumentor().instrument(tracer_provider=provider)
    yield
    CeleryInstrumentor().uninstrument()


# Celery


app = Celery("benchmark", broker="memory://", set_as_current=False)
app.conf.task_ignore_result = True


@app.task(name="add", shared=False)
def add(a, b):
    return a + b


def celery_put():
    with app.producer_pool.acquire() as producer:

        def work():
            for _ in range(CALLS):
                add.apply_async((1, 2), producer=producer)

        yield work
        producer.channel.queue_purge("celery")


def celery_run():
    from celery.app import trace
    from celery.worker import strategy

    tracer = trace.build_tracer("add", add, app=app)
    delivery = {"exchange": "", "routing_key": "celery", "redelivered": False}
    request = {
        "task": "add",
        "id": "one",
        "retries": 0,
        "hostname": "here",
        "is_eager": False,
        "delivery_info": delivery,
        "vedette_due": time.time(),
    }
    message = SimpleNamespace(delivery_info=delivery)
    # what takes the messages of a task does nothing but for what is measured
    take = strategy.default(add, app, None)

    def work():
        for _ in range(CALLS):
            take(message, None, None, None, None)
            tracer("one", (1, 2), {}, dict(request))

    yield work


# Dramatiq

broker = StubBroker()
broker.declare_queue("default")


@dramatiq.actor(broker=broker, actor_name="add")
def acted(_a, _b):
    return None


def dramatiq_put():
    message = acted.message(1, 2)

    def work():
        for _ in range(CALLS):
            broker.enqueue(message)

    yield work
    broker.flush_all()


class Sink:
    """Takes everything."""

    def put(self, _item) -> None:
        pass

    task_done = post_process_message = put


class Done(Sink):
    def task_done(self) -> None:
        pass


def dramatiq_run():
    options = {"broker": broker, "work_queue": Done(), "worker_timeout": 1000}
    consumer = dramatiq.worker.ConsumerThread(queue_name="default", prefetch=1, **options)
    thread = dramatiq.worker.WorkerThread(consumers={"default": Sink()}, **options)
    message = dramatiq.MessageProxy(acted.message_with_options(args=(1, 2), vedette_due=time.time()))

    def work():
        for _ in range(CALLS):
            consumer.handle_message(message)
            thread.process_message(message)

    yield work


# arq


class Answering:
    """A Redis, and a pipeline of it, that has done everything at once."""

    default_queue_name = "queue"
    job_serializer = job_deserializer = None
    expires_extra_ms = 1000

    def __init__(self, *answer: object) -> None:
        self.answer = answer

    def pipeline(self, transaction=True):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name):
        return lambda *_, **__: None

    async def nothing(self, *_: object) -> bool:
        return False

    watch = exists = nothing

    async def execute(self) -> tuple[object, ...]:
        return self.answer


def arq_put():
    answering = Answering()

    async def several():
        for _ in range(CALLS):
            await ArqRedis.enqueue_job(answering, "add", 1, 2)

    yield lambda: asyncio.run(several())


async def added(_ctx, a, b):
    return a + b


def arq_run():
    job = serialize_job("added", (1, 2), {}, None, int(time.time() * 1000))

    async def several():
        worker = Worker([added], redis_pool=Answering(job, 1, True), handle_signals=False)
        worker.loop = asyncio.get_running_loop()
        for _ in range(CALLS):
            await worker.run_job("one", 1)

    yield lambda: asyncio.run(several())


# RQ

_OURS = {
    celery.worker.strategy: {"default": lambda *_: lambda *_: None},
    rq.queue.Queue: {"_enqueue_job": lambda _self, job: job},
    rq.job.Job: {"perform": lambda _self: None},
    rq.worker.BaseWorker: {
        "dequeue_job_and_maintain_ttl": lambda self: (self.job, self.queue),
        "perform_job": lambda self, job, queue: (job.perform(), self.handle_job_success(job, queue)),
        "handle_job_success": lambda _self, _job, _queue: None,
    },
}


@contextmanager
def idle():
    """Its methods do nothing but call one another."""
    before = {owner: {name: vars(owner)[name] for name in methods} for owner, methods in _OURS.items()}
    for methods in (_OURS, before):
        for owner, made in methods.items():
            for name, method in made.items():
                setattr(owner, name, method)
        if methods is _OURS:
            yield


def rq_put():
    queue = object.__new__(rq.Queue)
    queue.name, queue._is_async = "default", True

    def work():
        for _ in range(CALLS):
            queue._enqueue_job(None)

    yield work


def rq_run():
    job = object.__new__(rq.job.Job)
    job._id = "one"
    job.origin, job.enqueued_at, job._func_name = "default", datetime.now(UTC), "jobs.add"
    worker = object.__new__(rq.SimpleWorker)
    worker._is_horse = False
    worker.job, worker.queue = job, SimpleNamespace(name="default")

    def work():
        for _ in range(CALLS):
            worker.perform_job(*worker.dequeue_job_and_maintain_ttl())

    yield work


CASES = {
    "Celery, to put in": celery_put,
    "Celery, to run": celery_run,
    "RQ, to put in": rq_put,
    "RQ, to run": rq_run,
    "arq, to put in": arq_put,
    "arq, to run": arq_run,
    "Dramatiq, to put in": dramatiq_put,
    "Dramatiq, to run": dramatiq_run,
}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """CPU microseconds of a task, by case and way."""
    found: dict[str, dict[str, float]] = {}
    with idle():
        for _ in range(rounds):
            for way in (bare, ours, opentelemetry):
                with way():
                    for name, case in CASES.items():
                        if way is opentelemetry and "Celery" not in name:
                            continue
                        spent = _time(contextmanager(case))
                        fastest = found.setdefault(name, {})
                        fastest[way.__name__] = min(spent, fastest.get(way.__name__, spent))
    return found


def _time(case) -> float:
    with case() as work:
        work()
        gc.collect()
        gc.disable()  # what others have left is not for this one to clear away
        try:
            began = time.process_time()
            work()
            return (time.process_time() - began) / CALLS * 1e6
        finally:
            gc.enable()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=60)
    given = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    found = measure(given.rounds)
    rows = {name: _row(spent) for name, spent in found.items()}
    if given.json:
        named = {f"task_{name.replace(', ', '_').replace(' ', '_').lower()}": row for name, row in rows.items()}
        print(json.dumps(named, ensure_ascii=False))
        return
    for name, row in rows.items():
        peer = "" if row["peer"] is None else f"  OpenTelemetry +{row['peer']:6.1f}  ratio {row['ratio']:.3f}"
        print(f"{name:<20} bare {found[name]['bare']:6.1f} µs  ours +{row['ours']:5.2f}{peer}")


def _row(spent: dict[str, float]) -> dict[str, object]:
    added = spent["ours"] - spent["bare"]
    peer = spent["opentelemetry"] - spent["bare"] if "opentelemetry" in spent else None
    return {
        "ours": round(added, 2),
        "peer": None if peer is None else round(peer, 1),
        "ratio": None if peer is None else round(added / peer, 3),
        "goal": 3.0,
        "unit": "µs CPU added to a task",
    }


if __name__ == "__main__":
    main()
