"""What cannot be read of a file, as findings: the words of whoever read it, at the place they name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.finding import Finding, Level
from vedette.formats._yaml_text import Inner
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.errors import ConfigError
    from vedette.formats._yaml_text import Source

__all__ = ["CODE", "Problems", "parted"]

CODE: Final = "syntax"
_PLACE: Final = re.compile(r":(\d+)(?::(\d+))?: ")
_NEAR: Final = 50
"""How far back the same is looked for: it is told twice within one group of rules."""
_QUESTION: Final = re.compile(r"did you mean (.+)\?")
_USUAL: Final = "correct it; what is not read is not checked either"


class Problems:
    """The findings of one file that is being read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []

    def add(
        self, place: Place, subject: str, message: str, fix: str = "", *, level: Level = "error", certain: bool = True
    ) -> None:
        """One more, unless the same was said of the place."""
        if any(one.place == place and one.message == message for one in self.found[-_NEAR:]):
            return
        self.found.append(
            Finding(
                code=CODE,
                level=level,
                place=place,
                subject=subject,
                message=message,
                fix=fix or _USUAL,
                certain=certain,
            )
        )

    def take_all(self, errors: Iterable[ConfigError]) -> None:
        """As the reader of the file's format has told them."""
        for error in errors:
            self.take(error)

    def take(
        self, error: ConfigError, subject: str = "", *, level: Level = "error", source: Source | None = None
    ) -> Place:
        """One more, as the reader of the file's format has told it; the place it is at.

        ``source`` is the text whose lines the error counts, where that stands within the file.
        """
        text = str(error).removeprefix(self.file)
        found = _PLACE.match(text)
        place = Place(self.file, int(found[1]), int(found[2] or 0)) if found else Place(self.file, 1, 1)
        if isinstance(source, Inner):
            lines = source.text.splitlines(keepends=True)[: place.line - 1]
            place = source.place(sum(map(len, lines)) + max(place.column - 1, 0))
        message, fix = parted(text[found.end() :] if found else text.removeprefix(": "))
        if "experimental syntax" in text:  # a Prometheus that has it switched on reads it
            level = "warning"
        self.add(place, subject or self.file, message, fix, level=level)
        return place


def parted(text: str) -> tuple[str, str]:
    """What is wrong, and what to do."""
    message, parts, fix = text.rpartition("; ")
    if not parts:
        return text, ""
    question = _QUESTION.fullmatch(fix)
    return message, f"write {question[1]}" if question else fix
