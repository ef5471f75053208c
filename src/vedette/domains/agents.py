"""Agents and their calls to language models, as the agents pack declares them.

Example:
    >>> from vedette.domains import agents
    >>> with agents.task("planner"):
    ...     with agents.model_call("gpt-4o", provider="openai") as call:
    ...         call.tokens(input=812, output=64)
    ...         call.cost(0.0031)
    ...     with agents.tool("planner", "calendar"):
    ...         pass
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.domains.run import Run, outcome_of
from vedette.instruments.metrics.measure import error_type
from vedette.packs.agents import (
    call_cost,
    call_duration,
    call_retries,
    call_tokens,
    healthy,
    heartbeat,
    queue_depth,
    task_duration,
    task_errors,
    task_retries,
    tasks,
    tasks_in_progress,
    tool_calls,
    tool_duration,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AgentTask", "ModelCall", "ToolUse", "alive", "model_call", "task", "tool", "watch_queue"]


class AgentTask(Run):
    """One task of an agent. While tasks begin and end, the agent is heard of."""

    __slots__ = ("_agent",)

    def __init__(self, agent: str) -> None:
        super().__init__()
        self._agent = agent

    def retried(self) -> None:
        """It is tried again, within the same task."""
        task_retries.inc(self._agent)

    def _began(self) -> None:
        tasks_in_progress.inc(self._agent)
        heartbeat.set_to_current_time(self._agent)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        tasks_in_progress.dec(self._agent)
        heartbeat.set_to_current_time(self._agent)
        task_duration.observe(seconds, self._agent)
        outcome = outcome_of(error)
        tasks.inc(self._agent, outcome)
        if outcome == "failure" and error is not None:
            task_errors.inc(self._agent, error_type(error))


class ToolUse(Run):
    """One use of a tool by an agent."""

    __slots__ = ("_agent", "_tool")

    def __init__(self, agent: str, tool: str) -> None:
        super().__init__()
        self._agent, self._tool = agent, tool

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        tool_duration.observe(seconds, self._agent, self._tool)
        tool_calls.inc(self._agent, self._tool, outcome_of(error))


class ModelCall(Run):
    """One call to a model."""

    __slots__ = ("_model", "_operation", "_provider")

    def __init__(self, model: str, provider: str, operation: str) -> None:
        super().__init__()
        self._model, self._provider, self._operation = model, provider, operation

    def tokens(self, *, input: int | None = None, output: int | None = None) -> None:  # noqa: A002 - the field's word
        """What the answer says that it used."""
        for kind, count in (("input", input), ("output", output)):
            if count is not None:
                call_tokens.observe(count, self._operation, self._provider, self._model, kind)

    def cost(self, dollars: float) -> None:
        """What the call cost, in US dollars."""
        call_cost.inc(self._provider, self._model, amount=dollars)

    def retried(self) -> None:
        """It is made again, within the same block."""
        call_retries.inc(self._provider, self._model)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        failed = error_type(error) if error is not None else ""
        call_duration.observe(seconds, self._operation, self._provider, self._model, failed)


def task(agent: str) -> AgentTask:
    """A task of ``agent``: a block or a decorated function."""
    return AgentTask(agent)


def tool(agent: str, name: str) -> ToolUse:
    """The use of the tool ``name`` by ``agent``."""
    return ToolUse(agent, name)


def model_call(model: str, *, provider: str, operation: str = "chat") -> ModelCall:
    """A call to a model.

    Args:
        model: as it was asked for, such as ``"gpt-4o"``.
        provider: one of OpenTelemetry's ``gen_ai.provider.name``, such as ``"openai"``, ``"anthropic"``.
        operation: one of ``gen_ai.operation.name``, such as ``"chat"``, ``"embeddings"``.
    """
    return ModelCall(model, provider, operation)


def alive(agent: str, *, well: bool = True) -> None:
    """Say that ``agent`` is there, and whether it is well; call it regularly."""
    healthy.set(float(well), agent)
    heartbeat.set_to_current_time(agent)


def watch_queue(agent: str, depth: Callable[[], float]) -> None:
    """Ask ``depth`` at every scrape how many tasks wait for ``agent``."""
    queue_depth.set_function(depth, agent)
