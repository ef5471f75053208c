"""Objectives that cannot have all their alerts, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.build.note import Note

if TYPE_CHECKING:
    from vedette.build.plan import Plan

__all__ = ["notes"]


def notes(plan: Plan) -> list[Note]:
    """One for each objective with tiers left out."""
    found: dict[Note, None] = {}
    for one in (one for use in plan.uses for one in use.objectives):
        if one.left_out:
            left = "; ".join(f"no {out.tier.severity} alert, for {out.why}" for out in one.left_out)
            found[Note(one.slo.place, f"objective {one.id} has {left}")] = None
    return list(found)
