"""Workers and their queues: tasks by state, runtime, time in the queue, depth, and whether the workers live.

For the task queues that are instrumented (Celery, RQ, arq, Dramatiq) and for loops written by hand alike. Names are
OpenTelemetry's where it has one: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._worker_panels import panels

__all__ = [
    "STATES",
    "batch_size",
    "data_timestamp",
    "dequeued",
    "enqueued",
    "heartbeat",
    "process_duration",
    "queue_capacity",
    "queue_depth",
    "queue_wait",
    "task_errors",
    "tasks",
    "tasks_in_progress",
    "worker",
]

STATES = ("received", "started", "succeeded", "failed", "retried", "revoked", "ignored")
"""What becomes of a task. Of those that were started each ends as one of the last five; ``retried``: it failed and
will be tried again; ``revoked``: called off, before or while it ran; ``ignored``: it said itself that it does not
count."""

# What OpenTelemetry advises for messages, and on to an hour, since tasks are long.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
_SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0)

# The system (celery, rq, arq, dramatiq, or what a loop calls itself) and the queue.
_QUEUE = ["messaging_system", "messaging_destination_name"]

tasks = Counter(
    "worker_tasks_total",
    help="Tasks by what became of them.",
    labels={**dict.fromkeys([*_QUEUE, "task"]), "state": STATES},
    max_series=5000,
)
process_duration = Histogram(
    "messaging_process_duration_seconds",
    help="Time that a task ran.",
    labels=[*_QUEUE, "task"],
    buckets=_SECONDS,
    max_series=2000,
)
task_errors = Counter(
    "worker_task_errors_total",
    help="Tasks that failed, those that are tried again too, by class of error.",
    labels=["messaging_system", "task", "error_type"],
    max_series=2000,
)
tasks_in_progress = Gauge("worker_tasks_in_progress", help="Tasks that run now.", labels=_QUEUE)
queue_wait = Histogram(
    "worker_queue_wait_seconds",
    help="Time from when a task was to be done until it was started.",
    labels=_QUEUE,
    buckets=_SECONDS,
)
queue_depth = Gauge(
    "worker_queue_depth",
    help="Messages that wait in the queue.",
    labels=_QUEUE,
    multiprocess_mode="livemostrecent",  # several processes ask about the same queue
)
queue_capacity = Gauge(
    "worker_queue_capacity",
    help="Messages that the queue has room for.",
    labels=_QUEUE,
    multiprocess_mode="livemostrecent",
)
enqueued = Counter("worker_enqueued_messages_total", help="Messages put into the queue.", labels=_QUEUE)
dequeued = Counter("worker_dequeued_messages_total", help="Messages taken from the queue.", labels=_QUEUE)
batch_size = Histogram(
    "worker_batch_size", help="Messages that were worked on together.", labels=_QUEUE, buckets=_SIZES
)
heartbeat = Gauge(
    "worker_heartbeat_timestamp_seconds",
    help="When the worker was last seen at work, in seconds since the epoch; of several the one not seen for longest.",
    labels=["messaging_system"],
    multiprocess_mode="livemin",
)
data_timestamp = Gauge(
    "worker_data_timestamp_seconds",
    help="How new the newest data is that was worked on, in seconds since the epoch.",
    labels=_QUEUE,
)


@catalog.parametric
def worker() -> catalog.Pack:
    """Workers and their queues: what becomes of tasks, how long they wait and run, and whether the workers live."""
    return catalog.Pack(
        "worker",
        title="Workers and queues",
        metrics=[
            tasks,
            process_duration,
            task_errors,
            tasks_in_progress,
            queue_wait,
            queue_depth,
            queue_capacity,
            enqueued,
            dequeued,
            batch_size,
            heartbeat,
            data_timestamp,
        ],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Are tasks done, in time, and do the workers keep up?",
            variables=[
                catalog.Variable("queue", "worker_queue_wait_seconds_count", "messaging_destination_name", "Queue"),
                catalog.Variable("task", "worker_tasks_total", "task", "Task"),
            ],
            tags=["worker"],
        ),
    )
