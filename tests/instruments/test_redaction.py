"""No secret and nothing personal that has a form leaves the process; what is neither stays as it is."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.instruments.redaction_corpus import NORMAL, SECRETS

from vedette.instruments import guard
from vedette.instruments.metrics import Counter, Histogram, Info
from vedette.instruments.metrics.exposition import page
from vedette.instruments.metrics.registry import Registry
from vedette.instruments.redaction import IP_ADDRESS, add, redact, remove

FOUND = re.compile(
    r"\[(?:token|key|private key|credentials|password|secret|cookie|email|card|iban)\]",
)


@pytest.mark.parametrize(("kind", "given", "secret"), SECRETS)
def test_a_secret_is_replaced_by_what_it_was(kind, given, secret):
    assert secret in given
    clean = redact(given)
    assert secret not in clean
    assert kind in clean


@pytest.mark.parametrize("value", NORMAL)
def test_what_is_no_secret_stays_as_it_is(value):
    assert redact(value) == value


def test_what_stands_around_a_secret_stays():
    assert redact("host=db password=hunter2 dbname=shop") == "host=db password=[password] dbname=shop"
    assert redact("/a?b=1&token=x&c=2") == "/a?b=1&token=[secret]&c=2"
    assert redact("mail bob@x.org, now") == "mail [email], now"
    assert redact("amqp://u:p@h//v: refused") == "amqp://[credentials]@h//v: refused"


def test_json_is_still_json():
    given = {"password": 'a "b" \\ c', "n": 1, "to": "bob@example.com", "deep": [{"token": "x"}]}
    assert json.loads(redact(json.dumps(given))) == {
        "password": "[password]",
        "n": 1,
        "to": "[email]",
        "deep": [{"token": "[secret]"}],
    }


ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _drawn(beginning: str, length: int, alphabet: str = ALPHANUMERIC) -> st.SearchStrategy[tuple[str, str]]:
    """A token and the part of it that is secret; with a digit, as all but a few of them have."""
    random = st.text(alphabet, min_size=length - 1, max_size=length + 10).map(lambda drawn: f"7{drawn}")
    return random.map(lambda drawn: (beginning + drawn, drawn))


def _checked(digits: str) -> str:
    """The digits with Luhn's check digit behind them."""
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(digits[::-1])
    )
    return f"{digits}{-total % 10}"


def _of_account(country: str, rest: str) -> str:
    """The account number with its check digits."""
    number = "".join(str(int(sign, 36)) for sign in f"{rest}{country}00")
    return f"{country}{98 - int(number) % 97:02}{rest}"


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
TOKENS = st.one_of(
    _drawn("ghp_", 36),
    _drawn("xoxb-", 20, ALPHANUMERIC + "-"),
    _drawn("AKIA", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").map(lambda pair: (pair[0][:20], pair[0][4:20])),
    _drawn("sk_live_", 24),
    _drawn("sk-", 24, ALPHANUMERIC + "-_"),
    _drawn("AIza", 35, ALPHANUMERIC + "-_").map(lambda pair: (pair[0][:39], pair[0][4:39])),
    _drawn("glpat-", 20),
    _drawn("Bearer ", 12, ALPHANUMERIC + "-._~+/"),
    _drawn("password=", 4, ALPHANUMERIC + "!#$%*+-./:@^_|~"),
    _drawn("api_key=", 4),
    _drawn('"secret": "', 4, ALPHANUMERIC + " ,;&={}"),
    st.tuples(WORDS, WORDS, WORDS).map(lambda words: (f"x{words[0]}1@{words[1]}.{words[2]}.org", f"x{words[0]}1@")),
    st.tuples(WORDS, WORDS).map(lambda words: (f"amqp://{words[0]}:7{words[1]}@host", f"7{words[1]}@")),
    st.text("0123456789", min_size=12, max_size=12)
    .map(lambda drawn: _checked(f"453{drawn}"))
    .map(lambda number: (number, number)),
    st.text("0123456789", min_size=18, max_size=18)
    .map(lambda drawn: _of_account("DE", drawn))
    .map(lambda number: (number, number)),
)


@given(TOKENS, st.text(max_size=40), st.text(max_size=40), st.sampled_from(" \n\t\"'()|"))
def test_a_secret_is_found_wherever_it_stands(token, before, after, edge):
    whole, secret = token
    assume(secret not in before + after)
    assert secret not in redact(f"{before}{edge}{whole}{edge}{after}")


@given(st.one_of(st.text(), st.lists(st.one_of(st.sampled_from([one for _, one, _ in SECRETS]), st.text(max_size=9)))))
def test_doing_it_again_changes_nothing_and_it_never_fails(given):
    once = redact(given if isinstance(given, str) else " ".join(given))
    assert redact(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "a@",
            "@a.",
            "sk-",
            "eyJ",
            "eyJ-",
            "://a:",
            "://",
            "4111 ",
            "1",
            "DE89 ",
            "aA0",
            "xoxb-",
            "password",
            "basic ",
        ),
        *(
            "password=\\",
            "secret ",
            "token:",
            "-----BEGIN PRIVATE KEY-----",
            "bearer ",
            "SG.",
            "a.",
            "%40",
            "-key ",
            "'",
        ),
    ],
)
def test_a_text_made_to_be_slow_is_not(piece):
    assert redact(piece * (200_000 // len(piece))) is not None  # minutes, if it took the square of its length


def test_a_pattern_of_ones_own_is_applied_and_taken_back():
    add("customer", r"\bC-\d{8}\b")
    try:
        assert redact("C-00417263 of bob@example.com") == "[customer] of [email]"
    finally:
        remove("customer")
    assert redact("C-00417263") == "C-00417263"


@pytest.mark.parametrize(
    ("pattern", "why"), [("(", "is not a regular expression"), ("x*", "finds something in an empty")]
)
def test_a_pattern_that_cannot_be_is_an_error(pattern, why):
    with pytest.raises(ValueError, match=why):
        add("customer", pattern)


def test_addresses_of_machines_are_replaced_where_one_asks_for_it():
    told = (
        "10.1.2.3 and [2001:db8::1]:443, ::1, fe80:0:0:0:1:2:3:4, at 10:00:18 from abc::bad with 1.2.3 and 1.2.3.4.5."
    )
    assert redact(told) == told
    add("ip", IP_ADDRESS)
    try:
        assert redact(told) == ("[ip] and [[ip]]:443, [ip], [ip], at 10:00:18 from abc::bad with 1.2.3 and 1.2.3.4.5.")
    finally:
        remove("ip")


# What leaves the process


@pytest.fixture
def registry():
    return Registry()


@pytest.mark.parametrize(
    "accept", ["", "application/openmetrics-text;version=1.0.0", "application/vnd.google.protobuf"]
)
def test_no_secret_of_the_corpus_is_on_a_page_of_metrics(registry, accept):
    events = Counter("shop_events_total", "Events.", ["what"], registry=registry, max_series=10_000)
    sizes = Histogram("shop_sizes", "Sizes.", ["what"], registry=registry, max_series=10_000)
    facts = Info("shop_info", "Facts.", ["what"], registry=registry)
    for _, told, _ in SECRETS:
        events.inc(told, exemplar={"what": told[:100]})
        events.labels(what=told).inc()
        sizes.observe(1, told)
        facts.set(told)
    body = page(accept=accept, registry=registry).body
    for _, _, secret in SECRETS:
        assert secret.encode() not in body
        assert secret.replace("\\", "\\\\").replace('"', '\\"').encode() not in body


def test_series_whose_labels_differ_in_what_is_secret_are_one(registry):
    failures = Counter("shop_failures_total", "Failures.", ["why"], registry=registry)
    for name in ("alice", "bob"):
        failures.inc(f"no account {name}@example.com")
        failures.labels(f"no account {name}@example.com").inc()
    assert failures.series() == {("no account [email]",): 4}
    assert failures.remove("no account carol@example.com")
    assert failures.series() == {}


def test_a_declared_value_is_what_the_declaration_says(registry):
    kinds = Counter("shop_kinds_total", "Kinds.", {"of": ["a@b.example", "c"]}, registry=registry)
    kinds.inc("a@b.example")
    assert kinds.series() == {("a@b.example",): 1}


@pytest.fixture
def not_strict():
    before = guard.set_strict(False)
    guard.forget()
    yield
    guard.set_strict(before)


@pytest.mark.parametrize(("_kind", "given", "secret"), SECRETS)
def test_what_we_log_of_a_failure_has_no_secret_of_it(not_strict, caplog, _kind, given, secret):
    with guard.shield("reading the pool"):
        raise RuntimeError("no pool") from ValueError(given)
    guard.warn("key", f"cannot read {given}")
    guard.mistake("other key", ValueError(given))
    assert len(caplog.records) == 3
    assert secret not in caplog.text
    assert "RuntimeError('no pool')" in caplog.text


def test_a_mistake_with_an_undeclared_label_does_not_tell_a_secret_in_it(not_strict, caplog, registry):
    kinds = Counter("shop_more_kinds_total", "Kinds.", {"of": ["a", "b"]}, registry=registry)
    kinds.inc("alice@example.com")
    assert "of='[email]' is not declared" in caplog.text
