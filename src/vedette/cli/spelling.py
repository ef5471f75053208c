"""The manner of the command line: options in full, examples below, what was probably meant, and what commands share."""

from __future__ import annotations

import argparse
import difflib
import shutil
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Parser", "examples", "live_options", "stack_options"]


def _layout(prog: str) -> argparse.HelpFormatter:
    width = min(100, shutil.get_terminal_size().columns)
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=30, width=width)


class Parser(argparse.ArgumentParser):
    """argparse with our manner: options in full, examples below, and what was probably meant."""

    def __init__(self, *, misused: int = 2, **given: Any) -> None:
        self._misused = misused
        super().__init__(**{**given, "allow_abbrev": False, "formatter_class": _layout})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse; an argument that nobody knows is refused by the command it was given to."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            near = difflib.get_close_matches(unknown[0], self._option_string_actions, 1)
            self.error(f"unknown argument {unknown[0]!r}" + (f"; did you mean {near[0]}?" if near else ""))
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """One line, the way to the help, and exit code 2; 1 of a command whose 2 means something else."""
        self.exit(self._misused, f"{self.prog}: {message}; see {self.prog} --help\n")


def examples(*lines: str) -> str:
    """What stands below the options: how it is typed."""
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *(f"  {line}" for line in lines)])


def stack_options(command: argparse.ArgumentParser) -> None:
    """Which stack, and which of its environments."""
    command.add_argument(
        "--stack", "-s", metavar="MODULE:NAME", help="where the stack is (default: as pyproject.toml says)"
    )
    command.add_argument(
        "--environment", "-e", metavar="NAME", help="which environment (default: as pyproject.toml says, else local)"
    )


def live_options(command: argparse.ArgumentParser, what: str) -> None:
    """Where a running server or page is, and what that is good for."""
    command.add_argument("--live", metavar="URL", help=what)
    command.add_argument("--token-file", type=Path, metavar="FILE", help="what it wants to be shown, for --live")
