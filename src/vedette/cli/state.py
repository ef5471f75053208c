"""The folder ``.vedette`` of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["prepare"]


def prepare(state: Path) -> None:
    """Make it, and tell Git to leave it alone: nobody should commit secrets and data by accident."""
    state.mkdir(parents=True, exist_ok=True)
    ignore = state / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
