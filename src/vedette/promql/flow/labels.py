"""Which labels a series can carry, with which values, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from vedette.promql.ast import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ANY", "NONE", "Label", "Labels", "Reason", "State"]

State = Literal["always", "maybe", "never"]
"""Whether every series has the label, some may, or none can."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so: a sentence without its full stop, and the part of the query that makes it so."""

    text: str
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of one label. ``values`` are all that it can have, None where any is possible."""

    state: State
    values: frozenset[str] | None = None
    why: Reason | None = None


MAYBE: Final = Label("maybe")
NEVER: Final = Label("never")


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels by name; ``other`` is what holds of every label that is not named."""

    named: Mapping[str, Label] = field(default_factory=dict)
    other: Label = MAYBE

    def get(self, name: str) -> Label:
        """What is known of a label."""
        return self.named.get(name, self.other)

    @property
    def closed(self) -> bool:
        """Whether only named labels are possible."""
        return self.other.state == "never"

    def possible(self) -> frozenset[str] | None:
        """The labels that a series can have at most, None where any is possible."""
        if not self.closed:
            return None
        return frozenset(name for name, label in self.named.items() if label.state != "never")

    def with_(self, name: str, label: Label) -> Labels:
        """The same but for one label."""
        return Labels({**self.named, name: label}, self.other)

    def only(self, names: Iterable[str], why: Reason) -> Labels:
        """What is left when all but these are dropped."""
        return Labels({name: self.get(name) for name in names}, Label("never", why=why))

    def without(self, names: Iterable[str], why: Reason) -> Labels:
        """What is left when these are dropped."""
        return Labels({**self.named, **{name: Label("never", why=why) for name in names}}, self.other)


ANY: Final = Labels()
"""Nothing is known."""

NONE: Final = Labels(other=NEVER)
"""There are no labels."""
