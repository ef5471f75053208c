"""What loggers have in common: a record counted by level and logger, and its exception by class and fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW
from vedette.instruments.metrics.measure import error_type
from vedette.packs.logs import LEVELS, exceptions, records

if TYPE_CHECKING:
    from types import TracebackType

    from vedette.instruments.metrics.core import CounterSeries

__all__ = ["count", "count_exception", "fingerprint", "forget", "measuring"]

measuring = guard.shield("counting a log record")

# Modules log by their names, of which there are few; who names a logger by a user or a request has too many.
_LOGGERS = 200
_REMEMBERED = 1000
_FRAMES = 5  # the innermost, where it was raised

_names: set[str] = set()
_series: dict[tuple[str, int], CounterSeries | None] = {}
"""Logger and level number → where its records are counted; None for our own."""
_exceptions: dict[tuple[object, ...], CounterSeries] = {}
"""Class and the innermost functions → where it is counted."""


def count(logger: str, level: int) -> bool:
    """Count a record of this logger and level number; whether it is counted, as our own are not."""
    key = (logger, level)
    series = _series[key] if key in _series else _find(key)
    if series is None:
        return False
    series.inc()
    return True


def count_exception(error: BaseException, trace: TracebackType | None) -> None:
    """Count the exception of a record."""
    key = (type(error), *_where(trace))
    series = _exceptions.get(key)
    if series is None:
        series = exceptions.labels(error_type(error), _hash(error, key[1:]))
        if len(_exceptions) < _REMEMBERED:
            _exceptions[key] = series
    series.inc()


def fingerprint(error: BaseException) -> str:
    """What tells an exception from others of its class: twelve hexadecimal digits.

    It is made of the class and of the five innermost functions that it went through, with the last two parts of their
    files' paths: the same on every machine, and after a change that only moves lines. Log it to find the exception that
    the label ``fingerprint`` of ``log_exceptions_total`` means.

    Example:
        >>> try:
        ...     {}["price"]
        ... except KeyError as error:
        ...     len(fingerprint(error))
        12
    """
    return _hash(error, _where(error.__traceback__))


def _where(trace: TracebackType | None) -> tuple[object, ...]:
    """File and function of the innermost frames."""
    codes = []
    while trace is not None:
        codes.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    return tuple(part for code in codes[-_FRAMES:] for part in (code.co_filename, code.co_qualname))


def _hash(error: BaseException, where: tuple[object, ...]) -> str:
    from hashlib import blake2b  # noqa: PLC0415 - only who logs an exception needs it

    short = ("/".join(str(part).replace("\\", "/").split("/")[-2:]) for part in where)
    text = "\n".join((error_type(error), *short))
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _find(key: tuple[str, int]) -> CounterSeries | None:
    logger, level = key
    own = logger == guard.LOGGER or logger.startswith(f"{guard.LOGGER}.")
    series = None if own else records.labels(LEVELS[min(max(level // 10, 1), 5) - 1], _told(logger))
    if len(_series) < _REMEMBERED:
        _series[key] = series
    return series


def _told(logger: str) -> str:
    """The first two parts of a logger's name, if it is one of the first."""
    name = ".".join(logger.split(".", 2)[:2])
    if name not in _names:
        if len(_names) >= _LOGGERS:
            guard.warn(
                ("loggers", "logs"),
                f"more than {_LOGGERS} loggers write records; those of all others are counted as {OVERFLOW!r}",
            )
            return OVERFLOW
        _names.add(name)
    return name


def forget() -> None:
    """Forget which loggers there are, so that others may be told."""
    for known in (_names, _series, _exceptions):
        known.clear()
