"""A backtest as plain values, for JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.outcome import AlertOutcome, Hits, Outcome

__all__ = ["plain"]


def plain(outcome: Outcome) -> dict[str, Any]:
    """Everything; times as text in UTC, durations in seconds."""
    return {
        "candidate": outcome.name,
        "start": _time(outcome.start),
        "end": _time(outcome.end),
        "samples": outcome.samples,
        "series": outcome.series,
        "pages_a_week": [
            {"severity": severity, "receiver": receiver, "pages": round(count, 3)}
            for (severity, receiver), count in outcome.pages_a_week.items()
        ],
        "incidents": _hits(outcome.hits),
        "problems": list(outcome.problems),
        "alerts": [_alert(alert) for alert in outcome.alerts],
    }


def _alert(alert: AlertOutcome) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "severity": alert.severity,
        "firings": alert.firings,
        "only_pending": alert.only_pending,
        "flaps": alert.flaps,
        "firing_seconds": alert.firing_time / 1000,
        "seconds_to_resolve": None if alert.to_resolve is None else alert.to_resolve / 1000,
        "longest_seconds": alert.longest / 1000,
        "pages_a_week": None if alert.pages_a_week is None else round(alert.pages_a_week, 3),
        "incidents": _hits(alert.hits),
        "episodes": [_episode(episode) for episode in alert.episodes],
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "labels": dict(episode.labels),
        "pending": _time(episode.active_at),
        "firing": _time(episode.fired_at),
        "over": _time(episode.ended_at),
    }


def _hits(hits: Hits | None) -> dict[str, Any] | None:
    if hits is None:
        return None
    return {
        "right": hits.right,
        "wrong": hits.wrong,
        "noticed": hits.noticed,
        "missed": list(hits.missed),
        "precision": hits.precision,
        "recall": hits.recall,
        "delay_seconds": None if hits.delay is None else hits.delay / 1000,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat().replace("+00:00", "Z")
