"""Checks over every query, of rules and panels alike."""
