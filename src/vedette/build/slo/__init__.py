"""Objectives: what counts their events, what alerts of them, and what is told of both."""

from __future__ import annotations

from vedette.build.slo.objective import Objective, Where, objective_of

__all__ = ["Objective", "Where", "objective_of"]
