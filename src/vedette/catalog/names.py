"""The rules for names, labels and durations that every declaration shares, each with its error message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.catalog.severity import SEVERITIES
from vedette.duration import milliseconds
from vedette.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.duration import Duration
    from vedette.place import Place

__all__ = [
    "check_duration",
    "check_labels",
    "check_severity",
    "check_text",
    "closest",
    "fail",
    "find_twice",
    "is_label_name",
    "is_metric_name",
    "is_slug",
    "nearest",
    "nearly",
]

# https://prometheus.io/docs/concepts/data_model/: names starting with __ are Prometheus' own
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_SLUG = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?", re.ASCII)


def fail(place: Place, what: str) -> DeclarationError:
    """The error to raise: the place of the declaration, then what is wrong with it and the fix."""
    return DeclarationError(f"{place}: {what}")


def nearest(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the closest known name, or ``""``."""
    found = closest(name, known)
    return f"; did you mean {found!r}?" if found is not None else ""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, where one is."""
    from difflib import get_close_matches  # noqa: PLC0415 - wanted only once something is wrong

    return next(iter(get_close_matches(name, sorted(known), n=1)), None)


def nearly(name: str, known: Iterable[str], share: float) -> str | None:
    """The known name that is most like this one, where ``share`` of the letters of both are alike."""
    from difflib import get_close_matches  # noqa: PLC0415 - wanted only once something is wrong

    # of two names, no more letters can be alike than the shorter one has
    length = len(name)
    alike = [one for one in known if 2 * min(length, len(one)) >= share * (length + len(one))]
    return next(iter(get_close_matches(name, alike, n=1, cutoff=share)), None)


def is_label_name(name: str) -> bool:
    """Whether Prometheus accepts this as a label's name from a user."""
    return _LABEL.fullmatch(name) is not None


def is_metric_name(name: str) -> bool:
    """Whether this is a classic metric name (letters, digits, ``_`` and ``:``)."""
    return _METRIC.fullmatch(name) is not None


def is_slug(name: str) -> bool:
    """Whether a name is safe in a file name, a URL and a label: letters, digits and ``_ . -`` between them."""
    return _SLUG.fullmatch(name) is not None


def find_twice(names: Iterable[str]) -> str | None:
    """The first name that appears a second time."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def check_text(place: Place, owner: str, key: str, value: object) -> None:
    """A text that must be there.

    Raises:
        DeclarationError: it is not a string, or empty.
    """
    if not isinstance(value, str) or not value.strip():
        raise fail(place, f"{owner} has {key}={value!r}; write a text that is not empty")


def check_severity(place: Place, owner: str, value: str) -> None:
    """One of the four severities.

    Raises:
        DeclarationError: it is another word.
    """
    if value not in SEVERITIES:
        raise fail(
            place,
            f"{owner} has severity={value!r}; it is one of {', '.join(map(repr, SEVERITIES))}"
            f"{nearest(str(value), SEVERITIES)}",
        )


def check_duration(place: Place, owner: str, key: str, value: Duration, *, zero: bool = True) -> int:
    """The milliseconds of a duration.

    Raises:
        DeclarationError: it is not a duration, is negative, or is zero where that makes no sense.
    """
    try:
        ms = milliseconds(value)
    except (ValueError, TypeError) as problem:
        raise fail(place, f"{owner} has {key}={value!r}: {problem}") from None
    if ms < 0 or not (ms or zero):
        raise fail(place, f"{owner} has {key}={value!r}; it must be {'at least' if zero else 'more than'} zero")
    return ms


def check_labels(place: Place, owner: str, given: Mapping[str, str], *, reserved: Iterable[str] = ()) -> None:
    """Label names and values, and that none is one which Vedette sets itself.

    Raises:
        DeclarationError: a name is not a label name or is reserved, or a value is not a string.
    """
    for name, value in given.items():
        if not is_label_name(name):
            raise fail(
                place,
                f"{owner} has the label {name!r}; a label name has letters, digits and underscores, begins with no "
                "digit and not with two underscores",
            )
        if name in reserved:
            raise fail(place, f"{owner} sets the label {name!r}, which is set for you; remove it")
        if not isinstance(value, str):
            raise fail(place, f"{owner} has {name}={value!r}; a label value is a string: write {str(value)!r}")
