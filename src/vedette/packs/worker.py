"""Workers and their queues: tasks by state, runtime, time in the queue, depth, and whether the workers live.

For the task queues that are instrumented (Celery, RQ, arq, Dramatiq) and for loops written by hand alike. Names are
OpenTelemetry's where it has one: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
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

_BY_QUEUE = "job, messaging_system, messaging_destination_name"
_BY_TASK = "job, messaging_system, task"
_BY_SYSTEM = "job, messaging_system"
_DEPTH = "job_queue:worker_queue_depth:max"
_USED = "job_queue:worker_queue:used_ratio"
_WAIT = "job_queue:worker_queue_wait_seconds:p95_5m"
_DATA = "job_queue:worker_data:age_seconds"
_ENDED = "job_task:worker_tasks_ended:rate5m"
_FAILED = "job_task:worker_tasks_failed:ratio_rate5m"
_P95 = "job_task:messaging_process_duration_seconds:p95_5m"
_SILENT = "job_system:worker_heartbeat:age_seconds"


@catalog.parametric
def worker(
    *,
    depth_high: float = 1000,
    depth_for_high: str = "5m",
    depth_critical: float = 5000,
    depth_for_critical: str = "2m",
    used_critical: float = 0.9,
    used_for: str = "1m",
    stalled_for: str = "5m",
    silent: float = 600,
    failed_ratio_high: float = 0.05,
    failed_for: str = "5m",
    min_rate: float = 0.02,
    waits_long: float = 300,
    waits_for: str = "5m",
    slow: float = 60,
    slow_for: str = "15m",
    data_old: float = 3600,
    data_for: str = "5m",
) -> catalog.Pack:
    """Workers and their queues: what becomes of tasks, how long they wait and run, and whether the workers live.

    Args:
        depth_high: messages that wait in a queue which are many.
        depth_for_high: how long it must hold.
        depth_critical: messages that page.
        depth_for_critical: how long it must hold before it pages.
        used_critical: share of the room of a queue that pages when it is taken.
        used_for: how long it must hold.
        stalled_for: how long messages may wait while no task begins or ends, after five minutes without any; more
            than the longest task takes.
        silent: seconds since a worker was seen at work after which it is taken for dead; more than it is silent while
            it waits, which is up to seven minutes with RQ.
        failed_ratio_high: share of a task's runs that fail for good which is high.
        failed_for: how long it must hold.
        min_rate: runs of a task per second below which a share or percentile says nothing.
        waits_long: 95th percentile of the time in the queue, in seconds, that is long.
        waits_for: how long it must hold.
        slow: 95th percentile of a task's runtime, in seconds, that is slow.
        slow_for: how long it must hold.
        data_old: age in seconds of the newest data that was worked on which is too old.
        data_for: how long it must hold.
    """
    check_ratio(used_critical=used_critical, failed_ratio_high=failed_ratio_high)
    check_above_zero(
        depth_high=depth_high,
        depth_critical=depth_critical,
        silent=silent,
        min_rate=min_rate,
        waits_long=waits_long,
        slow=slow,
        data_old=data_old,
    )
    check_rising(depth_high=depth_high, depth_critical=depth_critical)
    queue = "the queue {{ $labels.messaging_destination_name }} of {{ $labels.job }}"
    task = "{{ $labels.task }} of {{ $labels.job }}"
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
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "WorkerSilent",
                f"{_SILENT} > {silent:g}",
                severity="critical",
                summary="No worker of {{ $labels.job }} was seen at work for {{ $value | humanizeDuration }}",
                description="Nobody takes what is put into the queues of {{ $labels.messaging_system }}.",
                runbook="runbooks/worker-silent.md",
                panel="Since any worker was at work",
            ),
            catalog.Alert(
                "WorkerInstanceSilent",
                "time() - min by (job, instance, messaging_system) (worker_heartbeat_timestamp_seconds)"
                f" > {silent:g} and on ({_BY_SYSTEM}) {_SILENT} <= {silent:g}",
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} hangs: silent for {{ $value | humanizeDuration }}",
                description="Others are at work; what this one has taken nobody else will do.",
                runbook="runbooks/worker-silent.md",
                panel="Since the last heartbeat",
            ),
            catalog.Alert(
                "WorkerStalled",
                f"{_DEPTH} > 0"
                f' unless (sum by ({_BY_QUEUE}) (rate(worker_tasks_total{{state!="received"}}[5m])) > 0'
                f" or sum by ({_BY_QUEUE}) (rate(worker_dequeued_messages_total[5m])) > 0)",
                for_=stalled_for,
                severity="critical",
                summary=f"{{{{ $value }}}} messages wait in {queue}, and nothing is done",
                description="Not a single task of the queue began or ended meanwhile.",
                runbook="runbooks/worker-stalled.md",
                panel="Queue depth",
            ),
            catalog.Alert(
                "WorkerQueueNearlyFull",
                f"{_USED} > {used_critical:g}",
                for_=used_for,
                severity="critical",
                summary=f"{{{{ $value | humanizePercentage }}}} of the room in {queue} are taken",
                description="Once it is full, whoever puts something in waits, or what comes is thrown away.",
                runbook="runbooks/worker-queue-depth.md",
                panel="Room of the queues taken",
            ),
            catalog.Alert(
                "WorkerQueueDepthCritical",
                f"{_DEPTH} > {depth_critical:g}",
                for_=depth_for_critical,
                severity="critical",
                summary=f"{{{{ $value }}}} messages wait in {queue}",
                description=f"More than {depth_critical:g}: it takes long until what comes in now is done.",
                runbook="runbooks/worker-queue-depth.md",
                panel="Queue depth",
            ),
            catalog.Alert(
                "WorkerQueueDepthHigh",
                f"{_DEPTH} > {depth_high:g}",
                for_=depth_for_high,
                severity="high",
                summary=f"{{{{ $value }}}} messages wait in {queue}",
                description=f"More than {depth_high:g}: more comes in than is worked off.",
                runbook="runbooks/worker-queue-depth.md",
                panel="Queue depth",
            ),
            catalog.Alert(
                "WorkerQueueWaitLong",
                f"{_WAIT} > {waits_long:g}",
                for_=waits_for,
                severity="high",
                summary=f"Messages wait {{{{ $value | humanizeDuration }}}} in {queue}",
                description="One of 20 that are begun now has waited for longer still.",
                runbook="runbooks/worker-queue-wait.md",
                panel="Time in the queue p95",
            ),
            catalog.Alert(
                "WorkerErrorRateHigh",
                f"{_FAILED} > {failed_ratio_high:g} and {_ENDED} > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary=f"{{{{ $value | humanizePercentage }}}} of the runs of {task} fail",
                description="They fail for good: nothing tries them again by itself.",
                runbook="runbooks/worker-errors.md",
                panel="Failed tasks",
            ),
            catalog.Alert(
                "WorkerTasksSlow",
                f"{_P95} > {slow:g} and {_ENDED} > {min_rate:g}",
                for_=slow_for,
                severity="medium",
                summary=f"{task} takes {{{{ $value | humanizeDuration }}}}",
                description=f"One of 20 runs takes longer than {slow:g} s.",
                runbook="runbooks/worker-tasks-slow.md",
                panel="Runtime p95 by task",
            ),
            catalog.Alert(
                "WorkerDataStale",
                f"{_DATA} > {data_old:g}",
                for_=data_for,
                severity="medium",
                summary=f"The newest data from {queue} is {{{{ $value | humanizeDuration }}}} old",
                description="Nothing newer comes in, or it is not worked on.",
                runbook="runbooks/worker-data-stale.md",
                panel="Age of the data",
            ),
        ],
        panels=panels(
            depth_high=depth_high,
            depth_critical=depth_critical,
            used_critical=used_critical,
            silent=silent,
            failed_ratio_high=failed_ratio_high,
            waits_long=waits_long,
            slow=slow,
            data_old=data_old,
        ),
        dashboard=catalog.Dashboard(
            description="Are tasks done, in time, and do the workers keep up?",
            variables=[
                catalog.Variable("queue", "worker_tasks_total", "messaging_destination_name", "Queue"),
                catalog.Variable("task", "worker_tasks_total", "task", "Task"),
            ],
            tags=["worker"],
        ),
    )


def _recordings() -> list[catalog.Recording]:
    return [
        catalog.Recording(
            _DEPTH,
            # several processes tell of one queue
            f"max by ({_BY_QUEUE}) (worker_queue_depth)",
            description="Messages that wait in a queue.",
        ),
        catalog.Recording(
            _USED,
            f"max by ({_BY_QUEUE}) (worker_queue_depth) / (max by ({_BY_QUEUE}) (worker_queue_capacity) > 0)",
            description="Share of a queue's room that is taken.",
        ),
        catalog.Recording(
            _WAIT,
            f"histogram_quantile(0.95, sum by ({_BY_QUEUE}, le) (rate(worker_queue_wait_seconds_bucket[5m]))) >= 0",
            description="95th percentile of the time in a queue; absent while nothing is begun.",
        ),
        catalog.Recording(
            _ENDED,
            f'sum by ({_BY_TASK}) (rate(worker_tasks_total{{state=~"succeeded|failed"}}[5m]))',
            description="Runs of a task per second that went well or failed for good.",
        ),
        catalog.Recording(
            _FAILED,
            f'(sum by ({_BY_TASK}) (rate(worker_tasks_total{{state="failed"}}[5m])) or 0 * {_ENDED}) / ({_ENDED} > 0)',
            description="Share of them that failed; absent without runs.",
        ),
        catalog.Recording(
            _P95,
            f"histogram_quantile(0.95, sum by ({_BY_TASK}, le) (rate(messaging_process_duration_seconds_bucket[5m])))"
            " >= 0",
            description="95th percentile of the runtime of a task; absent without runs.",
        ),
        catalog.Recording(
            _SILENT,
            # a process that has ended tells nothing any more: what it said last is remembered
            f"time() - max by ({_BY_SYSTEM}) (max_over_time(worker_heartbeat_timestamp_seconds[6h]))",
            description="Seconds since any worker was seen at work.",
        ),
        catalog.Recording(
            _DATA,
            f"time() - max by ({_BY_QUEUE}) (worker_data_timestamp_seconds)",
            description="Age of the newest data that was worked on.",
        ),
    ]
