"""The panels of the worker pack: from whether tasks are done down to which of them fails and which queue grows."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_QUEUE = "job, messaging_destination_name"
_OF_QUEUE = '{messaging_destination_name=~"$queue"}'
_OF_TASK = '{task=~"$task"}'


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Tasks by state",
            f"sum by (job, state) (rate(worker_tasks_total{_OF_TASK}[5m]))",
            unit="operations/s",
            legend="{{job}} {{state}}",
            description="Tasks per second by what became of them. Received and not started are on their way still.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Tasks in progress",
            f"sum by ({_QUEUE}) (worker_tasks_in_progress{_OF_QUEUE})",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Tasks that run now. As many as there are workers, for long, is a queue that grows.",
            minimum=0,
        ),
        catalog.Panel(
            "Runtime p95 by task",
            "histogram_quantile(0.95, sum by (job, task, le) "
            f"(rate(messaging_process_duration_seconds_bucket{_OF_TASK}[5m])))",
            unit="seconds",
            legend="{{job}} {{task}}",
            description="95 % of the runs of a task are shorter.",
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, task, error_type) (rate(worker_task_errors_total{_OF_TASK}[5m]))",
            unit="operations/s",
            legend="{{task}} {{error_type}}",
            description="Failed runs per second by class of error, those that are tried again too.",
            minimum=0,
        ),
        catalog.Row("Queues"),
        catalog.Panel(
            "Queue depth",
            [
                catalog.Query(
                    f"max by ({_QUEUE}) (worker_queue_depth{_OF_QUEUE})", "{{job}} {{messaging_destination_name}}"
                ),
                catalog.Query(
                    f"max by ({_QUEUE}) (worker_queue_capacity{_OF_QUEUE})",
                    "{{job}} {{messaging_destination_name}} has room for",
                ),
            ],
            unit="count",
            description="Messages that wait, and how many may. A line that only rises: nobody catches up.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Time in the queue p95",
            f"histogram_quantile(0.95, sum by ({_QUEUE}, le) (rate(worker_queue_wait_seconds_bucket{_OF_QUEUE}[5m])))",
            unit="seconds",
            legend="{{job}} {{messaging_destination_name}}",
            description="95 % of the tasks are started within this time of when they were to be done.",
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
            description="Messages per second put into each queue and taken from it.",
            minimum=0,
        ),
        catalog.Panel(
            "Batch size",
            f"sum by ({_QUEUE}) (rate(worker_batch_size_sum{_OF_QUEUE}[5m]))"
            f" / (sum by ({_QUEUE}) (rate(worker_batch_size_count{_OF_QUEUE}[5m])) > 0)",
            unit="count",
            legend="{{job}} {{messaging_destination_name}}",
            description="Messages worked on together, on average.",
            minimum=0,
        ),
        catalog.Row("Life"),
        catalog.Panel(
            "Since the last heartbeat",
            "time() - min by (job, instance, messaging_system) (worker_heartbeat_timestamp_seconds)",
            unit="seconds",
            legend="{{instance}} {{messaging_system}}",
            description="How long ago the worker was last seen at work. It rises where a worker hangs.",
            minimum=0,
        ),
        catalog.Panel(
            "Age of the data",
            f"time() - max by ({_QUEUE}) (worker_data_timestamp_seconds{_OF_QUEUE})",
            unit="seconds",
            legend="{{job}} {{messaging_destination_name}}",
            description="How old the newest data is that was worked on.",
            minimum=0,
        ),
    ]
