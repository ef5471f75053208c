"""What every format is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.check.finding import Finding, Level
    from vedette.check.ignore import Suppressed
    from vedette.check.sources import Sources

__all__ = ["Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings of one run, in order, their files named relative to the sources' folder."""

    findings: tuple[Finding, ...]
    sources: Sources
    what: str
    """What was checked: ``3 files``."""
    version: str
    """Of Vedette."""
    suppressed: tuple[Suppressed, ...] = ()
    """By comments."""
    excused: tuple[Suppressed, ...] = ()
    """By the baseline."""
    seconds: float | None = None
    """How long it took; only people are told, so that the same input gives the same text."""
    strict: bool = False
    pages: str = ""
    """Where the pages of the checks are on the web, empty where they are not."""

    def fails(self, finding: Finding) -> bool:
        """Whether the command fails because of it."""
        return finding.level == "error" or (self.strict and finding.level == "warning")

    @property
    def failed(self) -> bool:
        """Whether it fails at all."""
        return any(self.fails(finding) for finding in self.findings)

    def count(self, level: Level) -> int:
        """How many there are of a level."""
        return sum(finding.level == level for finding in self.findings)

    def page(self, code: str) -> str:
        """The address of a check's page, empty where it is not known."""
        return f"{self.pages}/{code}" if self.pages else ""

    def summary(self) -> str:
        """``2 errors, 1 warning in 3 files; 4 suppressed by comments``."""
        counts = [_counted(self.count("error"), "error"), _counted(self.count("warning"), "warning")]
        counts.append(_counted(self.count("note"), "note"))
        found = ", ".join(count for count in counts if count) or "nothing found"
        hidden = [
            f"{len(hidden)} {how}"
            for hidden, how in ((self.suppressed, "suppressed by comments"), (self.excused, "by the baseline"))
            if hidden
        ]
        took = f"{self.seconds:.1f} s" if self.seconds is not None else ""
        return "; ".join(part for part in (f"{found} in {self.what}", ", ".join(hidden), took) if part)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}" if number else ""
