"""loguru: writes past logging and finds its callers by their distance, so that nothing can stand between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.integrations.patch import NotInstrumentedError

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]


def patch(patches: Patches) -> None:
    """Say that its records are not counted.

    Raises:
        NotInstrumentedError: always.
    """
    _ = patches
    raise NotInstrumentedError(
        "it writes past logging; add a handler that hands its records to logging, and they are counted there"
    )
