"""Assertions on what this process counts: its default registry, sample by sample, as a scrape would show it.

What cannot be there, such as a misspelt name, is an error; what only is not there yet is None.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT, OVERFLOW
from vedette.instruments.metrics.family import escape
from vedette.instruments.metrics.numbers import format_bound, format_value
from vedette.instruments.metrics.samples import Sample, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.instruments.metrics.description import Description

__all__ = ["Increments", "Sample", "assert_increments", "reset", "sample", "samples"]

_Key = tuple[str, frozenset[tuple[str, str]]]

_SHOWN = 10
"""Changes that a failure lists."""

_ALWAYS_MOVING = ("process_", "python_")
"""What of the process itself changes whatever a test does."""


def reset() -> None:
    """Drop every series of every metric, and forget which mistakes have been told; the declarations stay.

    A function that tells a gauge is dropped with its series, and what ``initialise()`` has made begins to be there
    again at its next update.
    """
    DEFAULT.clear()
    guard.forget()


def samples(name: str = "") -> list[Sample]:
    """All that a scrape would show now, a sample a line; only those called ``name``, if it is given."""
    found = DEFAULT.snapshot((name,) if name else ())
    return [one for family in found for one in samples_of(family) if name in ("", one.name)]


def sample(name: str, /, **labels: str) -> float | None:
    """The value of one sample, by its name and all its labels as they are exposed; None if it is not there yet.

    Raises:
        LookupError: nothing is exposed or declared by this name.
        TypeError: the labels are not those of the metric.
        ValueError: a label value is not one that the metric declares, or no bucket or state of it.

    Example:
        >>> from vedette import Counter, Histogram
        >>> Counter("kit_orders_total", help="Orders placed.", labels=["channel"]).inc("web")
        >>> sample("kit_orders_total", channel="web")
        1.0
        >>> sample("kit_orders_total", channel="app")
        >>> Histogram("kit_checkout_seconds", help="Time to check out.", buckets=[0.1, 1]).observe(0.25)
        >>> sample("kit_checkout_seconds_bucket", le="1"), sample("kit_checkout_seconds_count")
        (1, 1)
    """
    found = samples(name)
    wanted = _canonical(name, labels)
    for one in found:
        if one.labels == wanted:
            return one.value
    _check(name, wanted, found)
    return None


def assert_increments(name: str, /, by: float | None = 1, **labels: str) -> Increments:
    """A block in which a sample grows by ``by``: exactly, or with None by anything at all.

    What is not there counts as zero. A gauge may fall: ``by=-1``; and ``by=0`` says that nothing happens.

    Raises:
        AssertionError: it has not; the message tells what has changed instead.
        LookupError, TypeError, ValueError: there cannot be such a sample; see `sample`.

    Example:
        >>> from vedette import Counter
        >>> logins = Counter("kit_logins_total", help="Logins.", labels=["way"])
        >>> with assert_increments("kit_logins_total", way="password"):
        ...     logins.inc("password")
        >>> with assert_increments("kit_logins_total", by=2, way="token"):
        ...     logins.inc("token", amount=2)
    """
    return Increments(name, by, labels)


class Increments:
    """What `assert_increments` returns."""

    def __init__(self, name: str, by: float | None, labels: Mapping[str, str]) -> None:
        self._name = name
        self._by = by
        self._labels = dict(labels)
        self._before: dict[_Key, float] = {}

    def __enter__(self) -> Self:
        self._before = _values()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        __tracebackhide__ = True  # what pytest shows is the block
        if error is not None:
            return
        sample(self._name, **self._labels)  # raises if there cannot be one
        labels = _canonical(self._name, self._labels)
        key = self._name, frozenset(labels.items())
        after = _values()
        old, new = self._before.get(key, 0), after.get(key, 0)
        grown = new - old
        if grown > 0 if self._by is None else math.isclose(grown, self._by, rel_tol=1e-9, abs_tol=1e-9):
            return
        wanted = "grow" if self._by is None else f"change by {format_value(self._by)}"
        found = (
            "is not there"
            if key not in after
            else f"is still {format_value(new)}"
            if _same(old, new)
            else f"went {_way(old, new)}"
        )
        raise AssertionError(
            f"{_shown(self._name, labels)} was to {wanted}, but {found}\n{_changes(key, self._before, after)}"
        )


def _values() -> dict[_Key, float]:
    return {(one.name, frozenset(one.labels.items())): one.value for one in samples()}


def _changes(key: _Key, before: Mapping[_Key, float], after: Mapping[_Key, float]) -> str:
    """What else has changed, the nearest name first."""
    name, _ = key
    changed = [
        other
        for other in {**before, **after}
        if other != key
        and not _same(before.get(other, 0), after.get(other, 0))
        and (other[0] == name or not other[0].endswith("_bucket"))
        and not other[0].startswith(_ALWAYS_MOVING)
    ]
    if not changed:
        return "nothing else has changed"
    from difflib import SequenceMatcher  # noqa: PLC0415 - only once something is wrong

    near = SequenceMatcher(b=name)

    def distance(other: _Key) -> tuple[float, str, list[tuple[str, str]]]:
        near.set_seq1(other[0])
        return -near.ratio(), other[0], sorted(other[1])

    changed.sort(key=distance)
    lines = [
        f"  {_shown(other, dict(sorted(labels)))} {_way(before.get((other, labels), 0), after.get((other, labels), 0))}"
        for other, labels in changed[:_SHOWN]
    ]
    if len(changed) > _SHOWN:
        lines.append(f"  and {len(changed) - _SHOWN} more")
    return "\n".join(["what has changed:", *lines])


def _way(old: float, new: float) -> str:
    return f"{format_value(old)} → {format_value(new)}"


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _shown(name: str, labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{label}="{escape(value)}"' for label, value in labels.items())
    return f"{name}{{{pairs}}}" if pairs else name


def _canonical(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels, a bucket's bound spelt as it is exposed.

    Raises:
        TypeError: a value is not a string.
    """
    for label, value in labels.items():
        if not isinstance(value, str):
            raise TypeError(f"{name}: {label}={value!r} is not a string; write {label}={str(value)!r}")
    if not name.endswith("_bucket") or "le" not in labels:
        return dict(labels)
    try:
        return {**labels, "le": format_bound(float(labels["le"]))}
    except ValueError:
        return dict(labels)


def _check(name: str, labels: Mapping[str, str], found: list[Sample]) -> None:
    """Say why there cannot be such a sample, if there cannot."""
    descriptions = [family.description for family in DEFAULT.families()]
    described = {called: one for one in descriptions for called in one.sample_names}
    description = described.get(name)
    if description is None and not found:
        whole = next((one for one in descriptions if name in (one.name, one.family)), None)
        if whole is not None:
            raise LookupError(f"{whole.name} is a {whole.type}; its samples: {', '.join(whole.sample_names)}")
        known = {*described, *(one.name for one in samples())}
        raise LookupError(f"nothing is exposed or declared as {name!r}{_near(name, known)}")
    # Of one that is exposed, the series tell; a gauge may have a pid beside what it declares.
    names = list(dict.fromkeys(label for one in found for label in one.labels))
    allowed = {} if description is None else _values_of(description, name)
    names = names or list(allowed)
    has = f"its labels: {', '.join(names)}" if names else "it has no labels"
    for label in labels:
        if label not in names:
            raise TypeError(f"{name} has no label {label!r}{_near(label, names)}; {has}")
    missing = [label for label in names if label not in labels]
    if missing and description is not None:
        raise TypeError(f"{name} has the label {missing[0]!r}, too; {has}")
    for label, values in allowed.items():
        if values is not None and labels[label] not in (*values, OVERFLOW):
            near = _near(labels[label], values)
            raise ValueError(f"{name}: {label}={labels[label]!r} is none of {', '.join(values)}{near}")


def _values_of(description: Description, name: str) -> dict[str, tuple[str, ...] | None]:
    """Label → the values that it can have in the samples of this name; None for any."""
    values = dict(description.labels)
    if description.type == "histogram" and name.endswith("_bucket"):
        values["le"] = tuple(format_bound(bound) for bound in (*description.buckets, math.inf))
    elif description.type == "stateset":
        values[description.name] = description.states
    return values


def _near(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only once something is wrong

    found = get_close_matches(word, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""
