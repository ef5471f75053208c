"""An alert: a query that should have no answer, and what to tell whom when it has one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_duration, check_labels, check_severity, check_text, fail
from vedette.catalog.runbook import Runbook
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.catalog.severity import Severity
    from vedette.duration import Duration

__all__ = ["RESERVED", "Alert"]

RESERVED = ("alertname", "severity", "service", "team", "pack")
"""The labels that build sets on every alert."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Alert:
    """Fires for every series that ``expr`` yields for longer than ``for_``.

    Args:
        name: CamelCase, for example ``NoOrders``; one name, one runbook.
        expr: PromQL that yields series only when something is wrong. Keep ``job``: it says which service it is.
        severity: ``critical``, ``high``, ``medium`` or ``low``.
        summary: one line, with labels as ``{{ $labels.job }}`` and the value as ``{{ $value }}``. Good: "Half of
            the checkouts of {{ $labels.job }} fail". Bad: "High error rate detected".
        for_: how long it must hold before anybody is told.
        keep_firing_for: how long it stays after the query has fallen silent, against flapping.
        description: what it means, in one or two sentences.
        runbook: a `Runbook`, or the path of a Markdown file relative to the file of the declaration. Without one,
            what can be known from the declaration is written for you.
        panel: the title of the panel of the same pack that shows it; without one a panel is made from the query.
        labels: more labels.
        team: who gets it, where that is not the service's own team.

    Raises:
        DeclarationError: anything above is missing or not of that form.
    """

    name: str
    expr: str
    severity: Severity = field(kw_only=True)
    summary: str = field(kw_only=True)
    for_: Duration = field(default="0s", kw_only=True)
    keep_firing_for: Duration = field(default="0s", kw_only=True)
    description: str = field(default="", kw_only=True)
    runbook: Runbook | str | None = field(default=None, kw_only=True)
    panel: str = field(default="", kw_only=True)
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    team: str = field(default="", kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = f"alert {self.name!r}"
        if not isinstance(self.name, str) or _NAME.fullmatch(self.name) is None:
            raise fail(self.place, f"{owner} is not CamelCase; write for example 'NoOrders'")
        check_text(self.place, owner, "expr", self.expr)
        check_severity(self.place, owner, self.severity)
        check_text(self.place, owner, "summary", self.summary)
        check_duration(self.place, owner, "for_", self.for_)
        check_duration(self.place, owner, "keep_firing_for", self.keep_firing_for)
        check_labels(self.place, owner, self.labels, reserved=RESERVED)
        if self.runbook is not None and not isinstance(self.runbook, Runbook | str):
            raise fail(
                self.place, f"{owner} has runbook={self.runbook!r}; write a Runbook or the path of a Markdown file"
            )
