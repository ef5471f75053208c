"""What a whole query leaves, its branches taken together: which labels are possible, which series it would record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.promql.flow.labels import Label, Labels
from vedette.promql.flow.series import Series
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.place import Place
    from vedette.promql.flow.branch import Flow

__all__ = ["joined", "labelled", "possible", "recorded"]


def possible(flow: Flow) -> frozenset[str] | None:
    """The labels that a series can have at most, its name aside; None where any is possible."""
    found: frozenset[str] = frozenset()
    for branch in flow:
        labels = branch.labels.possible()
        if labels is None:
            return None
        found |= labels
    return found - {NAME}


def joined(flow: Flow) -> Labels:
    """The labels of all branches that can yield something."""
    alive = [branch.labels for branch in flow if branch.empty is None] or [branch.labels for branch in flow]
    names = dict.fromkeys(name for labels in alive for name in labels.named)
    return Labels(
        {name: _either([labels.get(name) for labels in alive]) for name in names},
        _either([labels.other for labels in alive]),
    )


def _either(labels: list[Label]) -> Label:
    first, *others = labels
    if not others:
        return first
    states = {label.state for label in labels}
    there = [label.values for label in labels if label.state != "never"]
    values: frozenset[str] | None = frozenset()
    for one in there:
        values = None if values is None or one is None else values | one
    why = next((label.why for label in labels if label.why is not None), None)
    return Label(first.state if len(states) == 1 else "maybe", values if there else None, why)


def labelled(flow: Flow, labels: Mapping[str, str]) -> Flow:
    """What a rule that adds these labels makes of it."""
    added = {key: Label("always", frozenset({value})) if value else Label("never") for key, value in labels.items()}
    if not added:
        return flow
    return tuple(
        replace(branch, labels=Labels({**branch.labels.named, **added}, branch.labels.other)) for branch in flow
    )


def recorded(name: str, flow: Flow, *, why: str = "", place: Place | None = None) -> Series:
    """The series that recording rules of one name make of this; what they add is added by `labelled`."""
    alive = [branch for branch in flow if branch.empty is None] or list(flow)
    first = alive[0]
    left = joined(flow)
    named = {key: label for key, label in left.named.items() if key != NAME}
    kind = first.type if all(one.type == first.type for one in alive) else "unknown"
    unit = first.unit if all(one.unit == first.unit for one in alive) else None
    if kind == "bucket" and first.series:
        unit = first.series[0].unit  # of what is observed: that buckets count goes without saying
    return Series(
        name=name,
        type="gauge" if kind in ("scalar", "quantile", "info") else kind,
        unit=unit,
        labels=Labels(named, left.other),
        low=min(one.low for one in alive),
        high=max(one.high for one in alive),
        bounds=first.bounds if all(one.bounds == first.bounds for one in alive) else (),
        metric=name,
        certain=all(one.certain for one in alive),
        why=why,
        place=place,
    )
