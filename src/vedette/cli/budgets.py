"""What is left of error budgets now, asked of a server of Prometheus' API."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from vedette.build.slo.objective import BUDGET_LEFT
from vedette.check.live.answers import mappings, text
from vedette.check.live.client import Client, address, read_token

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["budgets_left"]


def budgets_left(where: str, token_file: Path | None) -> dict[tuple[str, str], float]:
    """Objective and service → the share of the budget that is left; of several labels the least.

    Raises:
        ConfigError: nobody answers there, or not as Prometheus does.
    """
    token = read_token(token_file) if token_file is not None else ""
    found: dict[tuple[str, str], float] = {}
    for one in mappings(asyncio.run(_ask(address(where), token)), "result"):
        key = text(one.get("metric"), "slo"), text(one.get("metric"), "job")
        value = _number(one.get("value"))
        if value is not None:
            found[key] = min(value, found.get(key, value))
    return found


async def _ask(url: str, token: str) -> Any:
    async with Client(url, token) as client:
        return await client.data("query", (("query", BUDGET_LEFT),))


def _number(sample: Any) -> float | None:
    """The value of a sample; None where it is none."""
    try:
        value = float(sample[1])
    except (TypeError, ValueError, LookupError):
        return None
    return value if math.isfinite(value) else None
