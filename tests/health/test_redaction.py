"""What is shown of an error: no address, host, user, secret or statement, whatever the driver puts into its text."""

from __future__ import annotations

import re

import pytest

from vedette.health import Degraded, Failed
from vedette.health.outcome import raised
from vedette.health.redaction import plain, written

SECRETS = [
    "hunter2",
    "db.internal",
    "db-primary",
    "shop_owner",
    "10.1.2.3",
    "fe80::1",
    "orders",
    "4111",
    "api.partner.example",
    "sk_live",
    "joe@example.com",
    "/var/run",
]
# As the libraries word them.
THEIRS = [
    (
        (
            'connection failed: connection to server at "10.1.2.3", port 5432 failed: Connection refused\n'
            "\tIs the server running on that host and accepting TCP/IP connections?"
        ),
        "connection failed: connection to server at … port … failed: Connection refused",
    ),
    (
        'connection failed: FATAL:  password authentication failed for user "shop_owner"',
        "connection failed: FATAL: password authentication failed for user …",
    ),
    ("FATAL:  the database system is starting up", "FATAL: the database system is starting up"),
    ("could not translate host name db-primary to address: Name or service not known", None),
    ("Error 111 connecting to db.internal:6379. Connection refused.", "Error 111 connecting to … Connection refused."),
    ("Timeout connecting to server", "Timeout connecting to server"),
    ("invalid username-password pair or user is disabled.", None),
    (
        (
            '(psycopg.errors.UndefinedTable) relation "orders" does not exist\nLINE 1: SELECT * FROM orders\n'
            "[SQL: SELECT * FROM orders WHERE owner = 'joe@example.com']"
        ),
        "… relation … does not exist",
    ),
    ("(sqlite3.OperationalError) no such table: orders [SQL: SELECT * FROM orders]", None),
    (
        (
            "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this "
            "error at: https://sqlalche.me/e/20/3o7r)"
        ),
        None,
    ),
    ("(1045, \"Access denied for user 'shop_owner'@'10.1.2.3' (using password: YES)\")", None),
    (
        (
            "HTTPSConnectionPool(host='api.partner.example', port=443): Max retries exceeded with url: /?key=sk_live_1"
            " (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x>: Failed to establish'))"
        ),
        None,
    ),
    ("Cannot connect to host api.partner.example:443 ssl:default [Name or service not known]", None),
    ("[Errno -2] Name or service not known", None),
    ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate", None),
    ("KafkaConnectionError: Unable to bootstrap from [('db-primary', 9092, <AddressFamily.AF_UNSPEC: 0>)]", None),
    ("(535, b'5.7.8 Username and Password not accepted. joe@example.com')", None),
    ("postgresql://shop_owner:hunter2@db.internal:5432/orders", "…"),
    ("connection to server on socket /var/run/postgresql/.s.PGSQL.5432 failed", None),
    ("hunter2", "…"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shown"), THEIRS)
def test_of_an_error_of_a_library_only_words_are_kept_that_errors_are_made_of(text, shown):
    found = plain(text)
    assert [secret for secret in SECRETS if secret.lower() in found.lower()] == []
    assert not re.search(r"\bselect\b", found, re.IGNORECASE)
    if shown is not None:
        assert found == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the disk is 93.5 % full", "the disk is 93.5 % full"),
        ("5 of 7 workers (e.g. two) answer; limit: 6", "5 of 7 workers (e.g. two) answer; limit: 6"),
        ("the certificate expires in 12 days, on 2027-01-31", "the certificate expires in 12 days, on 2027-01-31"),
        ("select a plan from the list", "…"),  # too careful rather than not enough
        ("https://joe:hunter2@api.partner.example/v1 answered 503", "… answered 503"),
        ("db.internal:5432 is down", "… is down"),
        ("db-primary:5432 is down, 10.1.2.3 too, and fe80::1%eth0", "… is down, … too, and …"),
        ("[2001:db8::1]:80 refuses", "… refuses"),
        ("password=hunter2 is wrong", "password=[password] is wrong"),
        ("host=db-primary user=shop_owner", "… …"),
        ("failed: SELECT id FROM orders WHERE id = 7", "failed: …"),
        ("failed: insert into orders values (7)", "failed: …"),
        ("joe@example.com cannot log in", "[email] cannot log in"),
        ("card 4111 1111 1111 1111 is declined", "card [card] is declined"),
        ("the key sk_live_4eC39HqLyjWDarjtT1zdp7dc is revoked", "the key [key] is revoked"),
        ("cannot read /var/run/secrets/token", "cannot read …"),
        ("first line\nsecond line", "first line"),
    ],
)
def test_of_what_the_author_of_a_check_wrote_everything_is_kept_but_addresses_secrets_and_statements(text, shown):
    assert written(text) == shown
    assert [secret for secret in SECRETS if secret in written(text)] == []


def test_a_long_text_is_cut():
    assert len(plain("connection refused " * 1000)) == 200
    assert len(written("too slow " * 1000)) == 200


def test_whose_text_it_is_is_told_by_the_class_of_the_error():
    class OwnError(Failed):
        pass

    assert raised(Degraded("worker seven lags")).failure == ("Degraded", "worker seven lags")
    assert raised(OwnError("worker seven lags")).failure.text == "worker seven lags"
    assert raised(ValueError("worker seven lags")).failure == ("ValueError", "…")


def test_the_class_is_named_in_full_as_in_the_metrics():
    assert raised(OSError("refused")).failure.kind == "OSError"
    assert raised(re.error("bad")).failure.kind == "re.error"
