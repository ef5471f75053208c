"""The ``vedette`` command: one file per command. ``version`` needs the standard library alone."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

import vedette

__all__ = ["main"]


def main() -> int:
    """Run the command line; the exit code is 0, 1 for a mistake of the user's, 2 for a wrong call."""
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--version", "-V", action="store_true")
    first.add_argument("command", nargs="?")
    known, _ = first.parse_known_args()
    if known.version or known.command == "version":
        sys.stdout.write(f"vedette {vedette.__version__}\n")
        return 0
    if find_spec("typer") is None:
        sys.stderr.write(
            f"vedette {known.command or ''}: the desk and watch rooms are not installed here; "
            "run: pip install 'vedette[server]'\n"
        )
        return 1
    from vedette.cli.commands import run  # noqa: PLC0415 - the base install has no typer

    return run()
