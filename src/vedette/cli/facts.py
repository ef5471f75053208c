"""The facts that a command is about: the project's stack, or anybody's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.project import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.facts import Facts

__all__ = ["facts_for"]


def facts_for(stack: str | None, environment: str | None, files: Sequence[Path] = ()) -> Facts:
    """The facts of these files, or where there are none of a stack. What is wrong with them `vedette check` tells.

    Raises:
        ConfigError: no stack is named anywhere, it cannot be loaded, or a file cannot be read.
    """
    if files:
        from vedette.check.foreign import facts_of_paths  # noqa: PLC0415 - a stack does without it

        return facts_of_paths(tuple(files))[0]
    from vedette.check.declared import facts_of_stack  # noqa: PLC0415 - files do without it
    from vedette.cli.build import choose  # noqa: PLC0415

    choice = choose(find(Path.cwd()), stack, environment)
    return facts_of_stack(choice.stack, choice.environment)[0]
