"""Operations, transactions and connections of Django's databases are told once, whatever library is below."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import pytest
from tests.data_servers import postgres
from tests.integrations import django_site  # noqa: F401 - it sets Django up
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import clock, guard
from vedette.integrations import attached, operations, pools
from vedette.packs.database import (
    connections,
    create_time,
    operation_duration,
    operation_errors,
    statement_duration,
    transactions,
)


@pytest.fixture(scope="module")
def server():
    from django.db import connections as databases

    with postgres() as server:
        yield server
        databases.close_all()
        databases.databases.pop("postgres", None)  # or whoever counts migrations asks it for them, though it has gone


@pytest.fixture(params=["default", "postgres"])
def alias(request):
    """A database with a table; it is connected to while the integration is attached."""
    from django.db import connections as databases

    alias = request.param
    if alias == "postgres" and alias not in databases.databases:
        url = urlsplit(request.getfixturevalue("server").url)
        databases.databases[alias] = {
            **databases.databases["default"],
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path[1:],
            "USER": url.username,
            "HOST": url.hostname,
            "PORT": str(url.port),
        }
    databases.close_all()
    attached.attach("django")
    with databases[alias].cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS orders")
        cursor.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, kind TEXT)")
    operation_duration.clear()
    statement_duration.clear()
    yield alias
    databases.close_all()
    attached.detach("django")


@pytest.fixture
def database(alias):
    from django.db import connections as databases

    return databases[alias]


def system(alias: str) -> str:
    return "sqlite" if alias == "default" else "postgresql"


def test_an_operation_is_timed_by_system_kind_and_table_and_statement(database, alias):
    with clock.replaced(iter(range(1, 1000)).__next__), database.cursor() as cursor:
        cursor.execute("INSERT INTO orders VALUES (%s, %s)", [1, "secret"])
        cursor.executemany("INSERT INTO orders VALUES (%s, %s)", [(2, "a"), (3, "b")])
        cursor.execute("SELECT * FROM orders WHERE kind = 'secret'")
        assert cursor.fetchall() == [(1, "secret")]
    name = system(alias)
    assert values(operation_duration) == {(name, "INSERT", "orders"): 2, (name, "SELECT", "orders"): 1}
    assert operation_duration.labels(name, "SELECT", "orders").read()[1] == 1
    assert {text for _, text in values(statement_duration)} == {
        "INSERT INTO orders VALUES (?)",
        "SELECT * FROM orders WHERE kind = ?",
    }
    assert values(operation_errors) == {}


def test_a_failed_operation_is_timed_and_counted_by_the_class_that_the_application_sees(database, alias):
    from django.db import IntegrityError

    with database.cursor() as cursor:
        cursor.execute("INSERT INTO orders VALUES (1, 'a')")
        with pytest.raises(IntegrityError):
            cursor.execute("INSERT INTO orders VALUES (1, 'a')")
    assert values(operation_duration) == {(system(alias), "INSERT", "orders"): 2}
    assert values(operation_errors) == {(system(alias), "INSERT", "django.db.utils.IntegrityError"): 1}


def test_transactions_are_counted_by_how_they_end_and_savepoints_are_none(database, alias):
    from django.db import DatabaseError, transaction

    with transaction.atomic(using=alias), database.cursor() as cursor:
        cursor.execute("INSERT INTO orders VALUES (1, 'a')")
        with pytest.raises(DatabaseError), transaction.atomic(using=alias):
            cursor.execute("INSERT INTO nowhere VALUES (2, 'a')")
    with pytest.raises(LookupError), transaction.atomic(using=alias):
        raise LookupError
    name = system(alias)
    ended = {key: count for key, count in values(transactions).items() if count}
    assert ended == {(name, "committed"): 1, (name, "rolled_back"): 1}
    assert values(operation_duration) == {
        (name, "INSERT", "orders"): 1,
        (name, "INSERT", "nowhere"): 1,
        (name, "COMMIT", ""): 1,
    }


def test_connections_are_told_by_alias_idle_or_used(database, alias):
    from django.db import transaction

    def told():
        return {key[1]: count for key, count in values(connections).items() if key[0] == alias}

    assert told() == {"idle": 1, "used": 0}
    with transaction.atomic(using=alias):
        assert told() == {"idle": 0, "used": 1}
        hold, release = threading.Event(), threading.Event()

        def another():
            from django.db import connections as databases

            databases[alias].ensure_connection()
            hold.set()
            release.wait()
            databases.close_all()

        thread = threading.Thread(target=another)
        thread.start()
        hold.wait()
        assert told() == {"idle": 1, "used": 1}
        release.set()
        thread.join()
        assert told() == {"idle": 0, "used": 1}
    database.close()
    assert told() == {"idle": 0, "used": 0}
    assert create_time.labels(alias).read()[0]


def test_a_statement_is_used_while_it_executes(database, alias):
    seen = []

    def looking(execute, *details):
        seen.append(values(connections)[alias, "used"])
        return execute(*details)

    with database.execute_wrapper(looking), database.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert seen == [1]


def test_a_wrapper_of_the_application_that_connects_is_taken_away_as_it_was_put(database):
    seen = []

    def own(execute, *details):
        seen.append(details[0])
        return execute(*details)

    database.close()
    database.execute_wrappers.clear()
    with database.execute_wrapper(own), database.cursor() as cursor:
        cursor.execute("SELECT 1")
    with database.cursor() as cursor:
        cursor.execute("SELECT 2")
    assert [text for text in seen if text.startswith("SELECT")] == ["SELECT 1"]
    assert len(database.execute_wrappers) == 1
    assert sum(values(operation_duration).values()) == 2


def test_each_database_has_its_name_and_threads_are_all_counted(database, alias):
    def client():
        from django.db import connections as databases

        with databases[alias].cursor() as cursor:
            for _ in range(50):
                cursor.execute("SELECT * FROM orders")
        databases.close_all()

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(operation_duration) == {(system(alias), "SELECT", "orders"): 200}


@pytest.mark.parametrize("alias", ["postgres"], indirect=True)
def test_an_operation_over_psycopg_is_counted_once_though_psycopg_is_instrumented_too(database, alias):
    database.close()
    attached.attach("psycopg")
    try:
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        attached.detach("psycopg")
    assert values(operation_duration) == {("postgresql", "SELECT", ""): 1}


@pytest.mark.parametrize("alias", ["postgres"], indirect=True)
def test_a_statement_that_psycopg_composes_is_told_without_its_values(database, alias):
    from psycopg import sql

    with database.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} WHERE kind = {}").format(sql.Identifier("orders"), sql.Literal("x")))
    assert values(operation_duration) == {("postgresql", "SELECT", "orders"): 1}
    assert "'x'" not in str(values(statement_duration))


def test_a_database_that_cannot_be_connected_to_is_an_error_of_connecting(alias):
    from django.db import OperationalError
    from django.db import connections as databases

    before = databases.databases[alias].copy()
    databases[alias].close()
    databases[alias].settings_dict.update(NAME="/nowhere/at/all.sqlite3", PORT="1")
    try:
        with pytest.raises(OperationalError):
            databases[alias].ensure_connection()
    finally:
        databases[alias].settings_dict.update(before)
    ((name, operation, kind),) = values(operation_errors)
    assert (name, operation) == (system(alias), "CONNECT")
    assert kind.endswith("OperationalError")


def test_instruments_that_fail_leave_every_answer_as_it_was(database, alias):
    from django.db import transaction

    failed = guard.failures().get("measuring a database operation", 0)
    with broken(operations), broken(pools):
        with transaction.atomic(using=alias), database.cursor() as cursor:
            cursor.execute("INSERT INTO orders VALUES (7, 'a')")
        database.close()
        with database.cursor() as cursor:
            cursor.execute("SELECT * FROM orders")
            assert cursor.fetchall() == [(7, "a")]
    assert guard.failures()["measuring a database operation"] > failed


def test_detaching_takes_the_wrapper_from_every_connection_and_its_pools_from_the_page(database, alias):
    assert len(database.execute_wrappers) == 1
    attached.detach("django")
    assert database.execute_wrappers == []
    assert (alias, "idle") not in values(connections)
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert values(operation_duration) == {}


def test_a_connection_that_this_thread_had_before_is_measured_too(database, alias):
    attached.detach("django")
    database.ensure_connection()
    attached.attach("django")
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert values(operation_duration) == {(system(alias), "SELECT", ""): 1}
