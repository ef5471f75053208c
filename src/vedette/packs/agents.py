"""Agents and the calls they make to language models: tasks, tools, tokens, cost, queue and health.

Calls are named as OpenTelemetry's conventions for generative AI name them.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._agents_panels import panels

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


_FAILED = "job_agent:agent_tasks_failed:ratio_rate15m"
_TASKS = "job_agent:agent_tasks:rate15m"
_P95 = "job_agent:agent_task_duration_seconds:p95_15m"
_CALLS = "job_model:gen_ai_calls:rate5m"
_CALLS_FAILED = "job_model:gen_ai_calls_failed:ratio_rate5m"
_COST = "job:gen_ai_cost:dollars1d"
_MODEL = "job, gen_ai_provider_name, gen_ai_request_model"


@catalog.parametric
def agents(
    *,
    failed_ratio_high: float = 0.1,
    min_rate: float = 0.005,
    failed_for: str = "10m",
    backlog_high: float = 100,
    backlog_for: str = "10m",
    slow: float = 300,
    slow_for: str = "15m",
    silent: float = 300,
    calls_failed_ratio_high: float = 0.1,
    calls_failed_for: str = "5m",
    dollars_of_a_day: float = 100,
    stuck_for: str = "30m",
) -> catalog.Pack:
    """Agents, their tools, and their calls to language models.

    Args:
        failed_ratio_high: share of an agent's tasks that fail which is high.
        min_rate: tasks or calls per second below which a share says nothing.
        failed_for: how long it must hold.
        backlog_high: tasks waiting for an agent that are many.
        backlog_for: how long it must hold.
        slow: 95th percentile of a task, in seconds, that is slow.
        slow_for: how long it must hold.
        silent: seconds without a sign of an agent after which it is lost.
        calls_failed_ratio_high: share of the calls to a model that fail which is high.
        calls_failed_for: how long it must hold.
        dollars_of_a_day: what calls of a service may cost within 24 hours.
        stuck_for: how long tasks may go on without one that ends.
    """
    check_ratio(failed_ratio_high=failed_ratio_high, calls_failed_ratio_high=calls_failed_ratio_high)
    check_above_zero(
        min_rate=min_rate, backlog_high=backlog_high, slow=slow, silent=silent, dollars_of_a_day=dollars_of_a_day
    )
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
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "AgentUnhealthy",
                "min by (job, agent) (agent_healthy) == 0",
                for_="2m",
                severity="high",
                summary="Agent {{ $labels.agent }} of {{ $labels.job }} says that it is not well",
                description="It is there and knows that it cannot do its work.",
                runbook="runbooks/agents-unhealthy.md",
                panel="Health",
            ),
            catalog.Alert(
                "AgentSilent",
                f"time() - max by (job, agent) (agent_heartbeat_timestamp_seconds) > {silent:g}",
                severity="high",
                summary="Nothing was heard of agent {{ $labels.agent }} for {{ $value | humanizeDuration }}",
                description="It neither began nor ended a task in {{ $labels.job }}, nor said that it is there.",
                runbook="runbooks/agents-silent.md",
                panel="Since the last sign",
            ),
            catalog.Alert(
                "AgentTasksFailing",
                f"{_FAILED} > {failed_ratio_high:g} and {_TASKS} > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the tasks of {{ $labels.agent }} fail",
                description="Whoever gave them to {{ $labels.job }} gets no result.",
                runbook="runbooks/agents-failing.md",
                panel="Failed tasks",
            ),
            catalog.Alert(
                "AgentBacklog",
                f"sum by (job, agent) (agent_queue_depth) > {backlog_high:g}",
                for_=backlog_for,
                severity="medium",
                summary="{{ $value }} tasks wait for agent {{ $labels.agent }}",
                description="More comes into {{ $labels.job }} than it works off.",
                runbook="runbooks/agents-backlog.md",
                panel="Waiting",
            ),
            catalog.Alert(
                "AgentSlow",
                f"{_P95} > {slow:g}",
                for_=slow_for,
                severity="medium",
                summary="Tasks of agent {{ $labels.agent }} take {{ $value | humanizeDuration }}",
                description="One of 20 in {{ $labels.job }} takes longer still.",
                runbook="runbooks/agents-slow.md",
                panel="Time of a task",
            ),
            catalog.Alert(
                "AgentStuck",
                f"sum by (job, agent) (agent_tasks_in_progress) > 0 and {_TASKS} == 0",
                for_=stuck_for,
                severity="high",
                summary="Agent {{ $labels.agent }} works on {{ $value }} tasks and ends none",
                description="A loop of calls, a tool that hangs, or a model that never answers {{ $labels.job }}.",
                runbook="runbooks/agents-stuck.md",
                panel="In progress",
            ),
            catalog.Alert(
                "ModelCallsFailing",
                f"{_CALLS_FAILED} > {calls_failed_ratio_high:g} and {_CALLS} > {min_rate:g}",
                for_=calls_failed_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the calls to {{ $labels.gen_ai_request_model }} fail",
                description="{{ $labels.gen_ai_provider_name }} refuses or does not answer {{ $labels.job }}.",
                runbook="runbooks/agents-model-failing.md",
                panel="Failed calls",
            ),
            catalog.Alert(
                "ModelCostHigh",
                f"{_COST} > {dollars_of_a_day:g}",
                severity="medium",
                summary="The calls of {{ $labels.job }} have cost {{ $value | humanize }} dollars within a day",
                description=f"More than the {dollars_of_a_day:g} that are planned.",
                runbook="runbooks/agents-cost.md",
                panel="Cost of a day",
            ),
        ],
        panels=panels(
            failed_ratio_high=failed_ratio_high,
            backlog_high=backlog_high,
            slow=slow,
            silent=silent,
            calls_failed_ratio_high=calls_failed_ratio_high,
            dollars_of_a_day=dollars_of_a_day,
        ),
        dashboard=catalog.Dashboard(
            description="Do the agents do their work, and what does it cost?",
            variables=[
                catalog.Variable("agent", "agent_tasks_total", "agent", "Agent"),
                catalog.Variable(
                    "model", "gen_ai_client_operation_duration_seconds_count", "gen_ai_request_model", "Model"
                ),
            ],
            range="6h",
            tags=["agents"],
        ),
    )


def _recordings() -> list[catalog.Recording]:
    calls = "gen_ai_client_operation_duration_seconds_count"
    return [
        catalog.Recording(
            _TASKS, "sum by (job, agent) (rate(agent_tasks_total[15m]))", description="Tasks ended per second."
        ),
        catalog.Recording(
            _FAILED,
            f'sum by (job, agent) (rate(agent_tasks_total{{outcome="failure"}}[15m])) / ({_TASKS} > 0)',
            description="Share of tasks that fail; absent without tasks.",
        ),
        catalog.Recording(
            _P95,
            "histogram_quantile(0.95, sum by (job, agent, le) (rate(agent_task_duration_seconds_bucket[15m]))) >= 0",
            description="95th percentile of a task; absent without tasks.",
        ),
        catalog.Recording(_CALLS, f"sum by ({_MODEL}) (rate({calls}[5m]))", description="Calls to a model per second."),
        catalog.Recording(
            _CALLS_FAILED,
            f'sum by ({_MODEL}) (rate({calls}{{error_type!=""}}[5m])) / ({_CALLS} > 0)',
            description="Share of calls to a model that fail; absent without calls.",
        ),
        catalog.Recording(
            _COST,
            "sum by (job) (increase(gen_ai_client_cost_dollars_total[1d]))",
            description="Dollars that calls have cost within a day.",
        ),
    ]
