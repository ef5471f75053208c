"""Watches a folder of built files by the real clock and serves the page, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import webbrowser
from typing import TYPE_CHECKING

from vedette.cli.checked import tell_findings
from vedette.cli.machine import stand_ins
from vedette.cli.page_server import page_server
from vedette.cli.secrets import fill, is_there
from vedette.integrations import process
from vedette.promql.labels import get
from vedette.server.app import application
from vedette.server.drive import Driver
from vedette.server.watch import Built, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.cli.terminal import Terminal
    from vedette.cli.up import Serving

__all__ = ["serve"]

PATIENCE = 10.0
"""Seconds that services started beside the watch may take to listen, before their targets count as down."""

SHOWN = 5
"""Targets that are down at the start and told one by one."""


async def serve(serving: Serving, stop: asyncio.Event, terminal: Terminal, ended: Sequence[str]) -> None:
    """Watch until ``stop`` is set; ``ended`` are the services beside the watch that have ended so far.

    Raises:
        ConfigError: a built file is missing or wrong.
    """
    found = Built.read(serving.folder)
    for name in fill(found.description.secrets, serving.state / "secrets"):
        if not is_there(name, serving.folder):
            terminal.warn(f"{name} is not set in the environment; what needs it cannot be delivered")
    watch = Watch(found, serving.state / "data", start=_now(), rng=random.SystemRandom())
    try:
        for problem in watch.problems:
            terminal.warn(problem)
        logging.getLogger("vedette").addHandler(_Lines(terminal))
        await _run(watch, serving, stop, terminal, ended)
    finally:
        watch.close()


async def _run(watch: Watch, serving: Serving, stop: asyncio.Event, terminal: Terminal, ended: Sequence[str]) -> None:
    process.attach()
    patience = PATIENCE if serving.commands else 0.0
    driver = Driver(watch, _now, patience=patience, stand_ins=stand_ins(watch))
    server = page_server(application(watch, _now, driver.wake))
    targets = len(watch.collector.targets())
    rules = sum(len(group.rules) for group in watch.rules.groups())
    terminal.done(f"watching {_count(targets, 'target')} with {_count(rules, 'rule')}")
    terminal.heading(serving.url, "Ctrl-C stops everything")
    if serving.open_page:
        webbrowser.open(serving.url)
    tasks = [
        asyncio.create_task(work)
        for work in (
            driver.run(),
            server.serve(sockets=[serving.listener]),
            _told(watch, driver, serving.began, terminal, ended),
        )
    ]
    driving, answering, telling = tasks
    checking = None if serving.checked is None else asyncio.create_task(tell_findings(serving.checked, terminal))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, driving, answering], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    driver.stop()
    telling.cancel()
    if checking is not None:
        checking.cancel()
    stopping.cancel()
    await asyncio.gather(driving, answering)
    if checking is not None:
        await asyncio.gather(checking, return_exceptions=True)


async def _told(watch: Watch, driver: Driver, began: float, terminal: Terminal, ended: Sequence[str]) -> None:
    """Say when the first data is there, and once what is down and which machine is told of without an exporter."""
    if watch.collector.targets():
        terminal.doing("waiting for the first scrape …")
    told: set[str] = set()
    machines: set[str] = set()
    data = False
    while True:
        targets = watch.collector.targets()
        if not data and any(target.health == "up" for target in targets):
            data = True
            first = f"first data after {time.perf_counter() - began:.1f} s"
            if ended:
                terminal.warn(f"{first}, and not of {', '.join(ended)}, which ended before")
            else:
                terminal.done(first)
        for target in targets:
            if target.url in driver.stood_in - machines:
                machines.add(target.url)
                job = get(target.labels, "job")
                terminal.done(f"{job}: nobody listens at {target.url}, so this machine is told of without an exporter")
            if target.health == "down" and target.url not in told:
                told.add(target.url)
                if len(told) <= SHOWN:
                    terminal.warn(f"{get(target.labels, 'job')} is down: {target.last_error}")
        if all(target.health != "unknown" for target in targets):
            break
        await asyncio.sleep(0.05)
    if len(told) > SHOWN:
        terminal.warn(f"{len(told) - SHOWN} more are down; the page lists them under Targets")


class _Lines(logging.Handler):
    """What the watch logs, in our own manner: the message, and the traceback of a failure nobody foresaw."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        self._terminal.warn(self.format(record))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _now() -> int:
    return time.time_ns() // 1_000_000
