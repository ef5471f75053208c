"""``vedette check --fix`` and ``--diff``: the changes that findings propose."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from vedette.check.finding import Edit
from vedette.check.fix import diff, fix, write
from vedette.errors import ConfigError
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.fix import Fixed
    from vedette.check.report.report import Report
    from vedette.cli.check import Options

__all__ = ["mend", "show"]

ROUNDS = 10
"""More than changes that make room for one another ever need; two that undo each other must end somewhere."""


def show(report: Report) -> None:
    """Print what mending would change, and what is found."""
    fixed = fix(_edits(report), report.sources)
    sys.stdout.write(diff(fixed))
    _tell_skipped(fixed)
    sys.stderr.write(f"{report.summary()}; {_counted(sum(len(one.done) for one in fixed))} could be mended\n")


def mend(report: Report, options: Options) -> int | None:
    """Mend what can be mended, then check again; the exit code of that, or None where there was nothing to do.

    Changes that meet wait for the next round: the checks run again, in a process of their own, and propose them anew.

    Raises:
        ConfigError: a file cannot be written.
    """
    edits: Sequence[Edit] = _edits(report)
    files: set[str] = set()
    places = 0
    for _ in range(ROUNDS):
        fixed = fix(edits, report.sources)
        _tell_skipped(fixed)
        done = sum(len(one.done) for one in fixed)
        if not done:
            break
        write(fixed, report.sources)
        places += done
        files.update(one.file for one in fixed if one.done)
        edits = _edits_found(options)
    if not places:
        return None
    sys.stderr.write(f"mended {_counted(places)} in {len(files)} file{'s' * (len(files) != 1)}\n")
    command = [sys.executable, "-m", "vedette.cli", *options.again(options.form, options.output)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - ourselves, with the arguments we were given


def _edits(report: Report) -> list[Edit]:
    return [finding.edit for finding in report.findings if finding.edit is not None]


def _edits_found(options: Options) -> list[Edit]:
    command = [sys.executable, "-m", "vedette.cli", *options.again("json")]
    ran = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")  # noqa: S603 - as above
    if ran.returncode not in (0, 1):
        raise ConfigError(f"after mending, the check does not run any more: {ran.stderr.strip()}")
    given = [finding["edit"] for finding in json.loads(ran.stdout)["findings"] if finding["edit"]]
    return [Edit(Place(one["file"], one["line"], one["column"]), one["old"], one["new"]) for one in given]


def _tell_skipped(fixed: Sequence[Fixed]) -> None:
    for one in fixed:
        for edit in one.skipped:
            sys.stderr.write(f"{edit.place}: not mended: {edit.old!r} does not stand here\n")


def _counted(places: int) -> str:
    return f"{places} place{'s' * (places != 1)}"
