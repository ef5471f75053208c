"""Reports as application/health+json.

https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06
What the draft has no word for stands beside its keys, as it allows: level, since, duration, lastSuccess, lastError,
lastErrorTime, failures, breaker, causedBy, running.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.health.report import Found, Report
    from vedette.health.state import Status

__all__ = ["MEDIA_TYPE", "document", "write"]

MEDIA_TYPE = "application/health+json"


def document(report: Report, *, status: Status | None = None, notes: Iterable[str] = ()) -> dict[str, Any]:
    """Everything that a report says, as a value that JSON can be made of."""
    found: dict[str, Any] = {"status": status or report.status}
    said = list(notes)
    if said:
        found["notes"] = said
    found["checks"] = {one.check.name: [_check(one)] for one in report.found}
    return found


def write(value: object) -> bytes:
    """JSON, as it is sent."""
    import json  # noqa: PLC0415 - for a process that is asked for its health

    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _check(found: Found) -> dict[str, Any]:
    state = found.state
    said: dict[str, Any] = {"status": found.status, "level": found.check.level}
    if state.reading is not None:
        said["observedValue"], said["observedUnit"] = _number(state.reading.value), state.reading.unit
    if state.known is None:
        said["output"] = "there is no result yet"
        return said
    said["time"] = _time(state.told)
    failure = state.failure
    error = "" if failure is None else f"{failure.kind}: {failure.text}" if failure.text else failure.kind
    if state.known != "pass":
        said["output"] = error
    said["since"] = _time(state.since)
    said["duration"] = round(state.took, 6)
    if state.passed:
        said["lastSuccess"] = _time(state.passed)
    if error:
        said["lastError"], said["lastErrorTime"] = error, _time(state.failed)
    if state.in_row:
        said["failures"] = state.in_row
    if state.breaker != "closed":
        said["breaker"] = state.breaker
    if found.because:
        said["causedBy"] = list(found.because)
    if state.running and state.judged:
        said["running"] = True
    return said


def _number(value: float) -> float | str:
    """JSON has no infinity."""
    number = float(value)
    return number if abs(number) < float("inf") else str(value)


@lru_cache(maxsize=1000)  # they stay the same from one result to the next, and cost more than all the rest
def _time(wall: float) -> str:
    from time import gmtime, strftime  # noqa: PLC0415 - see `write`

    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(wall))}.{int(wall % 1 * 1000):03}Z"
