"""Alerting as a step machine: alerts in, deliveries out, everything that must survive in one SQLite file.

Nothing here sleeps, reads a clock or opens a connection. ``next_due`` says when ``step`` has something to do; the
deliveries it hands out are sent by whoever drives it, and each is answered by ``settle``.
"""

from __future__ import annotations

import hashlib
import heapq
import logging
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from vedette.alerting import channels
from vedette.alerting.delivery import (
    AlertRecord,
    Delivered,
    Delivery,
    Entry,
    Failed,
    Integration,
    Notification,
    Outcome,
    Payload,
    RenderError,
    Retry,
    Try,
)
from vedette.alerting.groups import EMPTY_FOR, REPEAT, Group, group_id, in_order, needs_update
from vedette.alerting.inhibit import Inhibitor
from vedette.alerting.intervals import read_intervals
from vedette.alerting.merge import merged, received, refreshes
from vedette.alerting.outbox import LogRow, Outbox, StorageError
from vedette.alerting.queue import Key, Queue, key_of
from vedette.alerting.receivers import integrations, undelivered
from vedette.alerting.retry import delay
from vedette.alerting.status import AlertStatus, GroupStatus
from vedette.alerting.templates import Templates
from vedette.duration import milliseconds
from vedette.formats.alertmanager import match, resolve
from vedette.promql.labels import get

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.formats.alertmanager import AlertmanagerConfig, ResolvedRoute
    from vedette.formats.alerts import Alert

__all__ = ["AlertStatus", "Alerting", "Delivered", "Delivery", "Failed", "GroupStatus", "Outcome", "Retry"]

log = logging.getLogger("vedette")

SWEEP = 15_000
"""Milliseconds between writing refreshed ends of alerts and dropping what is no longer needed."""
KEEP_RESOLVED = 1_800_000
"""Milliseconds a resolved alert is kept, so that a late repetition merges with it (Alertmanager's GC interval)."""
KEEP_SETTLED = 30 * 86_400_000
"""Milliseconds for which settled deliveries can be looked at."""
KEEP_NEWEST = 10_000
"""Settled deliveries kept at most."""
STORE_AGAIN = 1000
"""Milliseconds until a store that could not be written is tried again."""


class _News(NamedTuple):
    """What one integration has to be told."""

    alerts: tuple[AlertRecord, ...]
    firing: frozenset[str]
    resolved: frozenset[str]
    reason: str
    thread: str


class Alerting:
    """Routes, groups, inhibits, repeats and delivers alerts as Alertmanager does, and forgets nothing.

    Args:
        config: the file.
        outbox: the store; state found in it is resumed.
        start: now, in milliseconds since the epoch.
        external_url: the address under which people reach this server.
        rng: source of the jitter between retries.

    Raises:
        ConfigError: a template file or time interval of the configuration cannot be read.
    """

    def __init__(
        self,
        config: AlertmanagerConfig,
        outbox: Outbox,
        *,
        start: int,
        external_url: str = "",
        rng: Random | None = None,
    ) -> None:
        self.config = config
        self.external_url = external_url.rstrip("/")
        self.started_at = start
        self.warnings = undelivered(config)
        """What of the configuration is not honoured, one message each."""
        self._outbox = outbox
        self._rng = rng or Random()  # noqa: S311 - spreads retries, guards nothing
        self._root = resolve(config)
        self._integrations = integrations(config)
        self._intervals = read_intervals(config.time_intervals)
        self._templates = Templates.load(config)
        self._resolve_timeout = milliseconds(str(config.global_.get("resolve_timeout", "5m")))
        self._in_flight: set[str] = set()
        self._stalled_until = 0
        self._load(start)

    # State

    def _load(self, now: int) -> None:
        """Take everything from the store."""
        self._alerts: dict[str, AlertRecord] = {}
        self._routes: dict[str, tuple[ResolvedRoute, ...]] = {}
        self._inhibitor = Inhibitor(self.config.inhibit_rules)
        self._groups: dict[str, Group] = {}
        self._by_key: dict[str, list[Group]] = {}
        self._flushes: list[tuple[int, str]] = []
        self._stale: set[str] = set()
        self._log: dict[Key, LogRow] = {row.key: row for row in self._outbox.log()}
        self._queue = Queue()
        self._sweep_at = now + SWEEP
        with self._outbox.transaction():
            self._load_alerts(now)
            for entry in self._outbox.waiting():
                self._queue.add(entry)

    def _load_alerts(self, now: int) -> None:
        rows = {row.key: row for row in self._outbox.groups()}
        members = self._outbox.members()
        lapsed = []
        for stored in self._outbox.alerts():
            alert = stored
            if alert.updated_at < alert.ends_at <= now:
                # It fired when it was last written, and nobody could refresh it while this server was down.
                alert = replace(alert, ends_at=now + self._resolve_timeout, timeout=True)
                lapsed.append(alert)
            self._keep(alert)
            for route in self._routes_of(alert):
                labels = route.group_labels(alert.labels)
                key = route.group_key(labels)
                identity = group_id(route, key)
                if (identity, alert.fingerprint) not in members and alert.resolved(now):
                    continue
                group = self._groups.get(identity)
                row = rows.get(identity)
                if group is None and row is not None:
                    group = Group(
                        id=identity,
                        key=key,
                        route=route,
                        labels=labels,
                        next_flush_at=row.next_flush_at,
                        last_flush_at=row.last_flush_at,
                        failed=row.failed,
                    )
                    self._add_group(group)
                self._insert(alert, route, now)
        self._outbox.put_alerts(lapsed)
        for identity in rows.keys() - self._groups.keys():
            self._outbox.drop_group(identity)

    def _keep(self, alert: AlertRecord) -> None:
        self._alerts[alert.fingerprint] = alert
        self._inhibitor.update(alert)

    def _routes_of(self, alert: AlertRecord) -> tuple[ResolvedRoute, ...]:
        routes = self._routes.get(alert.fingerprint)
        if routes is None:
            routes = tuple(match(self._root, dict(alert.labels)))
            self._routes[alert.fingerprint] = routes
        return routes

    @contextmanager
    def _stored(self, now: int) -> Iterator[None]:
        """Changes that are on disk when the block ends; if they cannot be written, memory goes back to the file."""
        try:
            with self._outbox.transaction():
                yield
        except StorageError:
            self._load(now)
            raise

    # Alerts in

    def receive(self, alerts: Sequence[Alert], now: int) -> None:
        """Take alerts over; when this returns they are on disk.

        An alert with the labels of a known one replaces it; where their times overlap the earliest start stays. One
        that only says again that it still fires is not written at once: its later end is, within 15 seconds.

        Raises:
            StorageError: the store cannot be written; nothing was taken over.
        """
        changed: list[AlertRecord] = []
        for alert in alerts:
            record = received(alert, now, self._resolve_timeout)
            old = self._alerts.get(record.fingerprint)
            joined = record if old is None else merged(old, record, now)
            if old is not None and refreshes(old, joined, now) and self._grouped(joined):
                self._keep(joined)
                self._stale.add(joined.fingerprint)
            else:
                changed.append(joined)
        if not changed:
            return
        with self._stored(now):
            self._outbox.put_alerts(changed)
            for record in changed:
                self._keep(record)
                self._stale.discard(record.fingerprint)
                for route in self._routes_of(record):
                    self._insert(record, route, now)

    def _grouped(self, alert: AlertRecord) -> bool:
        for route in self._routes_of(alert):
            group = self._groups.get(group_id(route, route.group_key(route.group_labels(alert.labels))))
            if group is None or alert.fingerprint not in group.members:
                return False
        return True

    def _insert(self, alert: AlertRecord, route: ResolvedRoute, now: int) -> None:
        """Put an alert into its group of this route."""
        labels = route.group_labels(alert.labels)
        key = route.group_key(labels)
        identity = group_id(route, key)
        group = self._groups.get(identity)
        if group is None:
            group = Group(id=identity, key=key, route=route, labels=labels, next_flush_at=now + route.group_wait)
            self._add_group(group)
            self._outbox.put_group(group.row())
        if alert.fingerprint not in group.members:
            group.members.add(alert.fingerprint)
            self._outbox.join([(identity, alert.fingerprint)])
        group.empty_at = 0
        late = alert.starts_at + route.group_wait < now
        if not group.last_flush_at and late and group.next_flush_at > now:
            # It has fired for longer than the group would wait: tell at once.
            self._schedule(group, now)
            self._outbox.put_group(group.row())

    def _add_group(self, group: Group) -> None:
        self._groups[group.id] = group
        self._by_key.setdefault(group.key, []).append(group)
        heapq.heappush(self._flushes, (group.next_flush_at, group.id))

    def _schedule(self, group: Group, at: int) -> None:
        group.next_flush_at = at
        heapq.heappush(self._flushes, (at, group.id))

    # Steps

    def next_due(self) -> int | None:
        """When ``step`` next has something to do, in milliseconds since the epoch."""
        while self._flushes and self._outdated_flush(*self._flushes[0]):
            heapq.heappop(self._flushes)
        dues = [self._sweep_at]
        if self._flushes:
            dues.append(self._flushes[0][0])
        attempt = self._queue.next_due()
        if attempt is not None:
            dues.append(attempt)
        return max(min(dues), self._stalled_until)

    def _outdated_flush(self, at: int, identity: str) -> bool:
        group = self._groups.get(identity)
        return group is None or group.next_flush_at != at

    def step(self, now: int) -> list[Delivery]:
        """Flush the groups that are due, and give the deliveries to attempt now."""
        if now < self._stalled_until:
            return []
        due = []
        self.next_due()
        while self._flushes and self._flushes[0][0] <= now:
            at, identity = heapq.heappop(self._flushes)
            if not self._outdated_flush(at, identity):
                due.append(self._groups[identity])
        try:
            if due or now >= self._sweep_at:
                with self._stored(now):
                    for group in due:
                        self._flush(group, now)
                    if now >= self._sweep_at:
                        self._sweep(now)
            return self._take(now)
        except StorageError as error:
            log.error("alerting stands still until its store can be written: %s", error)  # noqa: TRY400 - no trace wanted
            self._stalled_until = now + STORE_AGAIN
            return []

    def _flush(self, group: Group, now: int) -> None:
        self._schedule(group, now + group.route.group_interval)
        group.last_flush_at = now
        group.failed = False
        alerts = in_order(self._alerts[one] for one in group.members)
        told = [alert for alert in alerts if not self._inhibitor.muted_by(alert.labels, now)]
        if told and not self._muting(group.route, now):
            for integration in self._integrations.get(group.route.receiver, ()):
                self._tell(group, integration, told, now)
        self._release(group, now)
        self._outbox.put_group(group.row())

    def _muting(self, route: ResolvedRoute, now: int) -> tuple[str, ...]:
        """Names of the time intervals that keep the route silent now."""
        known = self._intervals

        def inside(name: str) -> bool:
            return any(interval.contains(now) for interval in known.get(name, ()))

        active = route.active_time_intervals
        if active and not any(inside(name) for name in active):
            return active
        return tuple(name for name in route.mute_time_intervals if inside(name))

    def _tell(self, group: Group, integration: Integration, alerts: Sequence[AlertRecord], now: int) -> None:
        firing = frozenset(alert.fingerprint for alert in alerts if not alert.resolved(now))
        resolved = frozenset(alert.fingerprint for alert in alerts) - firing
        key = (group.key, integration.receiver, integration.name)
        told = self._log.get(key)
        repeat = group.route.repeat_interval
        send_resolved = integration.config.send_resolved
        reason = needs_update(told, firing, resolved, send_resolved=send_resolved, repeat=repeat, now=now)
        if not reason or (reason == REPEAT and self._queue.waiting(key)):
            return
        thread = told.thread if told is not None and told.firing else ""
        wanted = [alert for alert in alerts if send_resolved or alert.fingerprint in firing]
        if wanted:
            news = _News(tuple(wanted), firing, resolved, reason, thread)
            thread = self._write(group, integration, news, now)
        row = LogRow(
            group_key=group.key,
            receiver=integration.receiver,
            integration=integration.name,
            firing=firing,
            resolved=resolved,
            at=now,
            expires_at=now + 2 * repeat,
            thread=thread,
        )
        if told is not None:
            row = replace(
                row,
                delivered_firing=told.delivered_firing,
                delivered_resolved=told.delivered_resolved,
                delivered_at=told.delivered_at,
            )
        if not wanted or self._queue.waiting(key):
            self._put_log(row)
        # else it failed while it was written: the log stays as it was, so that the next flush tries again

    def _write(self, group: Group, integration: Integration, news: _News, now: int) -> str:
        """Put a notification into the outbox; gives its thread."""
        sequence = self._outbox.last_sequence() + 1
        named = f"{sequence}\n{now}\n{group.id}\n{integration.receiver}\n{integration.name}"
        identifier = hashlib.sha256(named.encode()).hexdigest()[:32]
        notification = Notification(
            id=identifier,
            now=now,
            receiver=integration.receiver,
            group_key=group.key,
            group_labels=group.labels,
            alerts=news.alerts,
            external_url=self.external_url,
            reason=news.reason,
            thread=news.thread or identifier,
        )
        payload, error = Payload(), ""
        try:
            payload = channels.render(notification, integration, self._templates)
        except RenderError as problem:
            error = str(problem)
        entry = Entry(
            id=identifier,
            time=now,
            group_key=group.key,
            receiver=integration.receiver,
            integration=integration.name,
            target=integration.target,
            state="failed" if error else "waiting",
            attempts=0,
            next_attempt_at=now,
            settled_at=now if error else 0,
            error=error,
            subject=payload.subject,
            alerts=tuple(dict.fromkeys(get(alert.labels, "alertname") for alert in news.alerts)),
            firing=len(notification.firing),
            resolved=len(notification.resolved),
            told_firing=tuple(sorted(news.firing)),
            told_resolved=tuple(sorted(news.resolved)),
            payload=payload,
        )
        self._outbox.add(entry)
        if error:
            log.error("notification of %s to %s cannot be written: %s", group.key, integration.receiver, error)
            group.failed = True
        else:
            self._queue.add(entry)
        return notification.thread

    def _put_log(self, row: LogRow) -> None:
        self._log[row.key] = row
        self._outbox.put_log(row)

    def _release(self, group: Group, now: int) -> None:
        """Take resolved alerts out of a group once everything about them has arrived."""
        if group.failed or self._queue.unsettled(group.key):
            return
        flushed = group.last_flush_at
        gone = {
            one
            for one in group.members
            if self._alerts[one].resolved(flushed) and self._alerts[one].updated_at <= flushed
        }
        if gone:
            group.members -= gone
            self._outbox.leave((group.id, one) for one in gone)
        if not group.members and not group.empty_at:
            group.empty_at = now

    # Deliveries

    def _take(self, now: int) -> list[Delivery]:
        out = []
        for entry in self._queue.take(now):
            if entry.id in self._in_flight:
                continue
            integration = self._integration(entry)
            if integration is None:
                gone = f"receiver {entry.receiver!r} has no {entry.integration} in the configuration any more"
                self._settle(entry, Failed(gone), now)
                continue
            self._in_flight.add(entry.id)
            out.append(
                Delivery(
                    id=entry.id,
                    integration=integration,
                    payload=entry.payload,
                    attempt=entry.attempts + 1,
                    timeout=channels.timeout(integration),
                )
            )
        return out

    def _integration(self, entry: Entry) -> Integration | None:
        known = self._integrations.get(entry.receiver, ())
        return next((one for one in known if one.name == entry.integration), None)

    def settle(self, delivery: Delivery, outcome: Outcome, now: int) -> None:
        """A delivery was attempted; one that was settled before is ignored.

        A store that cannot be written leaves the delivery waiting: it is attempted again, with the same id.
        """
        self._in_flight.discard(delivery.id)
        entry = self._queue.get(delivery.id)
        if entry is None:
            return
        try:
            self._settle(entry, outcome, now)
        except StorageError as error:
            log.error("outcome of delivery %s is not stored: %s", delivery.id, error)  # noqa: TRY400 - no trace wanted
            self._stalled_until = now + STORE_AGAIN

    def _settle(self, entry: Entry, outcome: Outcome, now: int) -> None:
        attempts = entry.attempts + 1
        with self._stored(now):
            match outcome:
                case Delivered():
                    self._outbox.add_try(entry.id, attempts, Try(now, "delivered", ""))
                    entry = replace(entry, state="delivered", attempts=attempts, settled_at=now, error="")
                    self._remember(entry, now)
                    self._close(entry, now)
                case Retry():
                    self._outbox.add_try(entry.id, attempts, Try(now, "retry", outcome.error))
                    again = now + delay(attempts, outcome.after, self._rng)
                    entry = replace(entry, attempts=attempts, next_attempt_at=again, error=outcome.error)
                    self._queue.postpone(entry)
                case Failed():
                    self._outbox.add_try(entry.id, attempts, Try(now, "failed", outcome.error))
                    entry = replace(entry, state="failed", attempts=attempts, settled_at=now, error=outcome.error)
                    log.error("delivery to %s (%s) failed: %s", entry.receiver, entry.target, outcome.error)
                    self._take_back(entry)
                    self._close(entry, now)
            self._outbox.update(entry)

    def _remember(self, entry: Entry, now: int) -> None:
        row = self._log.get(key_of(entry))
        if row is not None:
            self._put_log(
                replace(
                    row,
                    delivered_firing=frozenset(entry.told_firing),
                    delivered_resolved=frozenset(entry.told_resolved),
                    delivered_at=now,
                )
            )

    def _take_back(self, entry: Entry) -> None:
        """What could not be told counts as untold, unless newer news is on its way."""
        key = key_of(entry)
        for group in self._by_key.get(entry.group_key, ()):
            if group.route.receiver == entry.receiver:
                group.failed = True
                self._outbox.put_group(group.row())
        row = self._log.get(key)
        if row is None or self._queue.waiting(key) > 1:
            return
        if row.delivered_firing is None or row.delivered_resolved is None or row.delivered_at is None:
            del self._log[key]
            self._outbox.drop_log(key)
        else:
            self._put_log(
                replace(row, firing=row.delivered_firing, resolved=row.delivered_resolved, at=row.delivered_at)
            )

    def _close(self, entry: Entry, now: int) -> None:
        """A delivery is over: the next of its queue may go, and its group may let go of resolved alerts."""
        self._queue.remove(entry)
        for group in self._by_key.get(entry.group_key, ()):
            self._release(group, now)
            self._outbox.put_group(group.row())

    # Sweeping

    def _sweep(self, now: int) -> None:
        self._sweep_at = now + SWEEP
        self._outbox.put_alerts(self._alerts[one] for one in sorted(self._stale) if one in self._alerts)
        self._stale.clear()
        for group in [group for group in self._groups.values() if group.empty_at and group.empty_at + EMPTY_FOR <= now]:
            del self._groups[group.id]
            self._by_key[group.key].remove(group)
            if not self._by_key[group.key]:
                del self._by_key[group.key]
            self._outbox.drop_group(group.id)
        for key in [key for key, row in self._log.items() if row.expires_at <= now and not self._queue.waiting(key)]:
            del self._log[key]
            self._outbox.drop_log(key)
        grouped = {one for group in self._groups.values() for one in group.members}
        over = [
            alert
            for alert in self._alerts.values()
            if alert.resolved(now - KEEP_RESOLVED) and alert.fingerprint not in grouped
        ]
        for alert in over:
            del self._alerts[alert.fingerprint]
            self._routes.pop(alert.fingerprint, None)
            self._inhibitor.forget(alert)
        self._outbox.drop_alerts(alert.fingerprint for alert in over)
        self._outbox.forget(now - KEEP_SETTLED, KEEP_NEWEST)

    # Reading

    def status(self, alert: AlertRecord, now: int) -> AlertStatus:
        """What becomes of an alert."""
        receivers = tuple(dict.fromkeys(route.receiver for route in self._routes_of(alert)))
        return AlertStatus(alert, receivers, self._inhibitor.muted_by(alert.labels, now))

    def alerts(self, now: int) -> list[AlertStatus]:
        """Alerts that have not ended, in the order of their fingerprints."""
        return [self.status(alert, now) for _, alert in sorted(self._alerts.items()) if not alert.resolved(now)]

    def groups(self, now: int) -> list[GroupStatus]:
        """Groups with the alerts in them that have not ended, in the order of their labels and receivers."""
        out = []
        for group in self._groups.values():
            muted_by = self._muting(group.route, now)
            alerts = [
                replace(self.status(self._alerts[one], now), muted_by=muted_by)
                for one in sorted(group.members)
                if not self._alerts[one].resolved(now)
            ]
            if alerts:
                out.append(GroupStatus(group.key, group.route.receiver, group.labels, tuple(alerts)))
        return sorted(out, key=lambda group: (group.labels, group.receiver, group.key))

    def receivers(self) -> list[str]:
        """Names of the receivers, in the order of the file."""
        return [receiver.name for receiver in self.config.receivers]

    def deliveries(self, limit: int = 100) -> list[Entry]:
        """The newest deliveries first, without what was sent."""
        return self._outbox.recent(limit)

    def delivery(self, identifier: str) -> Entry | None:
        """One delivery with its attempts and what was sent."""
        return self._outbox.find(identifier)

    def counts(self) -> dict[str, int]:
        """How many deliveries are ``waiting``, ``delivered`` and ``failed``."""
        return self._outbox.counts()

    def close(self) -> None:
        """Write what is not on disk yet and close the store."""
        if self._stale:
            with self._outbox.transaction():
                self._outbox.put_alerts(self._alerts[one] for one in sorted(self._stale))
        self._outbox.close()
