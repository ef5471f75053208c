"""Alerting as a step machine: alerts in, deliveries out, everything that must survive in one SQLite file.

Nothing here sleeps, reads a clock or opens a connection. ``next_due`` says when ``step`` has something to do; the
deliveries it hands out are sent by whoever drives it, and each is answered by ``settle``.
"""

from __future__ import annotations

import hashlib
import heapq
import logging
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from vedette.alerting.outbox import LogRow, Outbox, StorageError
from vedette.alerting.receivers import integrations, undelivered
from vedette.alerting.retry import delay
from vedette.alerting.templates import Templates
from vedette.duration import milliseconds
from vedette.formats.alertmanager import match, resolve
from vedette.formats.alerts import fingerprint
from vedette.promql.labels import get

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.formats.alertmanager import AlertmanagerConfig, ResolvedRoute
    from vedette.formats.alerts import Alert
    from vedette.promql.labels import Labels

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

_Key = tuple[str, str, str]
"""Group key, receiver, integration."""


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """An alert, and what becomes of it."""

    alert: AlertRecord
    receivers: tuple[str, ...]
    inhibited_by: str
    """Fingerprint of the alert that mutes it, or empty."""
    muted_by: tuple[str, ...] = ()
    """Names of the time intervals that keep its group silent; known for the alerts of a group only."""


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """A group and its alerts."""

    key: str
    receiver: str
    labels: Labels
    alerts: tuple[AlertStatus, ...]


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
        for warning in self.warnings:
            log.warning(warning)
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
        self._unsettled: dict[str, int] = {}
        self._flushes: list[tuple[int, str]] = []
        self._stale: set[str] = set()
        self._log: dict[_Key, LogRow] = {row.key: row for row in self._outbox.log()}
        self._waiting: dict[str, Entry] = {}
        self._queues: dict[_Key, deque[str]] = {}
        self._attempts: list[tuple[int, int, str]] = []
        self._order = 0
        self._sweep_at = now + SWEEP
        with self._outbox.transaction():
            self._load_alerts(now)
            for entry in self._outbox.waiting():
                self._enqueue(entry)

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
            record = self._record(alert, now)
            old = self._alerts.get(record.fingerprint)
            merged = record if old is None else _merge(old, record, now)
            if old is not None and _refreshes(old, merged, now) and self._grouped(merged):
                self._keep(merged)
                self._stale.add(merged.fingerprint)
            else:
                changed.append(merged)
        if not changed:
            return
        with self._stored(now):
            self._outbox.put_alerts(changed)
            for record in changed:
                self._keep(record)
                self._stale.discard(record.fingerprint)
                for route in self._routes_of(record):
                    self._insert(record, route, now)

    def _record(self, alert: Alert, now: int) -> AlertRecord:
        ends_at = alert.ends_at or now + self._resolve_timeout
        return AlertRecord(
            fingerprint=fingerprint(alert.labels),
            labels=alert.labels,
            annotations=dict(alert.annotations),
            starts_at=alert.starts_at or alert.ends_at or now,
            ends_at=ends_at,
            updated_at=now,
            timeout=not alert.ends_at,
            generator_url=alert.generator_url,
        )

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
        while self._attempts and self._outdated_attempt(*self._attempts[0]):
            heapq.heappop(self._attempts)
        dues = [heap[0][0] for heap in (self._flushes, self._attempts) if heap]
        return max(min([*dues, self._sweep_at]), self._stalled_until)

    def _outdated_flush(self, at: int, identity: str) -> bool:
        group = self._groups.get(identity)
        return group is None or group.next_flush_at != at

    def _outdated_attempt(self, at: int, _: int, identifier: str) -> bool:
        entry = self._waiting.get(identifier)
        return entry is None or identifier in self._in_flight or entry.next_attempt_at != at

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
        except StorageError as error:
            log.error("alerting stands still until its store can be written: %s", error)  # noqa: TRY400 - no trace wanted
            self._stalled_until = now + STORE_AGAIN
            return []
        return self._take(now)

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
        if not reason or (reason == REPEAT and self._queues.get(key)):
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
        if not wanted or self._waiting_for(key):
            self._put_log(row)
        # else it failed while it was written: the log stays as it was, so that the next flush tries again

    def _waiting_for(self, key: _Key) -> bool:
        return bool(self._queues.get(key))

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
            self._enqueue(entry)
        return notification.thread

    def _put_log(self, row: LogRow) -> None:
        self._log[row.key] = row
        self._outbox.put_log(row)

    def _release(self, group: Group, now: int) -> None:
        """Take resolved alerts out of a group once everything about them has arrived."""
        if group.failed or self._unsettled.get(group.key):
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

    def _enqueue(self, entry: Entry) -> None:
        self._waiting[entry.id] = entry
        self._unsettled[entry.group_key] = self._unsettled.get(entry.group_key, 0) + 1
        queue = self._queues.setdefault((entry.group_key, entry.receiver, entry.integration), deque())
        queue.append(entry.id)
        if len(queue) == 1:
            self._attempt_at(entry.next_attempt_at, entry.id)

    def _attempt_at(self, at: int, identifier: str) -> None:
        self._order += 1
        heapq.heappush(self._attempts, (at, self._order, identifier))

    def _take(self, now: int) -> list[Delivery]:
        out = []
        while self._attempts and self._attempts[0][0] <= now:
            at, order, identifier = heapq.heappop(self._attempts)
            if self._outdated_attempt(at, order, identifier):
                continue
            entry = self._waiting[identifier]
            integration = self._integration(entry)
            if integration is None:
                gone = f"receiver {entry.receiver!r} has no {entry.integration} in the configuration any more"
                self._settle(entry, Failed(gone), now)
                continue
            self._in_flight.add(identifier)
            out.append(
                Delivery(
                    id=identifier,
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
        entry = self._waiting.get(delivery.id)
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
                    self._waiting[entry.id] = entry
                    self._attempt_at(again, entry.id)
                case Failed():
                    self._outbox.add_try(entry.id, attempts, Try(now, "failed", outcome.error))
                    entry = replace(entry, state="failed", attempts=attempts, settled_at=now, error=outcome.error)
                    log.error("delivery to %s (%s) failed: %s", entry.receiver, entry.target, outcome.error)
                    self._take_back(entry)
                    self._close(entry, now)
            self._outbox.update(entry)

    def _remember(self, entry: Entry, now: int) -> None:
        row = self._log.get((entry.group_key, entry.receiver, entry.integration))
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
        key = (entry.group_key, entry.receiver, entry.integration)
        for group in self._by_key.get(entry.group_key, ()):
            if group.route.receiver == entry.receiver:
                group.failed = True
                self._outbox.put_group(group.row())
        row = self._log.get(key)
        if row is None or len(self._queues[key]) > 1:
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
        del self._waiting[entry.id]
        self._unsettled[entry.group_key] -= 1
        if not self._unsettled[entry.group_key]:
            del self._unsettled[entry.group_key]
        key = (entry.group_key, entry.receiver, entry.integration)
        queue = self._queues[key]
        queue.remove(entry.id)
        if queue:
            following = self._waiting[queue[0]]
            self._attempt_at(following.next_attempt_at, following.id)
            return
        del self._queues[key]
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
        for key in [key for key, row in self._log.items() if row.expires_at <= now and key not in self._queues]:
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


def _merge(old: AlertRecord, new: AlertRecord, now: int) -> AlertRecord:
    """The new alert, joined with the old one where their times overlap (Alertmanager's rule)."""
    overlaps = old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at
    if not overlaps:
        return new
    ends_at = new.ends_at
    if old.ends_at > ends_at and (old.resolved(now) if new.resolved(now) else not old.timeout):
        ends_at = old.ends_at
    return replace(new, starts_at=min(old.starts_at, new.starts_at), ends_at=ends_at)


def _refreshes(old: AlertRecord, new: AlertRecord, now: int) -> bool:
    """Whether the new one only says that the alert still fires."""
    return (
        not old.resolved(now)
        and not new.resolved(now)
        and old.starts_at == new.starts_at
        and old.annotations == new.annotations
        and old.generator_url == new.generator_url
    )
