"""Checks over runbooks: whether they are there, whole, and speak of what exists."""
