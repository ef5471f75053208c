"""Dashboards, rules and routes of a stack over made-up samples, before anything runs.

What a metric is shown with follows from its declaration, from tables of what is usual (`words`, `levels`) and from what
queries ask for; all of it moves with the hour of the day, with noise, and through one incident (`movement`).
"""

from vedette.testing.preview.world import NOTICE, Preview

__all__ = ["NOTICE", "Preview"]
