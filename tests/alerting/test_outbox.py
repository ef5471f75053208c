"""The store gives back what was put in, and refuses what it cannot hold."""

from __future__ import annotations

import sqlite3

import pytest

from vedette.alerting.delivery import AlertRecord, Entry, Payload, Try
from vedette.alerting.outbox import KEEP_TRIES, GroupRow, LogRow, Outbox, StorageError
from vedette.promql.labels import labels

ALERT = AlertRecord(
    fingerprint="00ff",
    labels=labels({"alertname": "A", "z": "ü☃", "b": '"'}),
    annotations={"summary": "s"},
    starts_at=1,
    ends_at=2,
    updated_at=3,
    timeout=True,
    generator_url="http://g",
)


def entry(identifier: str, **more) -> Entry:
    values = {
        "time": 5, "group_key": "g", "receiver": "r", "integration": "webhook/0", "target": "t", "state": "waiting",
        "attempts": 0, "next_attempt_at": 5, "settled_at": 0, "error": "", "subject": "s", "alerts": ("A",),
        "firing": 1, "resolved": 0,
        "told_firing": ("00ff",), "payload": Payload(headers={"a": "b"}, body="{}", subject="s"),
    }  # fmt: skip
    return Entry(id=identifier, **(values | more))


def test_what_was_written_is_read_back_by_another_process(tmp_path):
    path = tmp_path / "deep" / "alerting.db"
    log = LogRow(
        group_key="g", receiver="r", integration="webhook/0", firing=frozenset("a"), resolved=frozenset(),
        at=1, expires_at=2, thread="x", delivered_firing=frozenset("a"), delivered_resolved=frozenset(), delivered_at=1,
    )  # fmt: skip
    row = GroupRow(key="g", next_flush_at=7, last_flush_at=6, failed=True)
    store = Outbox(path)
    with store.transaction():
        store.put_alerts([ALERT])
        store.put_group(row)
        store.join([("g", "00ff")])
        store.put_log(log)
        store.add(entry("one"))
        store.add_try("one", 1, Try(9, "retry", "HTTP 503"))
    other = Outbox(path)
    assert other.alerts() == [ALERT]
    assert other.groups() == [row]
    assert other.members() == {("g", "00ff")}
    assert other.log() == [log]
    assert other.waiting() == [entry("one")]
    assert other.find("one").tries == (Try(9, "retry", "HTTP 503"),)
    assert other.find("two") is None


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    store = Outbox(tmp_path / "alerting.db")

    def interrupted() -> None:
        with store.transaction():
            store.put_alerts([ALERT])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.alerts() == []


def test_a_file_by_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "alerting.db"
    Outbox(path).close()
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(StorageError, match="written by a newer Vedette"):
        Outbox(path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "alerting.db"
    path.write_text("this is not a database, whatever its name says")
    with pytest.raises(StorageError, match="cannot open the alerting store: file is not a database"):
        Outbox(path)


def test_what_is_written_is_on_disk_before_it_is_acknowledged(tmp_path):
    store = Outbox(tmp_path / "alerting.db")
    assert store._db.execute("pragma journal_mode").fetchone() == ("wal",)
    assert store._db.execute("pragma synchronous").fetchone() == (2,)


def test_settled_deliveries_are_dropped_by_age_and_by_number_and_waiting_ones_never():
    store = Outbox(":memory:")
    store.add(entry("old", state="delivered", settled_at=10))
    store.add(entry("stuck"))
    for n in range(5):
        store.add(entry(f"new{n}", state="failed", settled_at=100))
    store.add_try("old", 1, Try(1, "delivered", ""))
    assert store.forget(before=50, keep=3) == 3
    assert [one.id for one in store.recent(9)] == ["new4", "new3", "new2", "stuck"]
    assert store._db.execute("select count(*) from attempts").fetchone() == (0,)


def test_of_a_delivery_that_is_tried_forever_the_last_attempts_are_kept():
    store = Outbox(":memory:")
    store.add(entry("one"))
    for n in range(1, KEEP_TRIES + 50):
        store.add_try("one", n, Try(n, "retry", "refused"))
    tries = store.find("one").tries
    assert len(tries) == KEEP_TRIES
    assert tries[-1].time == KEEP_TRIES + 49


def test_counts_are_by_state():
    store = Outbox(":memory:")
    store.add(entry("a"))
    store.add(entry("b", state="failed", settled_at=1))
    assert store.counts() == {"waiting": 1, "delivered": 0, "failed": 1}
