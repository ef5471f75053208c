"""What the fixture's object has, as functions: they are about the application that is tested now."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from vedette.duration import Duration
    from vedette.testing.application import Application, Firing
    from vedette.testing.captured import Notification
    from vedette.testing.handlers import Request

__all__ = ["assert_no_alerts", "assert_notified", "fires", "resolves", "time_travel", "using"]

_current: list[Application] = []


@contextmanager
def using(application: Application) -> Iterator[Application]:
    """A block in which the functions are about this application."""
    _current.append(application)
    try:
        yield application
    finally:
        _current.remove(application)


def _application() -> Application:
    if not _current:
        raise LookupError("no application is tested here; give the test the fixture vedette_app")
    return _current[-1]


def time_travel() -> AbstractContextManager[Application]:
    """See `Application.time_travel`."""
    return _application().time_travel()


def fires(alert: str, *, within: Duration | None = None, labels: Mapping[str, str] | None = None) -> Firing:
    """See `Application.fires`."""
    __tracebackhide__ = True
    return _application().fires(alert, within=within, labels=labels)


def resolves(alert: str, *, within: Duration | None = None, labels: Mapping[str, str] | None = None) -> Firing:
    """See `Application.resolves`."""
    __tracebackhide__ = True
    return _application().resolves(alert, within=within, labels=labels)


def assert_notified(
    to: str, *, within: Duration | None = None, alert: str | None = None, resolved: bool = False
) -> Notification:
    """See `Application.assert_notified`."""
    __tracebackhide__ = True
    return _application().assert_notified(to, within=within, alert=alert, resolved=resolved)


def assert_no_alerts(
    *alerts: str,
    load: str | Request | Sequence[str | Request] | None = None,
    rate: float = 1,
    during: Duration | None = None,
) -> None:
    """See `Application.assert_no_alerts`."""
    __tracebackhide__ = True
    _application().assert_no_alerts(*alerts, load=load, rate=rate, during=during)
