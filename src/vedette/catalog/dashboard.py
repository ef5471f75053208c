"""How a pack's panels are presented: title, variables, time range."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_duration, fail, find_twice, is_label_name, is_metric_name
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.duration import Duration

__all__ = ["OWN_VARIABLES", "Dashboard", "Variable"]

OWN_VARIABLES = ("datasource", "job", "instance")
"""The variables that every dashboard has."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard, from the values of a label; several can be chosen, or all.

    Args:
        name: used in queries as ``label=~"$name"``.
        metric: the series whose label values are offered.
        label: the label.
        title: shown beside it; the name where it is empty.

    Raises:
        DeclarationError: the name is taken, or a name is not valid.
    """

    name: str
    metric: str
    label: str
    title: str = ""
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = f"variable {self.name!r}"
        if not is_label_name(self.name):
            raise fail(self.place, f"{owner} is not a name of letters, digits and underscores")
        if self.name in OWN_VARIABLES:
            raise fail(self.place, f"{owner} exists on every dashboard already; remove it or choose another name")
        if not is_metric_name(self.metric):
            raise fail(self.place, f"{owner} has metric={self.metric!r}; write the name of a series")
        if not is_label_name(self.label):
            raise fail(self.place, f"{owner} has label={self.label!r}; write the name of a label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """The frame around a pack's panels.

    Args:
        description: what the dashboard answers, in a sentence.
        variables: beside ``$datasource``, ``$job`` and ``$instance``, which every dashboard has.
        range: what is shown at first.
        refresh: how often it is drawn again.
        tags: to find it by.

    Raises:
        DeclarationError: two variables share a name, or a duration is not one.
    """

    description: str = ""
    variables: Sequence[Variable] = ()
    range: Duration = "1h"
    refresh: Duration = "10s"
    tags: Sequence[str] = ()
    place: Place = field(default_factory=caller, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "tags", tuple(self.tags))
        twice = find_twice(variable.name for variable in self.variables)
        if twice:
            raise fail(self.place, f"the dashboard has two variables {twice!r}; rename one")
        check_duration(self.place, "the dashboard", "range", self.range, zero=False)
        check_duration(self.place, "the dashboard", "refresh", self.refresh, zero=False)
