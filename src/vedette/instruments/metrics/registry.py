"""Which metrics a process has declared. One default registry serves the process; tests make their own."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from vedette.errors import DeclarationError
from vedette.instruments import guard
from vedette.instruments.metrics.family import Cell, Family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vedette.instruments.metrics.description import Description

__all__ = ["DEFAULT", "Registry"]

C = TypeVar("C", bound=Cell)


class Registry:
    """Metrics by name. A declared metric is exposed once it has a series."""

    def __init__(self) -> None:
        self._families: dict[str, Family[Any]] = {}
        self._taken: dict[str, Description] = {}
        self._hooks: list[Callable[[], None]] = []
        self._lock = RLock()

    def declare(self, description: Description, make: Callable[[str, str], C]) -> Family[C]:
        """The family of a description, with cells made by ``make(name, labels)``.

        The same declaration met again, as when a module is loaded anew, is the same family and keeps its values.

        Raises:
            DeclarationError: another declaration has the name, or one that is exposed as the same series.
        """
        with self._lock:
            known = self._families.get(description.name)
            if known is not None and known.description == description and known.description.place == description.place:
                return known  # the module was loaded anew
            for name in sorted(description.taken):
                other = self._taken.get(name)
                if other is not None:
                    raise DeclarationError(_clash(description, other, name))
            self._taken.update(dict.fromkeys(description.taken, description))
            family = Family(description, make)
            self._families[description.name] = family
            return family

    def undeclare(self, name: str) -> None:
        """Forget a metric; its name is free again, and updates of it are not exposed any more."""
        with self._lock:
            family = self._families.pop(name, None)
            if family is not None:
                for taken in family.description.taken:
                    del self._taken[taken]

    def families(self) -> list[Family[Any]]:
        """Everything declared, by name."""
        with self._lock:
            return [self._families[name] for name in sorted(self._families)]

    def exposed(self, names: Iterable[str] = ()) -> list[Family[Any]]:
        """What has a series, by name; only those with one of ``names`` if there are any.

        A name is a metric's, its OpenMetrics family's or one of its series' (``x_bucket``). First whoever asked to
        be called before a scrape is called.
        """
        for hook in tuple(self._hooks):
            with guard.shield(f"the preparation {getattr(hook, '__qualname__', hook)!r} of a scrape"):
                hook()
        wanted = frozenset(names)
        return [
            family
            for family in self.families()
            if family.cells and (not wanted or not wanted.isdisjoint(_names(family.description)))
        ]

    def before_scrape(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` before each exposition, so that it can update metrics; once, however often it is added."""
        with self._lock:
            if hook not in self._hooks:
                self._hooks.append(hook)

    def clear(self) -> None:
        """Drop every series of every metric; the declarations stay."""
        for family in self.families():
            family.clear()


def _names(description: Description) -> tuple[str, ...]:
    return (description.name, description.family, *description.sample_names)


def _clash(new: Description, old: Description, name: str) -> str:
    if new.name == old.name:
        return (
            f"{new.place}: the metric {new.name} is declared already at {old.place}; import that one, or choose "
            "another name"
        )
    return (
        f"{new.place}: the {new.type} {new.name} is exposed as {name}, and so is the {old.type} {old.name} declared at "
        f"{old.place}; choose another name"
    )


DEFAULT = Registry()
"""The registry of the process."""
