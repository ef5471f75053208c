"""Attaches integrations to the libraries that the application uses, and tells which are attached and which not."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from vedette.errors import ConfigError
from vedette.instruments import guard
from vedette.integrations.importing import when_imported
from vedette.integrations.libraries import LIBRARIES
from vedette.integrations.patch import NotInstrumentedError, Patches
from vedette.packs.instrumentation import attached as attached_metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.integrations.libraries import Library

__all__ = ["State", "attach", "attach_all", "detach", "states", "too_old"]


class State(NamedTuple):
    """How it stands with one library in this process."""

    attached: bool
    version: str
    """Of the library; empty where it does not say or is not loaded."""
    why: str = ""
    """Why it is not instrumented."""


_states: dict[str, State] = {}
_patches: dict[str, Patches] = {}
_wanted: set[str] = set()
# Attaching imports, which may import what is waited for.
_lock = threading.RLock()


def attach(name: str) -> None:
    """Instrument one library: now if it is loaded, else as soon as it is. Calling it again changes nothing.

    Args:
        name: as in `LIBRARIES`, such as ``"redis"``.

    Raises:
        ConfigError: there is no such integration.
    """
    library = _find(name)
    with _lock:
        if name in _wanted:
            return
        _wanted.add(name)
        _states[name] = State(attached=False, version="", why="not imported by the application")
    when_imported(library.module, lambda: _attach(library))


def attach_all(without: Iterable[str] = ()) -> None:
    """Instrument every library that the application uses, now or later.

    Args:
        without: the names of those to leave alone.

    Raises:
        ConfigError: one of them is no integration.
    """
    left_out = {_find(name).name for name in without}
    for name in LIBRARIES:
        if name not in left_out:
            attach(name)


def detach(name: str) -> None:
    """Put a library back exactly as it was. Its metrics stay as they are.

    Raises:
        ConfigError: there is no such integration.
    """
    _find(name)
    with _lock:
        _wanted.discard(name)
        patches = _patches.pop(name, None)
        if patches is not None:
            patches.undo()
            version = _states[name].version
            _tell(name, State(attached=False, version=version, why="detached"))
        else:
            _states.pop(name, None)


def states() -> dict[str, State]:
    """How it stands with each library that was asked for, by name."""
    with _lock:
        return dict(_states)


def too_old(library: Library, version: str) -> str:
    """Why this version of a library cannot be instrumented; empty where it can, or does not say what it is."""
    if not version or _numbers(version) >= library.oldest:
        return ""
    return f"version {version} is older than {'.'.join(map(str, library.oldest))}"


def _attach(library: Library) -> None:
    with _lock:
        if library.name not in _wanted or library.name in _patches:
            return
        version = _version(library)
        why = too_old(library, version)
        if why:
            _refuse(library, version, why)
            return
        patches = Patches()
        try:
            import_module(f"vedette.integrations.{library.name}").patch(patches)
        except NotInstrumentedError as problem:
            patches.undo()
            _refuse(library, version, str(problem))
            return
        except Exception as problem:  # noqa: BLE001 - the application goes on without
            patches.undo()
            _refuse(library, version, f"it is not built as expected: {problem!r}")
            return
        _patches[library.name] = patches
        _tell(library.name, State(attached=True, version=version))


def _refuse(library: Library, version: str, why: str) -> None:
    _tell(library.name, State(attached=False, version=version, why=why))
    guard.warn(("not instrumented", library.name), f"{library.package} was found, and is not instrumented: {why}")


def _tell(name: str, state: State) -> None:
    _states[name] = state
    attached_metric.set(float(state.attached), name, state.version)


def _version(library: Library) -> str:
    """As the library says itself; asking the installation costs much more, and is the second way."""
    if library.package == "Python":
        return sys.version.split()[0]
    # Not by getattr: where a module makes it only when asked, as Flask does, it warns that it will be gone.
    said = vars(sys.modules[library.module]).get("__version__") if library.module in sys.modules else None
    if isinstance(said, str):
        return said
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - costs more than all the rest

    try:
        return version(library.package)
    except PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    """``(2, 1)`` of ``2.1rc1``."""
    found: list[int] = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits))
        if digits != part:
            break
    return tuple(found)


def _find(name: str) -> Library:
    library = LIBRARIES.get(name)
    if library is None:
        import difflib  # noqa: PLC0415 - only for the message

        close = difflib.get_close_matches(name, LIBRARIES, 1)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigError(f"there is no integration {name!r}; {meant}there are {', '.join(sorted(LIBRARIES))}")
    return library
