"""What a matcher asks for that a label never is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.promql.flow.selectors import alternatives

if TYPE_CHECKING:
    from vedette.promql.labels import Matcher

__all__ = ["wrong_values"]


def wrong_values(matcher: Matcher, values: frozenset[str]) -> list[str]:
    """The values that it asks for and that there are not; the pattern where it matches none."""
    if matcher.op in ("=", "!="):
        return [matcher.value] if matcher.value and matcher.value not in values else []
    parts = alternatives(matcher.value)
    if parts is not None:
        return sorted(part for part in parts if part and part not in values)
    pattern = re.compile(f"(?:{matcher.value})\\Z") if _is_plain(matcher.value) else None
    return [] if pattern is None or any(pattern.match(value) for value in values) else [matcher.value]


def _is_plain(pattern: str) -> bool:
    """Whether Python reads it as Prometheus does."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return not re.search(r"\\[^.dws]|\[\[|\(\?", pattern)
