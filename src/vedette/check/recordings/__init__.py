"""Checks over recording rules and their groups."""
