"""structlog: events that it writes itself, such as by its PrintLogger; those it hands to logging are counted there.

An event is counted by the level of the method and by the value of ``logger`` that is bound to it, if there is one,
before the processors see it: one that a processor drops is counted, too.
"""

from __future__ import annotations

import logging
import sys
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.integrations.log_records import count, count_exception, measuring

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_LEVELS = {"debug": 10, "info": 20, "msg": 20, "warning": 30, "warn": 30, "error": 40, "err": 40, "exception": 40}


def patch(patches: Patches) -> None:
    """Count every event of a bound logger."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def _proxy_to_logger(self: Any, method_name: str, *event: Any, **event_kw: Any) -> Any:
            if patches.active and not isinstance(self._logger, logging.Logger):
                with measuring:
                    _count(self._context.get("logger", ""), method_name, event_kw.get("exc_info"))
            return original(self, method_name, *event, **event_kw)

        return _proxy_to_logger

    patches.replace(import_module("structlog._base").BoundLoggerBase, "_proxy_to_logger", make)


def _count(logger: object, method: str, given: object) -> None:
    count(logger if isinstance(logger, str) else "", _LEVELS.get(method, 50))
    if not given:
        return
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exception()
    if error is not None:
        count_exception(error, error.__traceback__)
