"""The user's files as the findings name them: relative to one folder, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.check.finding import Finding
    from vedette.place import Place

__all__ = ["Sources", "is_address"]


def is_address(name: str) -> bool:
    """Whether it is no file, but something that was asked over the network."""
    return name.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Sources:
    """Files by name: relative to ``root``, with forward slashes, where a file is below it, else its whole path.

    An address stays what it is.
    """

    root: Path
    _texts: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    _lines: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def name(self, file: str) -> str:
        """How a file is called."""
        if is_address(file):
            return file
        path = Path(os.path.normpath(self.root / file))
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()

    def give(self, name: str, text: str) -> None:
        """What stands at an address, which is not read here."""
        self._texts[name] = text

    def path(self, name: str) -> Path:
        """Where it is."""
        return self.root / name

    def text(self, name: str) -> str | None:
        """What stands in it, every line end a single character; None where it cannot be read as text."""
        if name not in self._texts:
            try:
                self._texts[name] = self.path(name).read_text("utf-8-sig")
            except (OSError, ValueError):
                self._texts[name] = None
        return self._texts[name]

    def line(self, place: Place) -> str | None:
        """The line of a place, None where there is none."""
        if place.file not in self._lines:
            text = self.text(place.file)
            self._lines[place.file] = text.split("\n") if text is not None else []
        lines = self._lines[place.file]
        return lines[place.line - 1] if 0 < place.line <= len(lines) else None

    def named(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with their files called so, in their messages too: the same on every machine."""
        return [self._named(finding) for finding in findings]

    def _named(self, finding: Finding) -> Finding:
        edit = finding.edit and replace(finding.edit, place=self._moved(finding.edit.place))
        below = f"{self.root.as_posix().rstrip('/')}/"
        return replace(
            finding,
            place=self._moved(finding.place),
            message=finding.message.replace(below, ""),
            fix=finding.fix.replace(below, ""),
            edit=edit,
        )

    def _moved(self, place: Place) -> Place:
        return place._replace(file=self.name(place.file))
