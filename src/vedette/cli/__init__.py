"""The ``vedette`` command: one file per command. ``version`` and every ``--help`` need the standard library alone."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command line; the exit code is 0, 1 for a mistake in what was given, 2 for a wrong call."""
    from vedette.cli.commands import run  # noqa: PLC0415 - so that an import of this room costs nothing

    return run()
