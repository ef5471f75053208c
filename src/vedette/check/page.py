"""What there is to read about a check: from the docstring of its file and its examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.example import shown
from vedette.check.registry import story

if TYPE_CHECKING:
    from vedette.check.check import Check, Example

__all__ = ["page"]

LANGUAGES = {"py": "python", "yml": "yaml", "yaml": "yaml", "json": "json", "md": "markdown"}


def page(check: Check, printed: str = "") -> str:
    """The page as Markdown; ``printed`` is what the command says of the bad example."""
    first, _, rest = story(check.code).partition("\n")
    lines = [f"# {check.code}", "", f"**{first}**", "", rest.strip(), "", _facts(check), ""]
    lines += ["## What is found", "", *_block(check.bad)]
    if printed:
        lines += ["`vedette check` says:", "", "```console", *printed.rstrip().splitlines(), "```", ""]
    lines += ["## How it is right", "", *_block(check.good)]
    return "\n".join(lines)


def _facts(check: Check) -> str:
    where = "In a stack only." if check.declared_only else "In a stack and in files alone."
    on = "" if check.on else f" Off unless asked for: `--select {check.code}` or `--all`."
    return f"Level: {check.level}. Family: {check.about}. {where}{on}"


def _block(example: Example) -> list[str]:
    language = LANGUAGES.get(example.name.rpartition(".")[2], "text")
    block = [f"`{example.name}`:", "", f"```{language}", *shown(example).rstrip().splitlines(), "```", ""]
    return [*block, *(line for one in example.beside for line in _block(one))]
