"""Prometheus rule files as typed values: the one reader and writer of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vedette.place import Place

__all__ = ["AlertingRule", "RecordingRule", "Rule", "RuleFile", "RuleGroup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """``record:`` rule. ``expr`` is text; whoever evaluates parses it once."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    expr_place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingRule:
    """``alert:`` rule; durations in milliseconds."""

    alert: str
    expr: str
    for_: int = 0
    keep_firing_for: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    expr_place: Place | None = field(default=None, compare=False)


Rule = RecordingRule | AlertingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules evaluated one after another at one interval. ``interval`` None inherits the global one."""

    name: str
    rules: tuple[Rule, ...]
    interval: int | None = None
    query_offset: int | None = None
    limit: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file of groups."""

    groups: tuple[RuleGroup, ...]
    path: str = field(default="", compare=False)
