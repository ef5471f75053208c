"""Which units a metric's name may carry, and which base unit stands for each of the others."""

from __future__ import annotations

__all__ = ["BASE_UNITS", "INSTEAD"]

# https://prometheus.io/docs/practices/naming/#base-units
_WORDS = {
    "seconds": "s sec secs second ns nanos nanoseconds us micros microseconds ms millis millisecond milliseconds "
    "minute minutes hour hours day days week weeks",
    "bytes": "byte kb kib kilobytes kibibytes mb mib megabytes mebibytes gb gib gigabytes gibibytes tb tib terabytes "
    "tebibytes bits kbits mbits",
    "ratio": "percent percents percentage pct permille",
    "celsius": "kelvin kelvins fahrenheit",
    "meters": "meter metre metres kilometers millimeters miles inches feet",
    "volts": "volt millivolts kilovolts",
    "amperes": "ampere amps milliamperes",
    "joules": "joule kilojoules calories kwh",
    "grams": "gram kilograms milligrams pounds ounces",
    "watts": "watt kilowatts",
    "hertz": "hz khz mhz ghz",
    "cores": "millicores",
}

BASE_UNITS = frozenset(_WORDS)
"""The units a name may end in."""

INSTEAD = {word: unit for unit, words in _WORDS.items() for word in words.split()}
"""Word in a name → the base unit to use."""
