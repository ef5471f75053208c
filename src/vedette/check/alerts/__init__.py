"""Checks of alerts: what they say, when they fire, whether they can."""
