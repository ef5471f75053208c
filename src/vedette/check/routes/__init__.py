"""Checks over Alertmanager's configuration: who is told of which alert, when, and what mutes what."""
