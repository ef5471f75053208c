"""What is said of several checks together: pass, degraded (warn) or fail, and which failure explains which."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.health.state import Plan, State, Status, status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.health.check import Check

__all__ = ["Found", "Known", "Report", "report"]


class Known(NamedTuple):
    """A check, its settings, and what is known of it."""

    check: Check
    plan: Plan
    state: State


class Found(NamedTuple):
    """What is said of one check."""

    check: Check
    state: State
    status: Status
    because: tuple[str, ...]
    """Checks whose failure explains this one: the first causes of it, not what lies between."""


class Report(NamedTuple):
    """What is said of several checks."""

    status: Status
    found: tuple[Found, ...]


def report(known: Mapping[str, Known], names: Iterable[str], *, now: float, origin: float) -> Report:
    """What is said ``now`` of the checks of these names, where ``origin`` is when checking began."""
    statuses = {name: status(one.state, one.plan, now, origin) for name, one in known.items()}
    failing = {name: known[name].check.after for name, found in statuses.items() if found == "fail"}
    found = tuple(Found(known[name].check, known[name].state, statuses[name], _causes(name, failing)) for name in names)
    return Report(_together(found), found)


def _together(found: Iterable[Found]) -> Status:
    worst: Status = "pass"
    for one in found:
        if one.status == "fail" and one.check.level == "critical":
            return "fail"
        if one.status != "pass":
            worst = "warn"
    return worst


def _causes(name: str, failing: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The failing checks that it comes after, each replaced by those that explain it, to the end."""
    if name not in failing:
        return ()
    causes: dict[str, None] = {}
    seen = {name}
    waiting = [name]
    while waiting:
        one = waiting.pop(0)
        before = [other for other in failing[one] if other in failing and other not in seen]
        seen.update(before)
        waiting += before
        if not before and one != name:
            causes[one] = None
    return tuple(causes)
