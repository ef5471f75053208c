"""What there is to say about something, as values; `explain` finds it, the command prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.check.graph.change import Change
    from vedette.check.graph.model import Node, Use
    from vedette.check.graph.pieces import Piece
    from vedette.place import Place

__all__ = ["Asked", "Explanation", "LabelLine", "Line", "User"]


@dataclass(frozen=True, slots=True)
class Line:
    """A term and what there is to say of it."""

    term: str
    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label: its values, and why it is there or is not."""

    name: str
    values: str
    """Empty where no series has it."""
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A query in pieces. ``title`` tells them apart where there are several."""

    title: str
    text: str
    place: Place
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class User:
    """Who uses it, and how; ``through`` names what stands between."""

    node: Node
    meaning: str
    uses: tuple[Use, ...] = ()
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything about one node, or about a label of several."""

    kind: str
    name: str
    pack: str = ""
    places: tuple[Place, ...] = ()
    text: str = ""
    """What its author says of it."""
    lines: tuple[Line, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    queries: tuple[Asked, ...] = ()
    firing: tuple[Line, ...] = ()
    """Of an alert: when it fires, and who is told."""
    users: tuple[User, ...] = ()
    changes: tuple[Change, ...] = ()
    note: str = ""
    """What should be known of all this."""
