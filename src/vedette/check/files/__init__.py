"""Checks of files as such: whether they can be read."""
