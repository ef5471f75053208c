"""Checks of service level objectives."""
