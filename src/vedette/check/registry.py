"""Which checks there are, told by the files in the folders beside this one, and which of them are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from vedette.catalog.names import nearest
from vedette.check.check import About, Check
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import ModuleType

__all__ = ["OWN", "USUAL", "Choice", "checks", "families", "find", "story"]

OWN = {
    "baseline": "An entry of the baseline excuses nothing any more: what it was for is mended, or was renamed.",
    "cannot-be-built": "Something is declared in a way that no file can be made from.",
    "ignore": "A comment that should suppress a finding has no reason, names no check, or suppresses nothing.",
    "internal": "A check itself has failed: a mistake of Vedette's, not yours. All other checks have run.",
}
"""Codes of what no check's file finds, but what stands around them, and what they mean."""

_ALWAYS = {*OWN, "syntax"}
"""What is told whichever checks are selected: what cannot be read or built cannot be checked either."""


@cache
def families() -> Mapping[str, str]:
    """Code of every check → the folder it is in, both in alphabetical order of their codes. Imports none of them."""
    here = Path(__file__).parent
    found = {
        file.stem.replace("_", "-"): about
        for about in get_args(About)
        for file in here.joinpath(about).glob("*.py")
        if not file.stem.startswith("_")
    }
    return dict(sorted(found.items()))


def find(code: str) -> Check:
    """One check.

    Raises:
        ConfigError: there is none of that code.
    """
    check: Check = _module(code).CHECK
    return check


def story(code: str) -> str:
    """What there is to read about a code: the docstring of its file, whose first line says what is wrong.

    Raises:
        ConfigError: there is no such code.
    """
    return OWN[code] if code in OWN and code not in families() else cleandoc(_module(code).__doc__ or "")


def _module(code: str) -> ModuleType:
    about = families().get(code)
    if about is None:
        raise ConfigError(f"there is no check {code!r}{_hint(code, families())}")
    return import_module(f"vedette.check.{about}.{code.replace('-', '_')}")


def checks() -> tuple[Check, ...]:
    """All of them, by code."""
    return tuple(find(code) for code in families())


@dataclass(frozen=True, slots=True)
class Choice:
    """Which checks are wanted: codes, or names of families such as ``alerts`` for all in it."""

    select: tuple[str, ...] = ()
    """Only these, even where they are off by default; nothing means all that are on."""
    ignore: tuple[str, ...] = ()
    """Not these."""
    everything: bool = False
    """Those that are off by default, too."""

    def __post_init__(self) -> None:
        known = {*families(), *families().values(), *OWN}
        for name in (*self.select, *self.ignore):
            if name not in known:
                raise ConfigError(f"there is no check {name!r}{_hint(name, known)}")

    def wants(self, code: str) -> bool:
        """Whether findings of this code are wanted, if it were on. What stands in the way of all checks always is."""
        if self._names(code, self.ignore):
            return False
        return not self.select or code in _ALWAYS or self._names(code, self.select)

    def checks(self) -> tuple[Check, ...]:
        """The checks to run, by code."""
        wanted = (find(code) for code in families() if self.wants(code))
        return tuple(check for check in wanted if check.on or self.everything or self._names(check.code, self.select))

    @staticmethod
    def _names(code: str, names: Collection[str]) -> bool:
        return code in names or families().get(code) in names


USUAL = Choice()
"""What runs where nobody chooses."""


def _hint(name: str, known: Collection[str]) -> str:
    return nearest(name, known) or "; `vedette check --list` shows all"
