"""The ``vedette`` command: one file per command. ``version`` and every ``--help`` need the standard library alone."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command line; the exit code is 0, 1 for a mistake in what was given, 2 for a wrong call."""
    import io  # noqa: PLC0415 - so that an import of this room costs nothing
    import sys  # noqa: PLC0415

    from vedette.cli.run import run  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal shows what it can; files and other programs get UTF-8 wherever it runs
            stream.reconfigure(errors="replace") if stream.isatty() else stream.reconfigure(encoding="utf-8")
    return run()
