"""What pytest tells of simulated tests: how far one is, how its alerts went where it failed, and a page of all of them.

As the plugin, it loads pytest and the standard library alone.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from time import monotonic  # the machine's, whatever a test puts in its place
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.testing.application import Application

__all__ = ["APPLICATION", "ProgressLine", "Reported", "progress"]

APPLICATION: pytest.StashKey[Application] = pytest.StashKey()
"""Of a test: what it simulates."""

_AGAIN = 0.1
"""Seconds between two looks at a progress line."""
_BEGIN, _END, _CLEAR = "\x1b7\x1b[?7l\x1b[2m", "\x1b[0m\x1b[K\x1b[?7h\x1b8", "\x1b7\x1b[K\x1b8"
"""The cursor stays where pytest has left it, and what does not fit on its line is left out."""
_SECTION = "simulated by Vedette"


class ProgressLine:
    """How much time was simulated, behind what pytest has written."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._due = 0.0

    def show(self, passed: int) -> None:
        """Milliseconds of simulated time; drawn ten times a second at most."""
        now = monotonic()
        if now >= self._due:
            self._due = now + _AGAIN
            minutes, seconds = divmod(passed // 1000, 60)
            hours, minutes = divmod(minutes, 60)
            self._write(f"{_BEGIN} {hours}:{minutes:02}:{seconds:02} simulated{_END}")

    def clear(self) -> None:
        """Leave no trace."""
        self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()


@contextmanager
def progress(config: pytest.Config) -> Iterator[Callable[[int], None]]:
    """Shows how far a simulation is, where somebody looks at a terminal; else it does nothing."""
    terminal = _terminal(config)
    if terminal is None:
        yield lambda _: None
        return
    with terminal:
        line = ProgressLine(terminal)
        yield line.show
        line.clear()


def _terminal(config: pytest.Config) -> IO[str] | None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty or os.environ.get("TERM") == "dumb":
        return None
    try:
        # what a test prints is captured, this is not
        return Path("/dev/tty").open("w")
    except OSError:
        return None


class Reported:
    """A plugin of its own: reads the reports of simulated tests.

    Args:
        page: the file to write a page of them into, if any.
        is_worker: whether another process collects the reports.
    """

    def __init__(self, page: Path | None, *, is_worker: bool) -> None:
        self._page = page
        self._writes = page is not None and not is_worker
        self._sections: list[Any] = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Say how the alerts went."""
        outcome: Any = yield
        report: pytest.TestReport = outcome.get_result()
        application = item.stash.get(APPLICATION, None)
        if application is None or report.when != "call" or not application.now:
            return
        if report.failed:
            report.sections.append((_SECTION, application.timeline()))
        if self._page is not None:
            from vedette.testing.simulated_page import section  # noqa: PLC0415 - as in the plugin

            failure = call.excinfo.exconly(tryshort=True) if report.failed and call.excinfo is not None else ""
            # an attribute of its own: it is handed on to the process that collects the reports
            report.vedette_page = section(application, item.nodeid, failure=failure)  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the sections of the page."""
        found = getattr(report, "vedette_page", None)
        if found is not None and self._writes:
            self._sections.append(found)

    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        if self._page is None or not self._writes:
            return
        from vedette.testing.simulated_page import page  # noqa: PLC0415 - as in the plugin

        self._page.write_text(page(self._sections), "utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where it is."""
        if self._writes:
            terminalreporter.write_line(f"vedette: {len(self._sections)} simulated tests are drawn in {self._page}")
