"""What a metric is: the frozen description behind every instrument, and the rules its name and labels must keep."""

# No `from __future__ import annotations`, as in vedette/place.py.

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict, get_args

from vedette.errors import DeclarationError
from vedette.instruments.metrics.units import BASE_UNITS, INSTEAD
from vedette.place import Place

if TYPE_CHECKING:
    from vedette.duration import Duration

__all__ = [
    "DEFAULT_BUCKETS",
    "OVERFLOW",
    "Description",
    "LabelsArgument",
    "MetricType",
    "MultiprocessMode",
    "Theirs",
    "describe",
    "describe_foreign",
]

MetricType = Literal["counter", "gauge", "histogram", "summary", "info", "stateset", "unknown"]
"""The types of OpenMetrics that a metric may have; ``unknown`` only for what others expose."""

LabelsArgument = Sequence[str] | Mapping[str, Sequence[str] | None] | None
"""What may be written for ``labels=``: names, or name → the values it may have (None: any)."""

MultiprocessMode = Literal[
    "sum", "livesum", "min", "livemin", "max", "livemax", "mostrecent", "livemostrecent", "liveall"
]
"""How what several processes say of a gauge becomes one value; ``live``: only what living ones say."""

OVERFLOW = "_OTHER"
"""The label value of an overflow series: OpenTelemetry's own word for "not one of the known ones"."""

# Prometheus' own defaults for requests of a web service, in seconds.
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Prometheus writes these itself: https://prometheus.io/docs/concepts/jobs_instances/
_RESERVED_NAMES = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})
_RESERVED_LABELS: dict[str, str] = {
    "amount": "it is the argument of inc()",
    "value": "it is the argument of observe() and set()",
    "exemplar": "it is an argument of updates",
    "job": "the scrape sets it to the service's name",
    "instance": "the scrape sets it to the process's address",
}
_OWN_LABEL = {"histogram": "le", "summary": "quantile"}
# Endings that a format adds to a name by itself, and the one type that may be declared with it.
_SUFFIXES = {"_total": "counter", "_info": "info", "_bucket": "", "_sum": "", "_count": "", "_created": ""}
_MAX_INITIAL = 10_000
# What cannot be added up; of all else a service has the sum of what its processes have.
_NOT_SUMMED: dict[str, MultiprocessMode] = {
    "_timestamp_seconds": "max",
    "_time_seconds": "max",
    "_ratio": "livemostrecent",
    "_celsius": "livemostrecent",
}
# What the memory that processes share has room for.
_MAX_LABELS = 32
_MAX_STATES = 52
_MAX_BUCKETS = 1000


class Theirs(TypedDict, total=False):
    """What prometheus_client calls ``help`` and ``labels``, and the parts of a name that it can be given apart."""

    documentation: str
    labelnames: Sequence[str]
    namespace: str
    subsystem: str


class Description(NamedTuple):
    """Everything known about a metric before it has a value. Made by `describe` or `describe_foreign`.

    ``labels`` are (name, allowed values or None) in declared order; ``buckets`` the finite upper bounds;
    ``exporter`` names the program that exposes a foreign metric, else ``""``; ``multiprocess_mode`` is a gauge's;
    ``native``: a histogram has exponential buckets, too; ``expires``: milliseconds after which a series is dropped that
    nothing has touched, 0 for never. A named tuple, because the module
    `dataclasses` would double what it costs to import this room.
    """

    type: MetricType
    name: str
    help: str
    place: Place
    unit: str = ""
    labels: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    buckets: tuple[float, ...] = ()
    states: tuple[str, ...] = ()
    max_series: int = 1000
    exporter: str = ""
    multiprocess_mode: MultiprocessMode = "livesum"
    native: bool = False
    expires: int = 0

    def __eq__(self, other: object) -> bool:
        """Whether the same is described; where it is declared does not count."""
        return isinstance(other, Description) and tuple(self._replace(place=other.place)) == tuple(other)

    def __hash__(self) -> int:
        return hash((self.type, self.name))

    @property
    def family(self) -> str:
        """The name of the metric family in OpenMetrics: without ``_total`` or ``_info``."""
        if self.type == "counter":
            return self.name.removesuffix("_total")
        if self.type == "info":
            return self.name.removesuffix("_info")
        return self.name

    @property
    def sample_names(self) -> tuple[str, ...]:
        """The names of the series it is exposed as."""
        if self.type == "histogram":
            return tuple(self.name + suffix for suffix in ("_bucket", "_sum", "_count"))
        if self.type == "summary":
            return tuple(self.name + suffix for suffix in ("_sum", "_count"))
        return (self.name,)

    @property
    def taken(self) -> frozenset[str]:
        """Every name that no other metric may have, in any exposition format."""
        names = {self.name, self.family, *self.sample_names}
        if self.type in ("counter", "histogram", "summary"):
            names.add(self.family + "_created")
        return frozenset(names)

    @property
    def combinations(self) -> int:
        """How many series the declared values make; 0 where a label may have any value."""
        return math.prod(len(values) if values is not None else 0 for _, values in self.labels)


def describe(
    kind: MetricType,
    name: str,
    help: str,  # noqa: A002 - the word of the field
    *,
    place: Place,
    labels: LabelsArgument = None,
    theirs: Theirs | None = None,
    unit: str | None = None,
    buckets: Sequence[float] | None = None,
    states: Sequence[str] = (),
    max_series: int = 1000,
    multiprocess_mode: MultiprocessMode | None = None,
    native: bool = False,
    expires: "Duration | None" = None,
) -> Description:
    """The description of a metric of our own.

    Raises:
        DeclarationError: a name, unit, label or bucket cannot be; the message says what to write.
    """
    if theirs:
        name, help, labels = _ours(name, help, labels, theirs, place)  # noqa: A001 - the word of the field
    _check_name(kind, name, place)
    if not isinstance(help, str) or not help.strip():
        raise DeclarationError(f"{place}: {name} has no help; say in a sentence what it counts or measures")
    pairs = _labels(name, labels, place)
    for label, _ in pairs:
        _check_label(kind, name, label, place)
        if label == "pid" and multiprocess_mode == "liveall":
            raise DeclarationError(
                f"{place}: {name} has the label 'pid', which multiprocess_mode='liveall' sets itself; "
                "choose another name"
            )
    if len(pairs) > _MAX_LABELS:
        raise DeclarationError(f"{place}: {name} has {len(pairs)} labels; declare at most {_MAX_LABELS}")
    if not isinstance(max_series, int) or max_series < 1:
        raise DeclarationError(f"{place}: {name} has max_series={max_series!r}; write a whole number of at least 1")
    described = Description(
        kind,
        name,
        " ".join(help.split()),
        place,
        _unit(kind, name, unit, place),
        pairs,
        _buckets(name, DEFAULT_BUCKETS if buckets is None else buckets, place) if kind == "histogram" else (),
        _states(name, states, place) if kind == "stateset" else (),
        max_series,
        multiprocess_mode=_mode(name, multiprocess_mode, place),
        native=native,
        expires=_expiry(name, expires, place),
    )
    if described.combinations > min(max_series, _MAX_INITIAL):
        raise DeclarationError(
            f"{place}: {name} declares values for {described.combinations} series, more than max_series={max_series}; "
            "declare fewer values, or raise max_series"
        )
    return described


def describe_foreign(
    kind: MetricType,
    name: str,
    *,
    place: Place,
    help: str = "",  # noqa: A002 - the word of the field
    labels: LabelsArgument = None,
    unit: str | None = None,
    exporter: str,
) -> Description:
    """The description of a metric that another program exposes, whatever its name is like.

    Raises:
        DeclarationError: the type or a name is not one, or the exporter is not named.
    """
    if kind not in get_args(MetricType):
        raise DeclarationError(f"{place}: {name} has the type {kind!r}; it is one of {', '.join(get_args(MetricType))}")
    if not isinstance(name, str) or not _is_word(name.replace(":", "_")):
        raise DeclarationError(f"{place}: {name!r} is not a metric name; letters, digits, '_' and ':' make one")
    if not exporter:
        raise DeclarationError(
            f"{place}: {name} has no exporter; name the program that exposes it, e.g. 'node_exporter'"
        )
    pairs = _labels(name, labels, place)
    for label, _ in pairs:
        _check_label_form(name, label, place)
    return Description(kind, name, " ".join(help.split()), place, unit or "", pairs, exporter=exporter)


def _ours(
    name: str,
    help: str,  # noqa: A002 - the word of the field
    labels: LabelsArgument,
    theirs: Theirs,
    place: Place,
) -> tuple[str, str, LabelsArgument]:
    """Name, help and labels, where some are given as prometheus_client wants them."""
    unknown = sorted(set(theirs) - set(Theirs.__annotations__))
    if unknown:
        raise DeclarationError(f"{place}: {name} was given {unknown[0]}=, which is no argument of a metric; remove it")
    if help and "documentation" in theirs:
        raise DeclarationError(f"{place}: {name} has help= and documentation=, which is the same; remove one")
    if labels and "labelnames" in theirs:
        raise DeclarationError(f"{place}: {name} has labels= and labelnames=, which is the same; remove one")
    parts = (theirs.get("namespace", ""), theirs.get("subsystem", ""), name)
    return "_".join(filter(None, parts)), theirs.get("documentation", help), theirs.get("labelnames", labels)


def _is_word(text: object) -> bool:
    """Whether this is letters, digits and underscores, no digit first: in ASCII that is what Python calls a name."""
    return isinstance(text, str) and text.isascii() and text.isidentifier()


def _check_name(kind: MetricType, name: str, place: Place) -> None:
    if not _is_word(name):
        why = "; ':' is for recording rules" if isinstance(name, str) and ":" in name else ""
        raise DeclarationError(f"{place}: {name!r} is not a metric name; write letters, digits and underscores{why}")
    if name.startswith(("__", "scrape_")) or name in _RESERVED_NAMES:
        raise DeclarationError(f"{place}: {name} is a name that Prometheus writes itself; put your domain in front")
    if kind == "counter" and not name.endswith("_total"):
        raise DeclarationError(f"{place}: the counter {name} must end in _total; write {_repaired(name)}_total")
    if kind == "info" and not name.endswith("_info"):
        raise DeclarationError(f"{place}: the info {name} must end in _info; write {name}_info")
    if name in _SUFFIXES:
        raise DeclarationError(f"{place}: {name} is only an ending; say before it what it counts")
    for suffix, allowed in _SUFFIXES.items():
        if name.endswith(suffix) and kind != allowed:
            reason = (
                f"is the ending of a{'n' if allowed == 'info' else ''} {allowed}"
                if allowed
                else "is added by the format"
            )
            raise DeclarationError(
                f"{place}: the {kind} {name} must not end in {suffix}, which {reason}; "
                f"write {name.removesuffix(suffix)}"
            )


def _repaired(name: str) -> str:
    stem, _, last = name.rpartition("_")
    return f"{stem}_{INSTEAD[last]}" if stem and last in INSTEAD else name


def _unit(kind: MetricType, name: str, unit: str | None, place: Place) -> str:
    ending = "_total" if kind == "counter" else ""
    stem = name.removesuffix(ending)
    last = stem.rpartition("_")[2]
    if kind in ("info", "stateset"):
        if unit:
            raise DeclarationError(f"{place}: the {kind} {name} has no unit; remove unit={unit!r}")
        return ""
    if last in INSTEAD and last != stem:
        raise DeclarationError(
            f"{place}: {name} measures in {last}; use the base unit {INSTEAD[last]} and write {_repaired(stem)}{ending}"
        )
    if not unit:
        return last if last in BASE_UNITS and last != stem else ""
    if unit in INSTEAD:
        raise DeclarationError(f"{place}: {name} has unit={unit!r}; use the base unit {INSTEAD[unit]!r}")
    if not _is_word(unit):
        raise DeclarationError(f"{place}: {name} has unit={unit!r}; a unit is one word of letters, e.g. 'seconds'")
    if not stem.endswith("_" + unit):
        raise DeclarationError(f"{place}: {name} must name its unit {unit}; write {stem}_{unit}{ending}")
    return unit


def _labels(name: str, labels: LabelsArgument, place: Place) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
    if labels is None:
        return ()
    if isinstance(labels, str):
        raise DeclarationError(f"{place}: {name} has labels={labels!r}; write a list: labels=[{labels!r}]")
    pairs: list[tuple[str, tuple[str, ...] | None]] = []
    for label in labels:
        values = labels[label] if isinstance(labels, Mapping) else None
        if isinstance(values, str):
            raise DeclarationError(
                f"{place}: {name} allows {label}={values!r}; write a list: {{{label!r}: [{values!r}]}}"
            )
        if values is not None:
            values = tuple(values)
            if not values or len(set(values)) != len(values) or not all(isinstance(value, str) for value in values):
                raise DeclarationError(
                    f"{place}: {name} allows {label}={list(values)!r}; list different strings, or None for any value"
                )
        if any(label == other for other, _ in pairs):
            raise DeclarationError(f"{place}: {name} has the label {label!r} twice; remove one")
        pairs.append((label, values))
    return tuple(pairs)


def _check_label_form(name: str, label: str, place: Place) -> None:
    if not _is_word(label) or label.startswith("__"):
        raise DeclarationError(
            f"{place}: {name} has the label {label!r}; write letters, digits and underscores, not two underscores first"
        )


def _check_label(kind: MetricType, name: str, label: str, place: Place) -> None:
    _check_label_form(name, label, place)
    if label in _RESERVED_LABELS:
        raise DeclarationError(
            f"{place}: {name} has the label {label!r}, but {_RESERVED_LABELS[label]}; choose another name"
        )
    if label == _OWN_LABEL.get(kind) or (kind == "stateset" and label == name):
        raise DeclarationError(
            f"{place}: {name} has the label {label!r}, which a {kind} sets itself; choose another name"
        )


def _buckets(name: str, buckets: Sequence[float], place: Place) -> tuple[float, ...]:
    bounds = tuple(float(bound) for bound in buckets)
    if bounds and bounds[-1] == math.inf:
        bounds = bounds[:-1]
    if not bounds or not all(map(math.isfinite, bounds)):
        raise DeclarationError(
            f"{place}: {name} has buckets={list(buckets)!r}; list finite upper bounds, +Inf is added"
        )
    if len(bounds) > _MAX_BUCKETS:
        raise DeclarationError(f"{place}: {name} has {len(bounds)} buckets; declare at most {_MAX_BUCKETS}")
    if any(lower >= upper for lower, upper in pairwise(bounds)):
        raise DeclarationError(f"{place}: {name} has buckets={list(buckets)!r}; they must grow from each to the next")
    return bounds


def _states(name: str, states: Sequence[str], place: Place) -> tuple[str, ...]:
    found = () if isinstance(states, str) else tuple(states)
    if len(found) > _MAX_STATES:
        raise DeclarationError(f"{place}: {name} has {len(found)} states; declare at most {_MAX_STATES}")
    if not found or len(set(found)) != len(found) or not all(isinstance(state, str) and state for state in found):
        raise DeclarationError(f"{place}: {name} has states={states!r}; list different names, e.g. ['idle', 'busy']")
    return found


def _mode(name: str, mode: MultiprocessMode | None, place: Place) -> MultiprocessMode:
    if mode is None:
        return next((mode for ending, mode in _NOT_SUMMED.items() if name.endswith(ending)), "livesum")
    if mode not in get_args(MultiprocessMode):
        gone = str(mode) == "all"
        why = "; the series of processes that are gone would never end, write 'liveall'" if gone else ""
        raise DeclarationError(
            f"{place}: {name} has multiprocess_mode={mode!r}; it is one of {', '.join(get_args(MultiprocessMode))}{why}"
        )
    return mode


def _expiry(name: str, expires: "Duration | None", place: Place) -> int:
    if expires is None:
        return 0
    from vedette.duration import milliseconds  # noqa: PLC0415 - few metrics expire

    try:
        found = milliseconds(expires)
    except (TypeError, ValueError) as problem:
        raise DeclarationError(f"{place}: {name} has expires={expires!r}: {problem}") from None
    if found <= 0:
        raise DeclarationError(f"{place}: {name} has expires={expires!r}; it must be longer than nothing, e.g. '1h'")
    return found
