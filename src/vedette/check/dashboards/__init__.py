"""Checks over Grafana dashboards, ours and anybody's."""
