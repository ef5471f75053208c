"""``vedette check --watch``: check again whenever a file changes."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from vedette.check.given import below, given
from vedette.cli.remembered import STACK
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from vedette.cli.check import Options

__all__ = ["changes", "watch"]

PAUSE = 0.5
"""Seconds between two looks at the files."""


def watch(options: Options, root: Path) -> int:
    """Check now and after each change until Ctrl-C, which is no error.

    Each time it is a process of its own, because a module is imported once in each.
    """
    command = [sys.executable, "-m", "vedette.cli", *options.again(options.form, options.output)]

    def run() -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\x1b[2J\x1b[H")
            sys.stdout.flush()
        subprocess.run(command, check=False)  # noqa: S603 - ourselves, with the arguments we were given
        sys.stdout.write("· waiting for a change; Ctrl-C ends\n")
        sys.stdout.flush()

    try:
        changes(run, lambda: _state(_watched(options, root)), lambda: time.sleep(PAUSE))
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    return 0


def changes(run: Callable[[], None], state: Callable[[], Mapping[Path, object]], pause: Callable[[], None]) -> None:
    """Run, then again whenever the state is not what it was before the last run; ends when ``pause`` raises.

    What changes while it runs counts too: the state is taken before.
    """
    before: Mapping[Path, object] | None = None
    while True:
        now = state()
        if now != before:
            before = now
            run()
        pause()


def _watched(options: Options, root: Path) -> Iterable[Path]:
    if not options.files:
        return below(root, STACK)
    try:
        return given(options.files)
    except ConfigError:
        return ()  # one is being replaced; the run says it where it stays away


def _state(files: Iterable[Path]) -> dict[Path, object]:
    found: dict[Path, object] = {}
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue  # gone since it was listed, which is a change as well
        found[file] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found
