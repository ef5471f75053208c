"""Agents and the calls they make to language models: tasks, tools, tokens, cost, queue and health.

Calls are named as OpenTelemetry's conventions for generative AI name them.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = [
    "agents",
    "call_cost",
    "call_duration",
    "call_retries",
    "call_tokens",
    "healthy",
    "heartbeat",
    "queue_depth",
    "task_duration",
    "task_errors",
    "task_retries",
    "tasks",
    "tasks_in_progress",
    "tool_calls",
    "tool_duration",
]

# https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
_CALL_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0)
# A task of an agent may be a look-up or half an hour of work.
_TASK_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1800.0)
_OUTCOMES = ["success", "failure", "cancelled"]

tasks = Counter(
    "agent_tasks_total", help="Tasks that an agent has ended, by how.", labels={"agent": None, "outcome": _OUTCOMES}
)
tasks_in_progress = Gauge("agent_tasks_in_progress", help="Tasks that an agent works on now.", labels=["agent"])
task_duration = Histogram(
    "agent_task_duration_seconds", help="Time that a task took.", labels=["agent"], buckets=_TASK_SECONDS
)
task_errors = Counter(
    "agent_task_errors_total", help="Tasks that failed, by class of error.", labels=["agent", "error_type"]
)
task_retries = Counter("agent_task_retries_total", help="Times that a task was tried again.", labels=["agent"])
queue_depth = Gauge("agent_queue_depth", help="Tasks that wait for an agent.", labels=["agent"])
healthy = Gauge(
    "agent_healthy",
    help="1 for an agent that says it is well, 0 for one that says it is not.",
    labels=["agent"],
    multiprocess_mode="min",
)
heartbeat = Gauge(
    "agent_heartbeat_timestamp_seconds",
    help="When an agent was last heard of, in seconds since the epoch.",
    labels=["agent"],
    multiprocess_mode="max",
)
tool_calls = Counter(
    "agent_tool_calls_total",
    help="Tools that an agent has used, by how the use ended.",
    labels={"agent": None, "gen_ai_tool_name": None, "outcome": _OUTCOMES},
)
tool_duration = Histogram(
    "agent_tool_duration_seconds",
    help="Time that the use of a tool took.",
    labels=["agent", "gen_ai_tool_name"],
    buckets=_TASK_SECONDS,
)
call_duration = Histogram(
    "gen_ai_client_operation_duration_seconds",
    help="Time that a call to a model took; error_type is empty where it went well.",
    labels=["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "error_type"],
    buckets=_CALL_SECONDS,
)
call_tokens = Histogram(
    "gen_ai_client_token_usage",
    help="Tokens that a call to a model used.",
    labels={
        "gen_ai_operation_name": None,
        "gen_ai_provider_name": None,
        "gen_ai_request_model": None,
        "gen_ai_token_type": ["input", "output"],
    },
    buckets=_TOKENS,
)
call_cost = Counter(
    "gen_ai_client_cost_dollars_total",
    help="What calls to a model have cost, in US dollars.",
    unit="dollars",
    labels=["gen_ai_provider_name", "gen_ai_request_model"],
)
call_retries = Counter(
    "gen_ai_client_retries_total",
    help="Calls to a model that were made again.",
    labels=["gen_ai_provider_name", "gen_ai_request_model"],
)


@catalog.parametric
def agents() -> catalog.Pack:
    """Agents, their tools, and their calls to language models."""
    return catalog.Pack(
        "agents",
        title="Agents",
        metrics=[
            tasks,
            tasks_in_progress,
            task_duration,
            task_errors,
            task_retries,
            queue_depth,
            healthy,
            heartbeat,
            tool_calls,
            tool_duration,
            call_duration,
            call_tokens,
            call_cost,
            call_retries,
        ],
    )
