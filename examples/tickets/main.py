"""A ticket office in Flask: seats are reserved, paid for, and given back when nobody pays. ``flask --app`` runs it.

``TICKETS_BUG`` puts one of the bugs in that its alert tests find: ``leak`` (what is not paid for is never given back),
``slow`` (each look at the hall takes as long as it has seats), ``crash`` (a hall that is full is an error).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from examples.tickets.observability import free, reservations
from flask import Flask

import vedette

__all__ = ["Hall", "app", "create"]

_HELD = 300.0
"""Seconds that a seat is held for somebody who has not paid."""


def _has(bug: str) -> bool:
    return os.environ.get("TICKETS_BUG") == bug


class FullError(Exception):
    """There is no seat."""


@dataclass
class Hall:
    """The seats of an evening."""

    seats: int = 120
    held: dict[int, float] = field(default_factory=dict)
    """Seat → until when, in seconds since the epoch."""

    def reserve(self) -> int:
        """Hold a seat.

        Raises:
            FullError: there is none.
        """
        self._give_back()
        for seat in range(self.seats):
            if seat not in self.held:
                self.held[seat] = time.time() + _HELD
                return seat
        raise FullError

    def free(self) -> int:
        """How many seats are free."""
        self._give_back()
        return self.seats - len(self.held)

    def _give_back(self) -> None:
        if not _has("leak"):
            now = time.time()
            self.held = {seat: until for seat, until in self.held.items() if until > now}


def create(hall: Hall) -> Flask:
    """The office of a hall."""
    office = Flask(__name__)
    free.set_function(hall.free)

    @office.get("/seats")
    def look() -> dict[str, int]:
        time.sleep(0.01 * hall.seats if _has("slow") else 0.02)
        return {"free": hall.free()}

    @office.post("/seats")
    def reserve() -> tuple[dict[str, object], int]:
        time.sleep(0.03)
        try:
            seat = hall.reserve()
        except FullError:
            reservations.inc("full")
            if _has("crash"):
                raise
            return {"error": "no seat is free"}, 409
        reservations.inc("reserved")
        return {"seat": seat}, 201

    return vedette.instrument(office)


app = create(Hall())
