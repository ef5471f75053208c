"""A stack as values of `formats`, then as text. One file per target.

Lazy, so that whoever checks a stack loads only the targets that are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.build.loading import load
    from vedette.build.note import Note
    from vedette.build.stack import build, notes, write
else:
    _HOMES = {"Note": "note", "build": "stack", "load": "loading", "notes": "stack", "write": "stack"}

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'vedette.build' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - only once a name is used

        value: object = getattr(import_module(f"vedette.build.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = ["Note", "build", "load", "notes", "write"]
