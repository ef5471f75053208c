"""Units and how they combine: seconds, bytes, things that are counted; products and quotients of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["COUNT", "NUMBER", "PERCENT", "PER_SECOND", "RATIO", "SECONDS", "Unit", "unit_of_name"]

THINGS: Final = "count"
"""The unit of what is counted: requests, orders, errors. ``bytes/count`` is bytes for each of them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of base units, sorted by name. Empty: a ratio, which has none."""

    powers: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: Unit) -> Unit:
        return _combined(self, other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _combined(self, other, -1)

    def fits(self, other: Unit) -> bool:
        """Whether values of both may be added or compared. How many things were counted makes no difference."""
        return _measured(self) == _measured(other)

    def __str__(self) -> str:
        """As people write it: ``bytes/s``, ``seconds``, ``ratio``, ``count/s``."""
        if not self.powers:
            return "ratio"
        above = [_power(name, power) for name, power in self.powers if power > 0]
        below = [_power(_SHORT.get(name, name), -power) for name, power in self.powers if power < 0]
        return "/".join([" ".join(above) or "1", *below])


_SHORT: Final = {"seconds": "s"}


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _measured(unit: Unit) -> tuple[tuple[str, int], ...]:
    found = tuple(pair for pair in unit.powers if pair[0] != THINGS)
    # a hundred times a second is compared with seconds as well; a percentage alone is not a ratio
    return tuple(pair for pair in found if pair[0] != "percent") or found


def _combined(left: Unit, right: Unit, sign: int) -> Unit:
    powers = dict(left.powers)
    for name, power in right.powers:
        powers[name] = powers.get(name, 0) + sign * power
    return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)))


RATIO: Final = Unit()
COUNT: Final = Unit(((THINGS, 1),))
PERCENT: Final = Unit((("percent", 1),))
SECONDS: Final = Unit((("seconds", 1),))
PER_SECOND: Final = Unit((("seconds", -1),))
NUMBER: Final = None
"""Of a number that was written down, or of what nobody knows: it goes with everything."""

# https://prometheus.io/docs/practices/naming/#base-units, the units of OpenTelemetry, and those that stand in panels
_WORDS: Final = (
    "seconds bytes ratio celsius meters volts amperes joules grams watts hertz cores "
    "milliseconds microseconds nanoseconds minutes hours days kilobytes megabytes percent"
)
_NAMED: Final[dict[str, Unit]] = {word: Unit(((word, 1),)) for word in _WORDS.split()} | {"ratio": RATIO}
_SUFFIXES: Final = ("_total", "_sum", "_bucket")


def unit_of_name(name: str) -> Unit | None:
    """The unit that a metric's name ends in, None where it names none: ``x_bytes_total`` counts bytes."""
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return _NAMED.get(name.rpartition("_")[2])


def parse(text: str) -> Unit | None:
    """The unit behind a word such as ``seconds``, ``bytes/s`` or ``requests/s``; None for none."""
    above, slash, below = text.partition("/")
    if not above or text == "boolean":
        return None
    unit = _NAMED.get(above, COUNT)
    return unit / SECONDS if slash and below == "s" else unit
