"""logging: records that are handled, by level and logger, and the exceptions that are logged with them.

Counted is what passes the logger's level and filters, once, whichever handlers there are; what is below the level costs
nothing. The logger is told by the first two parts of its name (``shop.orders`` for ``shop.orders.checkout``), the root
logger as ``root``; after 200 of them all others are ``_OTHER``. Vedette's own records are not counted.

structlog and loguru: structlog's are counted when it writes to logging, and by `vedette.integrations.structlog`
otherwise; loguru writes past logging.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING

from vedette.integrations.log_records import count, count_exception, fingerprint, measuring

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["fingerprint", "patch"]


def patch(patches: Patches) -> None:
    """Count every record that a logger hands to its handlers."""

    def make(original: Callable[..., None]) -> Callable[..., None]:
        @wraps(original)
        def callHandlers(self: logging.Logger, record: logging.LogRecord) -> None:  # noqa: N802 - the name it has
            if patches.active:
                with measuring:
                    if count(record.name, record.levelno) and record.exc_info:
                        _, error, trace = record.exc_info
                        if error is not None:
                            count_exception(error, trace)
            original(self, record)

        return callHandlers

    patches.replace(logging.Logger, "callHandlers", make)
