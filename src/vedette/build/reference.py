"""The reference page of packs: thresholds, metrics, rules, alerts and panels, as Markdown from the declarations."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from vedette.catalog import Panel, Row
from vedette.duration import format_duration, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.catalog import Pack
    from vedette.instruments.metrics import Metric

__all__ = ["packs_page"]

_ARGUMENT = re.compile(r"^    (\w+): (.+?)(?=^    \w+: |^\S|\Z)", re.MULTILINE | re.DOTALL)
"""One entry of a docstring's ``Args:``, its continuation lines included."""


def packs_page(packs: Sequence[Pack], *, head: str = "# Packs") -> str:
    """Everything that some packs declare, one section each, below ``head``. The same bytes for the same packs.

    Thresholds are those the packs were made with; what a threshold means comes from the docstring of its function.
    """
    return "\n\n".join([head.strip(), *(_section(pack) for pack in packs)]) + "\n"


def _section(pack: Pack) -> str:
    documented = inspect.getdoc(pack.factory) or ""
    meanings = {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(documented.partition("Args:\n")[2])}
    parts = [f"## {pack.name}", documented.partition("\n")[0] or f"{pack.title}."]
    parts += _table(
        f"### Thresholds of {pack.name}",
        ("path", "default", "meaning"),
        [
            (_code(f"{pack.name}.{name}"), _code(value), meanings.get(name, ""))
            for name, value in pack.parameters.items()
        ],
    )
    parts += _table(
        f"### Metrics of {pack.name}",
        ("metric", "type", "unit", "labels", "meaning"),
        [
            (_code(metric.name), metric.type, metric.unit, _labels(metric), _cell(metric.help))
            for metric in pack.metrics
        ],
    )
    parts += _table(
        f"### Recording rules of {pack.name}",
        ("series", "meaning", "query"),
        [(_code(rule.name), _cell(rule.description), _code(rule.expr)) for rule in pack.recordings],
    )
    parts += _table(
        f"### Alerts of {pack.name}",
        ("alert", "severity", "fires when", "for", "panel"),
        [
            (
                _code(alert.name),
                alert.severity,
                _code(alert.expr),
                format_duration(milliseconds(alert.for_)),
                _cell(alert.panel),
            )
            for alert in pack.alerts
        ],
    )
    parts += _table(f"### Panels of {pack.name}", ("panel", "drawn as", "unit", "what it shows"), _panels(pack))
    return "\n\n".join(parts)


def _panels(pack: Pack) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for item in pack.panels:
        if isinstance(item, Row):
            found.append((f"**{_cell(item.title)}**", "", "", ""))
        elif isinstance(item, Panel):
            found.append((_cell(item.title), item.kind, item.unit, _cell(item.description)))
        else:
            found.append((_cell(item.title), "text", "", ""))
    return found


def _labels(metric: Metric) -> str:
    """``generation`` = 0, 1, 2: the label with the values declared for it, or alone where it may have any."""
    return "<br>".join(
        f"{_code(name)} = {_cell(', '.join(values))}" if values else _code(name)
        for name, values in metric.label_values.items()
    )


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A titled table; nothing where it would be empty."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return []
    return [title, "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines])]


def _code(value: object) -> str:
    return f"`{_cell(str(value))}`"


def _cell(text: str) -> str:
    """On one line; a bar would end the cell, in code as well."""
    return " ".join(text.split()).replace("|", "\\|")
