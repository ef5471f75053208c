"""The panels of the agents pack: are they well, do they get through, which tool or model is to blame, what it costs."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{agent=~"$agent"}'
_MODEL = '{gen_ai_request_model=~"$model"}'


def panels(
    *,
    failed_ratio_high: float,
    backlog_high: float,
    slow: float,
    silent: float,
    calls_failed_ratio_high: float,
    dollars_of_a_day: float,
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    failing: dict[float, catalog.Severity] = {failed_ratio_high: "high"}
    return [
        catalog.Panel(
            "Health",
            f"min by (job, agent) (agent_healthy{_OF})",
            kind="stat",
            unit="boolean",
            legend="{{agent}}",
            description="What each agent says of itself.",
            thresholds={1: "high"},
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "In progress",
            f"sum by (job, agent) (agent_tasks_in_progress{_OF})",
            kind="stat",
            unit="count",
            legend="{{agent}}",
            description="Tasks that are worked on now.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Failing now",
            "max by (job) (job_agent:agent_tasks_failed:ratio_rate15m)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of tasks that fail, of the agent where most do.",
            thresholds=failing,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Cost of a day",
            "job:gen_ai_cost:dollars1d",
            kind="stat",
            unit="dollars",
            legend="{{job}}",
            description="What calls to models have cost within 24 hours.",
            thresholds={dollars_of_a_day: "medium"},
            width=6,
            height=4,
        ),
        catalog.Row("Tasks"),
        catalog.Panel(
            "Tasks by outcome",
            f"sum by (job, agent, outcome) (rate(agent_tasks_total{_OF}[15m]))",
            unit="operations/s",
            legend="{{agent}} {{outcome}}",
            description="Tasks that end, per second.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Failed tasks",
            f"job_agent:agent_tasks_failed:ratio_rate15m{_OF}",
            unit="ratio",
            legend="{{agent}}",
            description="One agent alone: its prompt, tools or input. All of them: the model, or what they share.",
            thresholds=failing,
            minimum=0,
        ),
        catalog.Panel(
            "Waiting",
            f"sum by (job, agent) (agent_queue_depth{_OF})",
            unit="count",
            legend="{{agent}}",
            description="Tasks that wait. A line that only rises is an agent that cannot keep up.",
            thresholds={backlog_high: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Time of a task",
            f"job_agent:agent_task_duration_seconds:p95_15m{_OF}",
            unit="seconds",
            legend="{{agent}}",
            description="95 % are done in less.",
            thresholds={slow: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Errors and retries",
            [
                catalog.Query(
                    f"sum by (job, agent, error_type) (increase(agent_task_errors_total{_OF}[15m]))",
                    "{{agent}} {{error_type}}",
                ),
                catalog.Query(
                    f"sum by (job, agent) (increase(agent_task_retries_total{_OF}[15m]))", "{{agent}} tried again"
                ),
            ],
            unit="count",
            description="Within a quarter of an hour. Many retries hide a failure that will come.",
            minimum=0,
        ),
        catalog.Panel(
            "Since the last sign",
            f"time() - max by (job, agent) (agent_heartbeat_timestamp_seconds{_OF})",
            unit="seconds",
            legend="{{agent}}",
            description="Since an agent was last heard of.",
            thresholds={silent: "high"},
            minimum=0,
        ),
        catalog.Row("Tools"),
        catalog.Panel(
            "Use of tools",
            f"sum by (job, gen_ai_tool_name, outcome) (rate(agent_tool_calls_total{_OF}[15m]))",
            unit="operations/s",
            legend="{{gen_ai_tool_name}} {{outcome}}",
            description="A tool that is used far more than ever is a loop.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Time of tools",
            "histogram_quantile(0.95, sum by (job, gen_ai_tool_name, le)"
            f" (rate(agent_tool_duration_seconds_bucket{_OF}[15m])))",
            unit="seconds",
            legend="{{gen_ai_tool_name}}",
            description="95 % take less.",
            minimum=0,
        ),
        catalog.Row("Models"),
        catalog.Panel(
            "Calls",
            f"job_model:gen_ai_calls:rate5m{_MODEL}",
            unit="requests/s",
            legend="{{gen_ai_provider_name}} {{gen_ai_request_model}}",
            description="Calls per second.",
            minimum=0,
        ),
        catalog.Panel(
            "Failed calls",
            f"job_model:gen_ai_calls_failed:ratio_rate5m{_MODEL}",
            unit="ratio",
            legend="{{gen_ai_provider_name}} {{gen_ai_request_model}}",
            description="Refused, timed out or broken off.",
            thresholds={calls_failed_ratio_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Time of a call",
            "histogram_quantile(0.95, sum by (job, gen_ai_request_model, le)"
            f" (rate(gen_ai_client_operation_duration_seconds_bucket{_MODEL}[5m])))",
            unit="seconds",
            legend="{{gen_ai_request_model}}",
            description="95 % are answered in less.",
            minimum=0,
        ),
        catalog.Panel(
            "Tokens",
            f"sum by (job, gen_ai_request_model, gen_ai_token_type) (rate(gen_ai_client_token_usage_sum{_MODEL}[15m]))",
            unit="events/s",
            legend="{{gen_ai_request_model}} {{gen_ai_token_type}}",
            description="Tokens per second. Input that grows from call to call is a conversation that is never cut.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Cost of an hour",
            f"sum by (job, gen_ai_request_model) (increase(gen_ai_client_cost_dollars_total{_MODEL}[1h]))",
            unit="dollars",
            legend="{{gen_ai_request_model}}",
            description="Dollars within an hour, by model.",
            minimum=0,
        ),
        catalog.Panel(
            "Calls made again",
            f"sum by (job, gen_ai_request_model) (increase(gen_ai_client_retries_total{_MODEL}[15m]))",
            unit="count",
            legend="{{gen_ai_request_model}}",
            description="Within a quarter of an hour. Each is paid for where the provider had begun to answer.",
            minimum=0,
        ),
    ]
