"""What really was wrong and when, as people wrote it down: a CSV, JSON or YAML file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from vedette.errors import ConfigError
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from vedette.promql.labels import Labels
    from vedette.testing.backtest.episodes import Episode

__all__ = ["Incident", "load_incidents", "moment"]

_KEYS: Final = ("start", "end", "name")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was wrong. Times are milliseconds since the epoch."""

    name: str
    start: int
    end: int
    labels: Mapping[str, str] = field(default_factory=dict)
    """Only alerts with all of these labels count for it; ``alertname`` is one."""

    def is_meant(self, labels: Labels) -> bool:
        """Whether an alert with these labels can tell of it."""
        return self.labels.items() <= dict(labels).items()

    def noticed(self, episode: Episode) -> bool:
        """Whether the alert fired while it lasted."""
        return (
            episode.fired_at is not None
            and episode.fired_at <= self.end
            and (episode.ended_at is None or episode.ended_at > self.start)
            and self.is_meant(episode.labels)
        )


def moment(text: str) -> int:
    """Milliseconds of ``2026-01-31T12:00:00Z``, a day, or seconds since the epoch; UTC where it says no zone.

    Raises:
        ValueError: it is none.
    """
    try:
        return round(float(text) * 1000)
    except ValueError:
        pass
    found = datetime.fromisoformat(text.strip())
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def load_incidents(path: Path) -> tuple[Incident, ...]:
    """Read a file: CSV with a first line of names, or a list of objects as JSON or YAML.

    ``start``, ``end`` and ``name``; every further column, or what stands under ``labels``, is a label.

    Raises:
        ConfigError: it cannot be read, or an entry is no incident; the message says which one.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem
    return tuple(_incident(row, f"{path}: incident {number}") for number, row in enumerate(_rows(path, text), 1))


def _rows(path: Path, text: str) -> Iterable[Mapping[str, Any]]:
    if path.suffix == ".csv":
        reader = csv.DictReader(io.StringIO(text))
        missing = [key for key in _KEYS if key not in (reader.fieldnames or ())]
        if missing:
            raise ConfigError(f"{path}:1: there is no column {missing[0]!r}; the first line is start,end,name")
        return list(reader)
    if path.suffix == ".json":
        try:
            found = json.loads(text)
        except ValueError as problem:
            raise ConfigError(f"{path}: not JSON: {problem}") from None
    else:
        found = yaml.parse(text, str(path), "the list of incidents").plain()
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ConfigError(f"{path}: expected a list of objects with start, end and name")
    return found


def _incident(row: Mapping[str, Any], where: str) -> Incident:
    times = []
    for key in ("start", "end"):
        given = row.get(key)
        try:
            times.append(moment(str(given)))
        except ValueError:
            raise ConfigError(
                f"{where} has {key}={given!r}; write 2026-01-31T12:00:00Z, or seconds since the epoch"
            ) from None
    if times[1] < times[0]:
        raise ConfigError(f"{where} ends before it starts: {row.get('start')} to {row.get('end')}")
    given = row.get("labels") or {}
    if not isinstance(given, dict):
        raise ConfigError(f"{where} has labels={given!r}; write name: value")
    others = {key: value for key, value in row.items() if key not in (*_KEYS, "labels", None) and value}
    labels = {str(key): str(value) for key, value in {**others, **given}.items()}
    return Incident(str(row.get("name") or ""), times[0], times[1], labels)
