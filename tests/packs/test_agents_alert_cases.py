"""When each alert of the agents pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import agents
from vedette.testing import alert_case, at, series

if TYPE_CHECKING:
    from vedette.testing.cases import GivenSeries

__all__ = ["CASES", "stack"]

stack = stack_of(agents(silent=600, backlog_for="5m", stuck_for="10m"))


PLANNER = {**SHOP, "agent": "planner"}
OF = 'agent="planner"'
MODEL = {**SHOP, "gen_ai_provider_name": "openai", "gen_ai_request_model": "gpt-4o"}


def ended(success: str, failure: str) -> dict[str, str]:
    """Tasks by how they ended."""
    return {
        f'agent_tasks_total{{{OF},outcome="success"}}': success,
        f'agent_tasks_total{{{OF},outcome="failure"}}': failure,
    }


def durations(under: dict[str, str]) -> dict[str, str]:
    """How long tasks took."""
    return buckets("agent_task_duration_seconds", OF, under, under["+Inf"])


def calls(good: str, failed: str) -> list[GivenSeries]:
    """Calls to a model; one that goes well has no error."""
    name = "gen_ai_client_operation_duration_seconds_count"
    model = {
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-4o",
    }
    return [
        series(name, good, **model, error_type=""),
        series(name, failed, **model, error_type="RateLimitError"),
    ]


def cost(values: str) -> dict[str, str]:
    """What calls have cost."""
    return {'gen_ai_client_cost_dollars_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"}': values}


CASES = [
    alert_case(
        "AgentUnhealthy",
        "one of two instances is not well, and is again",
        {
            f'agent_healthy{{instance="a:1",{OF}}}': "1x8 0x40 1x40",
            f'agent_healthy{{instance="b:1",{OF}}}': "1x90",
        },
        at("4m", "pending"),
        at("4m15s", "fires", {**PLANNER, "severity": "high"}, count=1),
        at("13m", "resolved"),
    ),
    alert_case("AgentUnhealthy", "all are well", {f"agent_healthy{{{OF}}}": "1x80"}, at("15m", "silent")),
    alert_case(
        "AgentSilent",
        "not a word for ten minutes, then one",
        {f"agent_heartbeat_timestamp_seconds{{{OF}}}": "0x12 780x20"},
        at("10m", "silent"),
        at("10m15s", "fires", {**PLANNER, "severity": "high"}, count=1),
        at("14m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AgentSilent",
        "another instance beats",
        {
            f'agent_heartbeat_timestamp_seconds{{instance="a:1",{OF}}}': "0x30",
            f'agent_heartbeat_timestamp_seconds{{instance="b:1",{OF}}}': "0+60x30",
        },
        at("25m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AgentTasksFailing",
        "a fifth fails, and then none",
        ended("0+8x60 480+10x80", "0+2x60 120x80"),
        at("9m", "pending"),
        at("15m", "fires", {**PLANNER, "severity": "high"}, count=1),
        at("1h30m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AgentTasksFailing", "exactly a tenth fails", ended("0+54x60", "0+6x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case("AgentTasksFailing", "none fails", ended("0+10x60", "0x60"), at("50m", "silent"), interval="1m"),
    alert_case("AgentTasksFailing", "half of few", ended("0+0.2x60", "0+0.2x60"), at("50m", "fires"), interval="1m"),
    alert_case("AgentTasksFailing", "all of very few", ended("0x60", "0+0.2x60"), at("50m", "silent"), interval="1m"),
    alert_case(
        "AgentBacklog",
        "150 wait on two instances, and are worked off",
        {
            f'agent_queue_depth{{instance="a:1",{OF}}}': "0x8 75x40 0x40",
            f'agent_queue_depth{{instance="b:1",{OF}}}': "0x8 75x40 0x40",
        },
        at("7m", "pending"),
        at("7m15s", "fires", {**PLANNER, "severity": "medium"}, count=1),
        at("13m", "resolved"),
    ),
    alert_case("AgentBacklog", "exactly 100 wait", {f"agent_queue_depth{{{OF}}}": "100x80"}, at("15m", "silent")),
    alert_case("AgentBacklog", "none waits", {f"agent_queue_depth{{{OF}}}": "0x80"}, at("15m", "silent")),
    alert_case(
        "AgentSlow",
        "6 % take over five minutes, and then none",
        durations({"120": "0x180", "300": "0+94x60 5740+100x120", "900": "0+100x180", "+Inf": "0+100x180"}),
        at("14m", "pending"),
        at("20m", "fires", {**PLANNER, "severity": "medium"}, count=1),
        at("2h30m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AgentSlow",
        "95 % within five minutes",
        durations({"120": "0x80", "300": "0+95x80", "900": "0+100x80", "+Inf": "0+100x80"}),
        at("1h10m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AgentSlow",
        "all within two minutes",
        durations({"120": "0+100x80", "300": "0+100x80", "900": "0+100x80", "+Inf": "0+100x80"}),
        at("1h10m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AgentStuck",
        "it works on a task and ends none, then it does",
        {f"agent_tasks_in_progress{{{OF}}}": "1x100", **ended("7x60 8+1x40", "0x100")},
        at("9m", "pending"),
        at("12m", "fires", {**PLANNER, "severity": "high"}, count=1),
        at("1h3m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AgentStuck",
        "it works and ends tasks",
        {f"agent_tasks_in_progress{{{OF}}}": "1x60", **ended("0+1x60", "0x60")},
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AgentStuck",
        "it has nothing to do",
        {f"agent_tasks_in_progress{{{OF}}}": "0x60", **ended("7x60", "0x60")},
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ModelCallsFailing",
        "a fifth fails, and then none",
        calls("0+8x60 480+10x60", "0+2x60 120x60"),
        at("5m", "pending"),
        at("8m", "fires", {**MODEL, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "ModelCallsFailing", "exactly a tenth fails", calls("0+54x60", "0+6x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case("ModelCallsFailing", "none fails", calls("0+10x60", "0x60"), at("14m", "silent")),
    alert_case("ModelCallsFailing", "half of few", calls("0+0.2x60", "0+0.2x60"), at("50m", "fires"), interval="1m"),
    alert_case("ModelCallsFailing", "all of very few", calls("0x60", "0+0.2x60"), at("50m", "silent"), interval="1m"),
    alert_case(
        "ModelCostHigh",
        "150 dollars within the day, and then a day without calls",
        cost("0+1x150 150x1460"),
        at("1h30m", "silent"),
        at("2h30m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("26h40m", "resolved"),
        interval="1m",
    ),
    alert_case("ModelCostHigh", "50 dollars", cost("0+0.5x100"), at("1h35m", "silent"), interval="1m"),
    alert_case("ModelCostHigh", "exactly 100 dollars", cost("0x20 100x60"), at("15m", "silent")),
]
