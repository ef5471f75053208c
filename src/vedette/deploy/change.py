"""One difference between what is there and what is wanted, as one sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.place import Place

__all__ = ["TARGETS", "Change", "Kind", "Target", "from_to", "merged", "short"]

Kind = Literal["new", "gone", "changed"]
Target = Literal["prometheus", "alertmanager", "grafana"]

TARGETS: Final[tuple[Target, ...]] = ("prometheus", "alertmanager", "grafana")
"""In the order in which they are applied: rules first, then who is told, then what shows them."""

_LONG: Final = 90


@dataclass(frozen=True, slots=True)
class Change:
    """What differs, of what, and where it was looked for."""

    target: Target
    kind: Kind
    subject: str
    """``alert NoOrders``, ``route severity="low"``: what has a place is found by it."""
    sentence: str
    old: str = ""
    new: str = ""
    threshold: bool = False
    """Whether a number is another at which something fires, or which a panel marks."""
    also: tuple[str, ...] = ()
    """What says the same in other words, and goes with it."""
    where: tuple[str, ...] = ()
    """Folders and addresses where it differs."""
    place: Place | None = None
    """Of the declaration; None of what nobody declares."""

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "target": self.target,
            "kind": self.kind,
            "subject": self.subject,
            "sentence": self.sentence,
            "old": self.old,
            "new": self.new,
            "also": list(self.also),
            "where": list(self.where),
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
        }


def merged(changes: Iterable[Change], places: Mapping[str, Place]) -> list[Change]:
    """Each change once, with all the places where it differs, the place of its declaration, and what goes with it."""
    found: dict[tuple[str, ...], Change] = {}
    for one in changes:
        key = (one.target, one.subject, one.sentence)
        if known := found.get(key):
            where = tuple(dict.fromkeys((*known.where, *one.where)))
            also = tuple(dict.fromkeys((*known.also, *one.also)))
            found[key] = replace(known, where=where, also=also)
        else:
            found[key] = replace(one, place=places.get(one.subject))
    return _folded(list(found.values()))


def _folded(changes: list[Change]) -> list[Change]:
    """The lines in panels that mark a threshold go with the alert that has the same change."""
    alerts = {
        (one.old, one.new): index for index, one in reversed(list(enumerate(changes)))
        if one.threshold and one.target == "prometheus"
    }  # fmt: skip
    kept: list[Change | None] = list(changes)
    for index, one in enumerate(changes):
        at = alerts.get((one.old, one.new))
        if one.threshold and one.target == "grafana" and at is not None:
            alert = kept[at]
            assert alert is not None
            where = tuple(dict.fromkeys((*alert.where, *one.where)))
            kept[at] = replace(alert, also=(*alert.also, f"the line in {one.subject}"), where=where)
            kept[index] = None
    return [one for one in kept if one is not None]


def short(text: str) -> str:
    """A text on one line, its middle left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[:60]} … {line[-25:]}"


def from_to(what: str, old: str, new: str) -> str:
    """``the threshold of X goes from 0.05 to 0.04``."""
    return f"{what} goes from {short(old) or 'nothing'} to {short(new) or 'nothing'}"
