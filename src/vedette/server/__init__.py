"""Composes engine and alerting and serves them: one file per protocol, and the page."""
