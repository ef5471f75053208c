"""What Grafana's units mean, in the units of queries: so that both can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.catalog.units import UNITS
from vedette.formats.grafana_query import VARIABLE
from vedette.promql.ast import Call
from vedette.promql.flow import COUNT, RATIO, SECONDS, Unit
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from vedette.check.facts import Query

__all__ = ["Measure", "Yielded", "measure", "of_bounds", "shown_as", "suggested", "written", "yielded"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity, and how much of it one is: milliseconds are 0.001 of seconds."""

    base: Unit
    factor: float
    name: str

    def agrees(self, other: Measure) -> bool:
        """Whether one number means the same in both. Thousand and 1024 do not differ enough to matter."""
        return self.base == other.base and 0.88 < self.factor / other.factor < 1.14


def _unit(name: str) -> Unit:
    return Unit(((name, 1),))


_BYTES: Final = _unit("bytes")
_PER_SECOND: Final = RATIO / SECONDS
_JOULES: Final = _unit("joules")

# Units of queries in terms of others. A core in use is a second in each second.
_COMPOSED: Final[dict[str, tuple[Unit, float]]] = {
    "count": (RATIO, 1.0), "cores": (RATIO, 1.0), "percent": (RATIO, 0.01), "hertz": (_PER_SECOND, 1.0),
    "milliseconds": (SECONDS, 1e-3), "microseconds": (SECONDS, 1e-6), "nanoseconds": (SECONDS, 1e-9),
    "minutes": (SECONDS, 60.0), "hours": (SECONDS, 3600.0), "days": (SECONDS, 86400.0), "kilobytes": (_BYTES, 1e3),
    "megabytes": (_BYTES, 1e6), "watts": (_JOULES / SECONDS, 1.0),
}  # fmt: skip

# The ids of grafana-data, valueFormats/categories.ts: https://github.com/grafana/grafana
_GRAFANA: Final[dict[str, tuple[Unit, float, str]]] = {
    "percent": (RATIO, 0.01, "percent from 0 to 100"),
    "percentunit": (RATIO, 1.0, "percent, taking 1 for 100 %"),
    "ns": (SECONDS, 1e-9, "nanoseconds"),
    "µs": (SECONDS, 1e-6, "microseconds"),
    "us": (SECONDS, 1e-6, "microseconds"),
    "ms": (SECONDS, 1e-3, "milliseconds"),
    "s": (SECONDS, 1.0, "seconds"),
    "m": (SECONDS, 60.0, "minutes"),
    "h": (SECONDS, 3600.0, "hours"),
    "d": (SECONDS, 86400.0, "days"),
    **dict.fromkeys(("dtdurations", "dthms", "dtdhms", "clocks"), (SECONDS, 1.0, "seconds")),
    **dict.fromkeys(("dtdurationms", "clockms"), (SECONDS, 1e-3, "milliseconds")),
    "timeticks": (SECONDS, 1e-2, "hundredths of a second"),
    **dict.fromkeys(
        ("dateTimeAsIso", "dateTimeAsIsoNoDateIfToday", "dateTimeAsUS", "dateTimeAsLocal", "dateTimeFromNow"),
        (SECONDS, 1e-3, "moments, in milliseconds since 1970"),
    ),
    "bits": (_BYTES, 1 / 8, "bits"),
    "decbits": (_BYTES, 1 / 8, "bits"),
    "bytes": (_BYTES, 1.0, "bytes"),
    "decbytes": (_BYTES, 1.0, "bytes"),
    "kbytes": (_BYTES, 1024.0, "kibibytes"),
    "deckbytes": (_BYTES, 1e3, "kilobytes"),
    "mbytes": (_BYTES, 1024.0**2, "mebibytes"),
    "decmbytes": (_BYTES, 1e6, "megabytes"),
    "gbytes": (_BYTES, 1024.0**3, "gibibytes"),
    "decgbytes": (_BYTES, 1e9, "gigabytes"),
    "binBps": (_BYTES / SECONDS, 1.0, "bytes per second"),
    "Bps": (_BYTES / SECONDS, 1.0, "bytes per second"),
    "binbps": (_BYTES / SECONDS, 1 / 8, "bits per second"),
    "bps": (_BYTES / SECONDS, 1 / 8, "bits per second"),
    "KiBs": (_BYTES / SECONDS, 1024.0, "kibibytes per second"),
    "KBs": (_BYTES / SECONDS, 1e3, "kilobytes per second"),
    "MiBs": (_BYTES / SECONDS, 1024.0**2, "mebibytes per second"),
    "MBs": (_BYTES / SECONDS, 1e6, "megabytes per second"),
    "GBs": (_BYTES / SECONDS, 1e9, "gigabytes per second"),
    **dict.fromkeys(
        ("pps", "cps", "ops", "reqps", "rps", "wps", "iops", "eps", "mps", "recps", "rowsps", "hertz"),
        (_PER_SECOND, 1.0, "things per second"),
    ),
    **dict.fromkeys(
        ("cpm", "opm", "reqpm", "rpm", "wpm", "epm", "mpm", "recpm", "rowspm"),
        (_PER_SECOND, 1 / 60, "things per minute"),
    ),
    "celsius": (_unit("celsius"), 1.0, "degrees Celsius"),
    "volt": (_unit("volts"), 1.0, "volts"),
    "amp": (_unit("amperes"), 1.0, "amperes"),
    "watt": (_JOULES / SECONDS, 1.0, "watts"),
    "kwatt": (_JOULES / SECONDS, 1e3, "kilowatts"),
    "joule": (_JOULES, 1.0, "joules"),
    "lengthm": (_unit("meters"), 1.0, "metres"),
    "massg": (_unit("grams"), 1.0, "grams"),
}

_USUAL: Final = ("percentunit", "percent", "s", "ms", "µs", "ns", "bytes", "Bps", "ops", "celsius", "volt", "amp",
    "watt", "joule", "lengthm", "massg", "m", "h", "d", "deckbytes", "decmbytes")  # fmt: skip


def shown_as(name: str) -> Measure | None:
    """What a panel takes its numbers for; None where it is no measure (``short``, ``none``, a currency)."""
    found = _GRAFANA.get(name)
    return None if found is None else Measure(*found)


def measure(unit: Unit) -> Measure:
    """The unit of a query in base units. What was counted makes no difference."""
    base, factor = RATIO, 1.0
    for name, power in unit.powers:
        part, size = _COMPOSED.get(name, (_unit(name), 1.0))
        for _ in range(abs(power)):
            base = base * part if power > 0 else base / part
        factor *= size**power
    return Measure(base, factor, str(unit))


def suggested(wanted: Measure) -> str:
    """Grafana's usual id for a measure, ``""`` where there is none."""
    return next((name for name in _USUAL if (one := shown_as(name)) is not None and one.agrees(wanted)), "")


def written(name: str, *, declared: bool) -> str:
    """How a unit of Grafana's is written, in its JSON or in a declaration of ours."""
    word = next((word for word, theirs in UNITS.items() if word and theirs == name), None)
    return f'unit="{word}"' if declared and word else f'"unit": "{name}"'


_CHOSEN_FUNCTION: Final = re.compile(rf"(?:{VARIABLE.pattern})\s*(?:\(|by\b|without\b)", re.ASCII)
"""A variable stands for a function: whoever looks chooses what is yielded."""


@dataclass(frozen=True, slots=True)
class Yielded:
    """The unit of what a query yields."""

    unit: Unit
    measure: Measure
    certain: bool

    @property
    def counted(self) -> bool:
        """Whether it is a plain number of things."""
        return self.unit == COUNT


def yielded(query: Query) -> Yielded | None:
    """The unit of all that a query yields, None where it is not known or not one."""
    branches = [branch for branch in query.flow.branches if branch.selectors and branch.empty is None]
    if not branches or _is_of_buckets(query) or _CHOSEN_FUNCTION.search(query.text.value):
        return None
    units = [branch.unit for branch in branches]
    first = units[0]
    if first is None:
        return None
    wanted = measure(first)
    if any(unit is None or not measure(unit).agrees(wanted) for unit in units):
        return None
    return Yielded(first, wanted, all(branch.certain for branch in branches))


def of_bounds(query: Query) -> Yielded | None:
    """The unit of the bounds of the buckets that a query yields, None where it is not known, not one, or no buckets."""
    branches = [branch for branch in query.flow.branches if branch.selectors and branch.empty is None]
    series = [one for branch in branches for one in branch.series]
    if not series or any(branch.labels.get("le").state == "never" for branch in branches):
        return None
    units = [one.unit if one.type == "bucket" else None for one in series]
    first = units[0]
    if first is None or any(unit is None or not measure(unit).agrees(measure(first)) for unit in units):
        return None
    return Yielded(first, measure(first), all(branch.certain for branch in branches))


def _is_of_buckets(query: Query) -> bool:
    """Whether it counts what fell into buckets: their unit is that of the bounds, not of the counts."""
    if not any(series.type == "bucket" for branch in query.flow.branches for series in branch.series):
        return False
    return not any(isinstance(node, Call) and node.func.startswith("histogram_") for node in walk(query.tree))
