"""OpenSLO v1 files as typed values: the SLOs of a file, with the SLIs they refer to. Reader and writer.

The format: https://github.com/OpenSLO/OpenSLO#specification. Other kinds of objects in a file are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from vedette.formats import yaml
from vedette.formats._yaml_text import Source, Verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.place import Place

__all__ = ["VERSION", "Metric", "OpenSlo", "Ratio", "Target", "Threshold", "read", "write"]

VERSION: Final = "openslo/v1"
_METHODS: Final = ("Occurrences", "Timeslices", "RatioTimeslices")
_OPERATORS: Final = ("lte", "gte", "lt", "gt")

_SOURCE: yaml.Shape = {"metricSource": yaml.shape("metricSourceRef type", spec={"*": None})}
_METADATA: yaml.Shape = yaml.shape("name displayName", labels={"*": None}, annotations={"*": None})
_SLI: yaml.Shape = yaml.shape(
    "description",
    thresholdMetric=_SOURCE,
    ratioMetric=yaml.shape("counter rawType", good=_SOURCE, bad=_SOURCE, total=_SOURCE, raw=_SOURCE),
)
_SHAPES: Final[Mapping[str, yaml.Shape]] = {
    "SLI": yaml.shape("apiVersion kind", metadata=_METADATA, spec=_SLI),
    "SLO": yaml.shape(
        "apiVersion kind",
        metadata=_METADATA,
        spec=yaml.shape(
            "description service indicatorRef budgetingMethod alertPolicies",
            indicator=yaml.shape("", metadata=_METADATA, spec=_SLI),
            timeWindow=yaml.shape("duration isRolling", calendar={"*": None}),
            objectives=yaml.shape(
                "displayName op value target targetPercent timeSliceTarget timeSliceWindow indicatorRef "
                "compositeWeight",
                indicator=yaml.shape("", metadata=_METADATA, spec=_SLI),
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Where numbers come from. ``query`` is empty where the source has none by that name."""

    type: str = "Prometheus"
    query: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Good or bad events over all; ``counter`` says that the numbers only grow."""

    total: Metric
    good: Metric | None = None
    bad: Metric | None = None
    counter: bool = True
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number that objectives compare."""

    metric: Metric
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of the objectives."""

    target: Decimal
    """The share of good events."""
    name: str = ""
    op: str = ""
    value: Decimal | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlo:
    """One SLO."""

    name: str
    indicator: Ratio | Threshold
    targets: tuple[Target, ...]
    title: str = ""
    service: str = ""
    description: str = ""
    window: str = "28d"
    rolling: bool = True
    method: str = "Occurrences"
    annotations: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


def read(text: str, path: str) -> tuple[OpenSlo, ...]:
    """The SLOs of a file; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix.
    """
    sections: list[tuple[str, yaml.Section]] = []
    for node in yaml.documents(Source(path, text.removeprefix("\ufeff")), "the OpenSLO file"):
        for one in node.items() if node.kind == "list" else () if node.null else (node,):
            section = one.section()
            kind = section.required("kind", "write for example kind: SLO")
            version = section.required("apiVersion", f"write apiVersion: {VERSION}")
            if kind not in _SHAPES:
                continue
            if version != VERSION:
                raise section.error(f"apiVersion is {version!r}; this reads {VERSION}: convert it first", "apiVersion")
            one.check(_SHAPES[kind])
            sections.append((kind, section))
    indicators = {_name(section): section.section("spec") for kind, section in sections if kind == "SLI"}
    return tuple(_slo(section, indicators) for kind, section in sections if kind == "SLO")


def _name(section: yaml.Section) -> str:
    return section.section("metadata").required("name", "write metadata: {name: …}")


def _slo(section: yaml.Section, indicators: Mapping[str, yaml.Section]) -> OpenSlo:
    metadata, spec = section.section("metadata"), section.section("spec")
    windows = list(spec.sections("timeWindow"))
    if len(windows) != 1:
        raise spec.error(f"an SLO has one timeWindow, this has {len(windows)}", "timeWindow")
    targets = tuple(_target(one) for one in spec.sections("objectives"))
    if not targets:
        raise spec.error("the SLO has no objectives; write objectives: [{target: 0.999}]", "objectives")
    return OpenSlo(
        name=_name(section),
        indicator=_indicator(spec, indicators),
        targets=targets,
        title=metadata.string("displayName"),
        service=spec.string("service"),
        description=spec.string("description"),
        window=windows[0].required("duration", "write duration: 28d"),
        rolling=windows[0].boolean("isRolling", default=windows[0].get("calendar") is None),
        method=spec.one_of("budgetingMethod", _METHODS, "Occurrences"),
        annotations=metadata.pairs("annotations"),
        place=section.place,
    )


def _indicator(spec: yaml.Section, indicators: Mapping[str, yaml.Section]) -> Ratio | Threshold:
    reference = spec.string("indicatorRef")
    if reference and reference not in indicators:
        known = f"; there are {', '.join(sorted(indicators))}" if indicators else ""
        raise spec.error(f"indicatorRef is {reference!r}, and the file has no such SLI{known}", "indicatorRef")
    found = indicators[reference] if reference else spec.section("indicator").section("spec")
    ratio, threshold = found.get("ratioMetric"), found.get("thresholdMetric")
    if (ratio is None) == (threshold is None):
        raise found.error("an indicator has either a ratioMetric or a thresholdMetric; write one of them")
    if threshold is not None:
        return Threshold(metric=_metric(found.section("thresholdMetric")), place=threshold.place)
    return _ratio(found.section("ratioMetric"))


def _ratio(section: yaml.Section) -> Ratio:
    if section.get("raw") is not None:
        raise section.error(
            "a raw ratio says nothing of how many events there were; write good or bad, and total", "raw"
        )
    found = {key: _metric(section.section(key)) for key in ("good", "bad") if section.get(key) is not None}
    if len(found) != 1 or section.get("total") is None:
        raise section.error("a ratioMetric has total, and one of good and bad")
    return Ratio(
        total=_metric(section.section("total")),
        good=found.get("good"),
        bad=found.get("bad"),
        counter=section.boolean("counter", default=False),
        place=section.place,
    )


def _metric(section: yaml.Section) -> Metric:
    source = section.section("metricSource")
    spec = source.section("spec")
    return Metric(type=source.string("type", "Prometheus"), query=spec.string("query"), place=spec.place)


def _target(section: yaml.Section) -> Target:
    share, percent = section.get("target"), section.get("targetPercent")
    if (share is None) == (percent is None):
        raise section.error("an objective has either target or targetPercent; write for example target: 0.999")
    target = _number(section, "target") if share is not None else _number(section, "targetPercent") / 100
    if not 0 < target < 1:
        raise section.error(f"the target is {target}; it is a share between 0 and 1")
    return Target(
        target=target,
        name=section.string("displayName"),
        op=section.one_of("op", _OPERATORS, ""),
        value=None if section.get("value") is None else _number(section, "value"),
        place=section.place,
    )


def _number(section: yaml.Section, key: str) -> Decimal:
    text = section.string(key)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise section.error(f"{key} is {text!r}; write a number", key)
    return number


def write(slos: Iterable[OpenSlo]) -> str:
    """The documents, the same bytes for the same values."""
    return "---\n".join(yaml.write(_document(one)) for one in slos)


def _document(one: OpenSlo) -> dict[str, Any]:
    return {
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": _without_nothing(
            {"name": one.name, "displayName": one.title, "annotations": dict(one.annotations)}
        ),
        "spec": _without_nothing(
            {
                "description": one.description,
                "service": one.service,
                "indicator": {"metadata": {"name": one.name}, "spec": _written(one.indicator)},
                "timeWindow": [{"duration": one.window, "isRolling": one.rolling}],
                "budgetingMethod": one.method,
                "objectives": _objectives(one.targets),
            }
        ),
    }


def _written(indicator: Ratio | Threshold) -> dict[str, Any]:
    if isinstance(indicator, Threshold):
        return {"thresholdMetric": _source(indicator.metric)}
    parts = (("good", indicator.good), ("bad", indicator.bad), ("total", indicator.total))
    return {
        "ratioMetric": {
            "counter": indicator.counter,
            **{key: _source(metric) for key, metric in parts if metric is not None},
        }
    }


def _source(metric: Metric) -> dict[str, Any]:
    return {"metricSource": {"type": metric.type, "spec": {"query": metric.query}}}


def _objectives(targets: Sequence[Target]) -> list[dict[str, Any]]:
    return [
        _without_nothing(
            {
                "displayName": one.name,
                "op": one.op,
                "value": "" if one.value is None else Verbatim(format(one.value, "f")),
                "target": Verbatim(format(one.target, "f")),
            }
        )
        for one in targets
    ]


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value not in ("", {}, [])}
