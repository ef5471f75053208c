"""What a check is: a code, a page, an example of what it finds, and a function from the facts to findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vedette.check.finding import Edit, Finding, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.facts import Facts
    from vedette.place import Place

__all__ = ["About", "Check", "Example"]

About = Literal[
    "files", "metrics", "queries", "recordings", "alerts", "objectives", "routes", "dashboards", "runbooks", "code"
]


@dataclass(frozen=True, slots=True)
class Example:
    """A file that a check is shown.

    ``name`` tells its kind: ``rules.yml``, ``alertmanager.yml``, ``dashboard.json``; ``observability.py`` declares
    ``stack``. ``metrics.txt`` is a page of metrics, ``server.json`` what a Prometheus answers, by path below
    ``/api/v1/``: both stand for what ``--live`` finds. The line that the finding points at ends in ``# <-``, in JSON
    nowhere.
    """

    name: str
    text: str
    beside: tuple[Example, ...] = ()
    """More files, which are given together with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. Its file is named as its code, with underscores; the file's docstring is its page.

    The docstring's first line says what is wrong, in the words of somebody who has never seen a linter; what follows
    says why that matters and how it comes to be.
    """

    code: str
    about: About
    level: Level
    find: Callable[[Facts], Iterator[Finding]]
    bad: Example
    good: Example
    declared_only: bool = False
    """Whether it needs declarations: on files alone it finds nothing."""
    live_only: bool = False
    """Whether it needs a running server or a page of metrics: without ``--live`` it finds nothing."""
    on: bool = True
    """Whether it runs unless it is asked for; a check that errs too often on foreign files does not."""

    def finding(
        self,
        place: Place,
        subject: str,
        message: str,
        fix: str,
        *,
        certain: bool = True,
        edit: Edit | None = None,
        level: Level | None = None,
    ) -> Finding:
        """A finding of this check."""
        return Finding(
            code=self.code,
            level=level or self.level,
            place=place,
            subject=subject,
            message=message,
            fix=fix,
            certain=certain,
            edit=edit,
        )
