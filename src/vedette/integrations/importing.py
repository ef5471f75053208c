"""Tells when a module is imported, so that a library is instrumented when the application loads it and never before."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["when_imported"]

_waiting: dict[str, list[Callable[[], None]]] = {}
_lock = threading.Lock()
_telling = guard.shield("instrumenting a library as it is imported")


def when_imported(module: str, action: Callable[[], None]) -> None:
    """Call ``action`` now if ``module`` is imported already, else right after its import."""
    with _lock:
        known = module in sys.modules
        if not known:
            if _FINDER not in sys.meta_path:
                sys.meta_path.insert(0, _FINDER)
            _waiting.setdefault(module, []).append(action)
    if known:
        action()


class _Finder:
    """Finds nothing itself: it lets the others find, and has what they found tell when it has run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                _tell_when_run(spec, name)
                return spec
        return None


_FINDER: Any = _Finder()


def _tell_when_run(spec: ModuleSpec, name: str) -> None:
    loader: Any = spec.loader
    run = getattr(loader, "exec_module", None)
    if run is None:  # a namespace or an importer of the old kind
        return

    def run_and_tell(module: ModuleType) -> None:
        del loader.exec_module  # the loader is again as it was
        run(module)
        with _lock:
            actions = _waiting.pop(name, [])
        for action in actions:
            with _telling:
                action()

    try:
        loader.exec_module = run_and_tell
    except (AttributeError, TypeError):  # a loader that is a class of the interpreter's own
        return
