"""The four severities and what each promises: how soon somebody is told, and how soon somebody acts."""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = ["SEVERITIES", "Severity"]

Severity = Literal["critical", "high", "medium", "low"]
"""``critical`` pages now, ``high`` is delivered within 5 minutes, ``medium`` within 15, ``low`` in an hourly digest."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the most to the least urgent."""
