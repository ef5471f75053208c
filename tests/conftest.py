"""What holds for every test."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_timeout import Settings

# No test is timed: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _detach_all() -> None:
    attached = sys.modules.get("vedette.integrations.attached")
    if attached is not None:
        for name in attached.states():
            attached.detach(name)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """An application that a file of tests imports instruments libraries; the next file finds them as they are."""
    try:
        return (yield)
    finally:
        _detach_all()


@pytest.fixture(autouse=True, scope="module")
def _libraries_are_left_as_they_were() -> Iterator[None]:
    """What the tests of a file have instrumented is not instrumented in those of the next."""
    yield
    _detach_all()


@pytest.fixture(autouse=True, scope="module")
def _signals_are_left_as_they_were() -> Iterator[None]:
    """A library that takes a signal within a test would take it from all that follow."""
    taken = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in taken]
    yield
    after = [signal.getsignal(number) for number in taken]
    for number, handler in zip(taken, before, strict=True):
        signal.signal(number, handler)
    assert after == before


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(settings: Settings) -> Iterator[None]:
    """A test that takes too long is interrupted, and again where it then waits for ever for what it has started."""
    result = yield
    if settings.method == "signal":
        signal.setitimer(signal.ITIMER_REAL, settings.timeout, 20)
    return result


class FailuresAtOnce:
    """What fails is shown at once: a run that somebody cuts off has said it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext[-3000:]}")


def pytest_configure(config: pytest.Config) -> None:
    """Of a run on several processes, only the one that prints."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(config))
