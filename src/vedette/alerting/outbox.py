"""The SQLite file that holds everything of alerting that must survive: alerts, groups, what was told, what waits.

Opened with WAL and ``synchronous=FULL``: what a transaction wrote is on disk when it returns. One thread at a time.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.alerting.delivery import AlertRecord, Entry, Payload, Try
from vedette.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["GroupRow", "LogRow", "Outbox", "StorageError"]

KEEP_TRIES = 100
"""Attempts remembered of one delivery; older ones are only counted."""


class StorageError(VedetteError):
    """The file cannot be read or written: disk full, no permission, not a database, made by a newer Vedette."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group's timers (ms since the epoch, 0 for never)."""

    key: str
    next_flush_at: int
    last_flush_at: int = 0
    failed: bool = False
    empty_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """What an integration was told last of a group; ``delivered_*`` is what it certainly knows."""

    group_key: str
    receiver: str
    integration: str
    firing: frozenset[str]
    resolved: frozenset[str]
    at: int
    expires_at: int
    thread: str
    delivered_firing: frozenset[str] | None = None
    delivered_resolved: frozenset[str] | None = None
    delivered_at: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Group, receiver, integration."""
        return self.group_key, self.receiver, self.integration


class Outbox:
    """The file. ``":memory:"`` keeps it in memory, for simulations.

    Raises:
        StorageError: it cannot be opened, or a newer version wrote it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        try:
            if self.path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self.path}: cannot open the alerting store: {error}") from error

    def _migrate(self) -> None:
        (version,) = self._db.execute("pragma user_version").fetchone()
        steps = sorted(
            (
                entry
                for entry in files("vedette.alerting").joinpath("migrations").iterdir()
                if entry.name.endswith(".sql")
            ),
            key=lambda entry: entry.name,
        )
        if version > len(steps):
            raise StorageError(
                f"{self.path}: written by a newer Vedette (schema {version}, this one knows {len(steps)}); "
                "upgrade Vedette or name another data folder"
            )
        for number, step in enumerate(steps[version:], version + 1):
            self._db.executescript(f"begin; {step.read_text('utf-8')}; pragma user_version = {number}; commit;")

    def close(self) -> None:
        """Close the file; nothing is left to write."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is on disk when the block ends, or nothing of it.

        Raises:
            StorageError: the file cannot be written.
        """
        try:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise StorageError(f"{self.path}: cannot write the alerting store: {error}") from error

    # Alerts and groups

    def alerts(self) -> list[AlertRecord]:
        """Every alert kept."""
        rows = self._db.execute("select * from alerts order by fingerprint")
        return [
            AlertRecord(
                fingerprint=row[0],
                labels=tuple(json.loads(row[1]).items()),
                annotations=json.loads(row[2]),
                starts_at=row[3],
                ends_at=row[4],
                updated_at=row[5],
                timeout=bool(row[6]),
                generator_url=row[7],
            )
            for row in rows
        ]

    def put_alerts(self, alerts: Iterable[AlertRecord]) -> None:
        """Insert or replace."""
        self._db.executemany(
            "insert or replace into alerts values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    alert.fingerprint,
                    _dump(dict(alert.labels)),
                    _dump(dict(alert.annotations)),
                    alert.starts_at,
                    alert.ends_at,
                    alert.updated_at,
                    int(alert.timeout),
                    alert.generator_url,
                )
                for alert in alerts
            ),
        )

    def drop_alerts(self, fingerprints: Iterable[str]) -> None:
        """Forget alerts."""
        self._db.executemany("delete from alerts where fingerprint = ?", ((it,) for it in fingerprints))

    def groups(self) -> list[GroupRow]:
        """Every group's timers."""
        return [
            GroupRow(key=row[0], next_flush_at=row[1], last_flush_at=row[2], failed=bool(row[3]), empty_at=row[4])
            for row in self._db.execute("select * from groups order by key")
        ]

    def put_group(self, row: GroupRow) -> None:
        """Insert or replace."""
        self._db.execute(
            "insert or replace into groups values (?, ?, ?, ?, ?)",
            (row.key, row.next_flush_at, row.last_flush_at, int(row.failed), row.empty_at),
        )

    def drop_group(self, key: str) -> None:
        """Forget a group and who is in it; what it told stays in the notification log."""
        self._db.execute("delete from groups where key = ?", (key,))
        self._db.execute("delete from members where group_key = ?", (key,))

    def members(self) -> set[tuple[str, str]]:
        """Pairs of group key and fingerprint."""
        return set(self._db.execute("select group_key, fingerprint from members"))

    def join(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Put alerts into groups: pairs of group key and fingerprint."""
        self._db.executemany("insert or ignore into members values (?, ?)", pairs)

    def leave(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take alerts out of groups."""
        self._db.executemany("delete from members where group_key = ? and fingerprint = ?", pairs)

    # Notification log

    def log(self) -> list[LogRow]:
        """What every integration was told last."""
        rows = self._db.execute(
            "select group_key, receiver, integration, firing, resolved, at, expires_at, thread, "
            "delivered_firing, delivered_resolved, delivered_at from notification_log"
        )
        return [
            LogRow(
                group_key=row[0],
                receiver=row[1],
                integration=row[2],
                firing=frozenset(json.loads(row[3])),
                resolved=frozenset(json.loads(row[4])),
                at=row[5],
                expires_at=row[6],
                thread=row[7],
                delivered_firing=None if row[8] is None else frozenset(json.loads(row[8])),
                delivered_resolved=None if row[9] is None else frozenset(json.loads(row[9])),
                delivered_at=row[10],
            )
            for row in rows
        ]

    def put_log(self, row: LogRow) -> None:
        """Insert or replace."""
        self._db.execute(
            "insert or replace into notification_log (group_key, receiver, integration, firing, resolved, at, "
            "expires_at, thread, delivered_firing, delivered_resolved, delivered_at) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *row.key,
                _dump(sorted(row.firing)),
                _dump(sorted(row.resolved)),
                row.at,
                row.expires_at,
                row.thread,
                None if row.delivered_firing is None else _dump(sorted(row.delivered_firing)),
                None if row.delivered_resolved is None else _dump(sorted(row.delivered_resolved)),
                row.delivered_at,
            ),
        )

    def drop_log(self, key: tuple[str, str, str]) -> None:
        """Forget what an integration was told of a group."""
        self._db.execute("delete from notification_log where group_key = ? and receiver = ? and integration = ?", key)

    # Deliveries

    def add(self, entry: Entry) -> int:
        """Write a delivery; gives its place in the order."""
        row = (
            entry.id,
            entry.group_key,
            entry.receiver,
            entry.integration,
            entry.target,
            entry.state,
            entry.attempts,
            entry.time,
            entry.next_attempt_at,
            entry.settled_at,
            entry.error,
            entry.subject,
            _dump(entry.alerts),
            entry.firing,
            entry.resolved,
            _dump(entry.told_firing),
            _dump(entry.told_resolved),
            _dump(
                {
                    "headers": dict(entry.payload.headers),
                    "text": entry.payload.text,
                    "html": entry.payload.html,
                    "body": entry.payload.body,
                }
            ),
        )
        done = self._db.execute(
            "insert into outbox (id, group_key, receiver, integration, target, state, attempts, created_at, "
            "next_attempt_at, settled_at, error, subject, alerts, firing, resolved, told_firing, told_resolved, "
            "payload) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return done.lastrowid or 0

    def last_sequence(self) -> int:
        """The place of the delivery written last, 0 before the first."""
        row = self._db.execute("select seq from sqlite_sequence where name = 'outbox'").fetchone()
        return int(row[0]) if row else 0

    def update(self, entry: Entry) -> None:
        """Write how a delivery stands now."""
        self._db.execute(
            "update outbox set state = ?, attempts = ?, next_attempt_at = ?, settled_at = ?, error = ? where id = ?",
            (entry.state, entry.attempts, entry.next_attempt_at, entry.settled_at, entry.error, entry.id),
        )

    def add_try(self, delivery: str, number: int, tried: Try) -> None:
        """Write an attempt; the oldest are dropped beyond ``KEEP_TRIES``."""
        self._db.execute(
            "insert or replace into attempts values (?, ?, ?, ?, ?)",
            (delivery, number, tried.time, tried.outcome, tried.error),
        )
        self._db.execute("delete from attempts where delivery = ? and number <= ?", (delivery, number - KEEP_TRIES))

    def waiting(self) -> list[Entry]:
        """Deliveries not settled yet, oldest first."""
        return self._entries("where state = 'waiting' order by sequence", ())

    def recent(self, limit: int) -> list[Entry]:
        """The newest deliveries first, with their attempts but without what was sent."""
        return [
            replace(entry, payload=Payload()) for entry in self._entries("order by sequence desc limit ?", (limit,))
        ]

    def find(self, identifier: str) -> Entry | None:
        """One delivery with all its attempts."""
        found = self._entries("where id = ?", (identifier,))
        if not found:
            return None
        tries = self._db.execute(
            "select at, outcome, error from attempts where delivery = ? order by number", (identifier,)
        )
        return replace(found[0], tries=tuple(Try(*row) for row in tries))

    def counts(self) -> dict[str, int]:
        """How many deliveries wait, arrived and failed."""
        counted = dict(self._db.execute("select state, count(*) from outbox group by state"))
        return {state: counted.get(state, 0) for state in ("waiting", "delivered", "failed")}

    def forget(self, before: int, keep: int) -> int:
        """Drop deliveries settled before an instant, and all but the newest ``keep``; gives how many went."""
        gone = self._db.execute(
            "delete from outbox where state <> 'waiting' and (settled_at < ? or sequence <= "
            "(select max(sequence) from outbox) - ?)",
            (before, keep),
        ).rowcount
        if gone:
            self._db.execute("delete from attempts where delivery not in (select id from outbox)")
        return gone

    def _entries(self, tail: str, values: tuple[Any, ...]) -> list[Entry]:
        rows = self._db.execute(f"select {_COLUMNS} from outbox {tail}", values)  # noqa: S608 - our own constant text
        return [_entry(row) for row in rows]


_COLUMNS = (
    "id, created_at, group_key, receiver, integration, target, state, attempts, next_attempt_at, settled_at, error, "
    "subject, alerts, firing, resolved, told_firing, told_resolved, payload"
)


def _entry(row: tuple[Any, ...]) -> Entry:
    sent: Mapping[str, Any] = json.loads(row[17])
    return Entry(
        id=row[0],
        time=row[1],
        group_key=row[2],
        receiver=row[3],
        integration=row[4],
        target=row[5],
        state=row[6],
        attempts=row[7],
        next_attempt_at=row[8],
        settled_at=row[9],
        error=row[10],
        subject=row[11],
        alerts=tuple(json.loads(row[12])),
        firing=row[13],
        resolved=row[14],
        told_firing=tuple(json.loads(row[15])),
        told_resolved=tuple(json.loads(row[16])),
        payload=Payload(
            headers=sent["headers"], text=sent["text"], html=sent["html"], body=sent["body"], subject=row[11]
        ),
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
