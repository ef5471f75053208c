"""What tests need: the kit for metrics, alerts tested against an application, the watch under a test's own clock.

Lazy as ``vedette`` itself: the kit works in a base install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.testing.application import Application, Firing
    from vedette.testing.captured import Notification
    from vedette.testing.cases import AlertCase, alert_case, at, series, skeleton
    from vedette.testing.current import assert_no_alerts, assert_notified, fires, resolves, time_travel
    from vedette.testing.handlers import Request
    from vedette.testing.metrics import Increments, Sample, assert_increments, reset, sample, samples
    from vedette.testing.simulation import Simulation, Unreachable
else:
    _HOMES = {
        "vedette.testing.application": "Application Firing",
        "vedette.testing.captured": "Notification",
        "vedette.testing.cases": "AlertCase alert_case at series skeleton",
        "vedette.testing.current": "assert_no_alerts assert_notified fires resolves time_travel",
        "vedette.testing.handlers": "Request",
        "vedette.testing.metrics": "Increments Sample assert_increments reset sample samples",
        "vedette.testing.simulation": "Simulation Unreachable",
    }
    _HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'vedette.testing' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - only once a name is used

        value: object = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "AlertCase", "Application", "Firing", "Increments", "Notification", "Request", "Sample", "Simulation",
    "Unreachable", "alert_case", "assert_increments", "assert_no_alerts", "assert_notified", "at", "fires", "reset",
    "resolves", "sample", "samples", "series", "skeleton", "time_travel",
]  # fmt: skip
