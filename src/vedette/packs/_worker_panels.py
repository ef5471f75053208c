"""The panels of the worker pack: from whether tasks are done down to which of them fails and which queue grows."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_QUEUE = "job, messaging_destination_name"
_OF_QUEUE = '{messaging_destination_name=~"$queue"}'
_OF_TASK = '{task=~"$task"}'
_DEPTH = "job_queue:worker_queue_depth:max"
_FAILED = "job_task:worker_tasks_failed:ratio_rate5m"
_WAIT = "job_queue:worker_queue_wait_seconds:p95_5m"
_SILENT = "job_system:worker_heartbeat:age_seconds"

_Items = list[catalog.Panel | catalog.Row | catalog.Text]
_Lines = dict[float, catalog.Severity]


def panels(
    *,
    depth_high: float,
    depth_critical: float,
    used_critical: float,
    silent: float,
    failed_ratio_high: float,
    waits_long: float,
    slow: float,
    data_old: float,
) -> _Items:
    # where both are one number, the severer one is drawn
    depth: _Lines = {depth_high: "high", depth_critical: "critical"}
    return [
        *_now(depth, {waits_long: "high"}, {failed_ratio_high: "high"}, {silent: "critical"}),
        *_tasks({failed_ratio_high: "high"}, {slow: "medium"}),
        *_queues(depth, {used_critical: "critical"}, {waits_long: "high"}),
        *_life(silent, {data_old: "medium"}),
    ]


def _now(depth: _Lines, waits: _Lines, failed: _Lines, silent: _Lines) -> _Items:
    return [
        catalog.Panel(
            "Waiting",
            f"max by (job) ({_DEPTH})",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Messages in the longest queue. It may be long for a moment; it has to become short again.",
            thresholds=depth,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Longest wait",
            f"max by (job) ({_WAIT})",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95 % of the messages of the slowest queue are begun sooner.",
            thresholds=waits,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Worst task",
            f"max by (job) ({_FAILED})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of its runs that fail, of the task that fails most. Zero where all is well.",
            thresholds=failed,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Last seen at work",
            f"max by (job) ({_SILENT})",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Seconds since any worker gave a sign of life. A few, or minutes where it waits for long.",
            thresholds=silent,
            width=6,
            height=4,
        ),
    ]


def _tasks(failed: _Lines, slow: _Lines) -> _Items:
    return [
        catalog.Row("Tasks"),
        catalog.Panel(
            "Tasks by state",
            f"sum by (job, state) (rate(worker_tasks_total{_OF_TASK}[5m]))",
            unit="operations/s",
            legend="{{job}} {{state}}",
            description="Tasks per second by what became of them. Started and succeeded lie upon each other where all"
            " is well; received and not started are on their way still.",
            minimum=0,
        ),
        catalog.Panel(
            "Failed tasks",
            f"{_FAILED}{_OF_TASK}",
            unit="ratio",
            legend="{{job}} {{task}}",
            description="Share of a task's runs that fail for good. One task: its code or its data; all at once: what"
            " they share.",
            thresholds=failed,
            minimum=0,
        ),
        catalog.Panel(
            "Runtime p95 by task",
            f"job_task:messaging_process_duration_seconds:p95_5m{_OF_TASK}",
            unit="seconds",
            legend="{{job}} {{task}}",
            description="95 % of the runs of a task are shorter. A step upwards came with a release or a dependency.",
            thresholds=slow,
            minimum=0,
        ),
        catalog.Panel(
            "Runtimes",
            f"sum by (le) (rate(messaging_process_duration_seconds_bucket{_OF_TASK}[5m]))",
            kind="heatmap",
            unit="seconds",
            description="How many runs took how long. Bands are kinds of tasks; what piles up at a time limit was cut"
            " off there.",
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, task, error_type) (rate(worker_task_errors_total{_OF_TASK}[5m]))",
            unit="operations/s",
            legend="{{task}} {{error_type}}",
            description="Failed runs per second by class of error, those that are tried again too. Empty is right.",
            minimum=0,
        ),
        catalog.Panel(
            "Tasks of a day",
            [
                catalog.Query(
                    f'sum by (job, task) (increase(worker_tasks_total{{state="{state}",task=~"$task"}}[1d]))'
                    ' or 0 * sum by (job, task) (increase(worker_tasks_total{task=~"$task"}[1d]))',
                    state,
                )
                for state in ("succeeded", "failed", "retried")
            ],
            kind="table",
            unit="count",
            description="How many have ended within 24 hours and how. A task that should be here and is not never ran.",
        ),
        catalog.Panel(
            "Tasks in progress",
            f"sum by ({_QUEUE}) (worker_tasks_in_progress{_OF_QUEUE})",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Tasks that run now. As many as there are workers, for long, is a queue that grows.",
            minimum=0,
            width=24,
        ),
    ]


def _queues(depth: _Lines, used: _Lines, waits: _Lines) -> _Items:
    return [
        catalog.Row("Queues"),
        catalog.Panel(
            "Queue depth",
            f"{_DEPTH}{_OF_QUEUE}",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Messages that wait. Teeth are bursts that are worked off. A line that only rises: nobody"
            " catches up.",
            thresholds=depth,
            minimum=0,
        ),
        catalog.Panel(
            "Time in the queue p95",
            f"{_WAIT}{_OF_QUEUE}",
            unit="seconds",
            legend="{{job}} {{messaging_destination_name}}",
            description="95 % of the tasks are started within this time of when they were to be done.",
            thresholds=waits,
            minimum=0,
        ),
        catalog.Panel(
            "Messages in and out",
            [
                catalog.Query(
                    f"sum by ({_QUEUE}) (rate(worker_enqueued_messages_total{_OF_QUEUE}[5m]))",
                    "{{job}} {{messaging_destination_name}} in",
                ),
                catalog.Query(
                    f"sum by ({_QUEUE}) (rate(worker_dequeued_messages_total{_OF_QUEUE}[5m]))",
                    "{{job}} {{messaging_destination_name}} out",
                ),
            ],
            unit="messages/s",
            description="Messages per second put into each queue and taken from it. In above out: the queue grows.",
            minimum=0,
        ),
        catalog.Panel(
            "Batch size",
            f"sum by ({_QUEUE}) (rate(worker_batch_size_sum{_OF_QUEUE}[5m]))"
            f" / (sum by ({_QUEUE}) (rate(worker_batch_size_count{_OF_QUEUE}[5m])) > 0)",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Messages worked on together, on average. It rises with the load; at its limit, add workers.",
            minimum=0,
        ),
        catalog.Panel(
            "Room of the queues taken",
            f"job_queue:worker_queue:used_ratio{_OF_QUEUE}",
            unit="ratio",
            legend="{{job}} {{messaging_destination_name}}",
            description="Share of what a queue has room for. At the top, who puts something in waits or loses it.",
            thresholds=used,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Room of the queues",
            f"max by ({_QUEUE}) (worker_queue_capacity{_OF_QUEUE})",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Messages that each queue has room for, where it says so. A flat line.",
            minimum=0,
        ),
    ]


def _life(silent: float, old: _Lines) -> _Items:
    dead: _Lines = {silent: "critical"}
    one_dead: _Lines = {silent: "high"}
    return [
        catalog.Row("Life"),
        catalog.Panel(
            "Since any worker was at work",
            _SILENT,
            unit="seconds",
            legend="{{job}} {{messaging_system}}",
            description="A low saw. A straight line upwards: no worker is left, and what is put in stays there.",
            thresholds=dead,
            minimum=0,
        ),
        catalog.Panel(
            "Since the last heartbeat",
            "time() - min by (job, instance, messaging_system) (worker_heartbeat_timestamp_seconds)",
            unit="seconds",
            legend="{{instance}} {{messaging_system}}",
            description="How long ago each worker was last seen at work. It rises where a worker hangs.",
            thresholds=one_dead,
            minimum=0,
        ),
        catalog.Panel(
            "Age of the data",
            f"job_queue:worker_data:age_seconds{_OF_QUEUE}",
            unit="seconds",
            legend="{{job}} {{messaging_destination_name}}",
            description="How old the newest data is that was worked on. It falls back with every batch.",
            thresholds=old,
            minimum=0,
            width=24,
        ),
    ]
