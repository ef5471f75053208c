"""A runbook: what a person woken at 3 a.m. reads. Nine sections; the declaration writes those it can."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import fail
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Runbook"]

_LISTS = ("causes", "investigation", "resolution", "long_term", "prevention")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """The hand-written parts; Markdown throughout.

    The sections are: alert details (generated: query, severity, time limits, links) · symptoms · impact · root
    causes · investigation · resolution (now, long-term) · verification · escalation · post-incident and prevention.
    ``{expr}`` in a text stands for the alert's query as built, so that it can be pasted. The first point of the
    resolution stands at the top, too; words in capitals within commands (``POD``) are explained there where they are
    labels of the alert.

    Args:
        symptoms: what users and graphs show.
        impact: who is harmed and how: users, business, data.
        causes: the likeliest first.
        investigation: the steps, in order, with queries and commands in fenced blocks.
        resolution: what stops the harm now.
        long_term: what keeps it from coming back by itself.
        verification: how to see that it is over, beside the alert resolving.
        escalation: whom to call and when, beside the time limits of the severity.
        prevention: what to look at after the incident.

    Raises:
        DeclarationError: a part that is a list of points is one text.
    """

    symptoms: str = ""
    impact: str = ""
    causes: Sequence[str] = ()
    investigation: Sequence[str] = ()
    resolution: Sequence[str] = ()
    long_term: Sequence[str] = ()
    verification: str = ""
    escalation: str = ""
    prevention: Sequence[str] = ()
    place: Place = field(default_factory=caller, compare=False, repr=False)

    def __post_init__(self) -> None:
        for key in _LISTS:
            value = getattr(self, key)
            if isinstance(value, str):
                raise fail(self.place, f"runbook has {key} as one text; write a list of points: {key}=[…]")
            object.__setattr__(self, key, tuple(value))
