"""Log records are counted by level and logger, exceptions by class and place, and logging is as it was."""

from __future__ import annotations

import logging
import sys
import threading

import pytest
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import guard
from vedette.integrations import attached, log_records
from vedette.integrations.logging import fingerprint
from vedette.packs.logs import exceptions, records


@pytest.fixture(autouse=True)
def counted():
    log_records.forget()
    attached.attach("logging")
    yield
    attached.detach("logging")


@pytest.fixture
def log():
    logger = logging.getLogger("shop.orders.checkout")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.setLevel(logging.NOTSET)
    logger.filters.clear()
    logger.handlers.clear()
    logger.propagate, logger.disabled = True, False


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (1, "debug"),
        (10, "debug"),
        (20, "info"),
        (25, "info"),
        (30, "warning"),
        (40, "error"),
        (50, "critical"),
        (99, "critical"),
    ],
)
def test_a_record_is_counted_by_level_and_the_first_two_parts_of_its_loggers_name(log, number, level):
    log.setLevel(1)
    log.log(number, "told")
    assert values(records) == {(level, "shop.orders"): 1}


def test_loggers_of_one_and_no_part_are_told_as_they_are_called():
    logging.getLogger("shop").error("a")
    logging.getLogger().error("b")
    assert values(records) == {("error", "shop"): 1, ("error", "root"): 1}


def test_what_is_below_the_level_or_filtered_or_disabled_is_not_counted(log):
    log.setLevel(logging.WARNING)
    log.info("below the level")
    log.addFilter(lambda record: record.msg != "filtered")
    log.warning("filtered")
    log.disabled = True
    log.warning("disabled")
    assert values(records) == {}


def test_a_record_is_counted_once_however_many_handlers_it_has_and_each_has_it_once(log, caplog):
    had = []

    class Handler(logging.Handler):
        def emit(self, record):
            had.append((self.name, record.getMessage(), dict(vars(record))))

    for name in ("first", "second"):
        handler = Handler()
        handler.name = name
        log.addHandler(handler)
    log.info("hello %s", "you")
    assert [call[:2] for call in had] == [("first", "hello you"), ("second", "hello you")]
    assert values(records) == {("info", "shop.orders"): 1}
    plain = vars(logging.LogRecord("shop", 20, "", 1, "hello %s", ("you",), None))
    assert had[0][2].keys() - {"message"} == plain.keys() - {"message"}, "something was added to the record"
    assert caplog.messages == ["hello you"]


def test_a_logger_that_hands_on_to_nobody_is_counted_and_says_what_it_did(log, capsys):
    log.propagate = False
    log.warning("nobody")
    assert "nobody" in capsys.readouterr().err  # of the handler of last resort
    assert values(records) == {("warning", "shop.orders"): 1}


def test_the_place_of_the_caller_is_told_as_before(log, caplog):
    log.warning("here", stacklevel=1)
    assert caplog.records[0].funcName == "test_the_place_of_the_caller_is_told_as_before"


def test_more_loggers_than_can_be_told_are_counted_together(monkeypatch, caplog):
    monkeypatch.setattr(log_records, "_LOGGERS", 2)
    for number in range(4):
        logging.getLogger(f"user.{number}.session").warning("hello")
    assert values(records) == {
        ("warning", "user.0"): 1,
        ("warning", "user.1"): 1,
        ("warning", "_OTHER"): 2,
    }
    assert "more than 2 loggers write records" in caplog.text


def test_our_own_records_are_not_counted():
    logging.getLogger("vedette").warning("ours", exc_info=ValueError("ours"))
    logging.getLogger("vedette.push").warning("ours")
    logging.getLogger("vedettes").warning("theirs")
    assert values(records) == {("warning", "vedettes"): 1}
    assert values(exceptions) == {}


def test_many_threads_are_each_counted(log):
    log.propagate = False
    log.addHandler(logging.NullHandler())

    def write():
        for _ in range(500):
            log.info("hello")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(records) == {("info", "shop.orders"): 4000}


# Exceptions


def fail(error):
    raise error


def checkout(log, error):
    try:
        fail(error)
    except Exception as caught:
        log.exception("failed")
        return fingerprint(caught)


def refund(log, error):
    try:
        fail(error)
    except Exception as caught:
        log.warning("failed", exc_info=caught)
        return fingerprint(caught)


def test_an_exception_is_counted_by_class_and_by_the_functions_it_went_through(log):
    first = checkout(log, ValueError("order 17 of alice@example.com"))
    assert checkout(log, ValueError("order 18")) == first
    second = checkout(log, KeyError("x"))
    third = refund(log, ValueError("order 17"))
    assert len({first, second, third}) == 3
    assert values(exceptions) == {("ValueError", first): 2, ("KeyError", second): 1, ("ValueError", third): 1}
    assert all(len(mark) == 12 and int(mark, 16) for mark in (first, second, third))
    assert values(records) == {("error", "shop.orders"): 3, ("warning", "shop.orders"): 1}


def _of(file: str, lines_before: int) -> str:
    source = "\n" * lines_before + "def charge():\n    raise ValueError('5 EUR')\ncharge()"
    try:
        exec(compile(source, file, "exec"))
    except ValueError as error:
        # Without this function's own frame.
        return fingerprint(error.with_traceback(error.__traceback__.tb_next))


def test_a_fingerprint_is_the_same_wherever_it_is_installed_and_whichever_line_it_is():
    assert (
        _of("/srv/app/shop/payments.py", 0) == _of("C:\\code\\shop\\payments.py", 40) != _of("/srv/shop/refunds.py", 0)
    )


def test_a_fingerprint_is_the_same_in_another_process():
    import subprocess

    code = (
        "from vedette.integrations.logging import fingerprint\n"
        "try:\n exec(compile('def f(): raise OSError(7)\\nf()', '/a/b/c.py', 'exec'))\n"
        "except OSError as error: print(fingerprint(error.with_traceback(error.__traceback__.tb_next)))"
    )
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(told) == 1


def test_an_exception_that_was_never_raised_and_none_at_all(log):
    log.error("given", exc_info=ValueError("x"))
    log.error("none", exc_info=True)  # noqa: LOG014 - as some do
    assert values(exceptions) == {("ValueError", fingerprint(ValueError("x"))): 1}


def test_a_deep_recursion_is_counted(log):
    def dive():
        dive()

    try:
        dive()
    except RecursionError:
        log.exception("too deep")
    (key,) = values(exceptions)
    assert key[0] == "RecursionError"


# What must never happen


def test_a_failing_instrument_leaves_the_record_as_it_is_and_does_not_go_round(log, caplog):
    failed = guard.failures().get("counting a log record", 0)
    with broken(log_records):
        log_records.forget()
        log.warning("told")
        log.warning("told again")
    assert [record.getMessage() for record in caplog.records if record.name == log.name] == ["told", "told again"]
    assert guard.failures()["counting a log record"] == failed + 2
    assert len([record for record in caplog.records if record.name == guard.LOGGER]) == 1


def test_attaching_twice_counts_once_and_detaching_restores_logging(log):
    attached.attach("logging")
    log.warning("once")
    assert values(records) == {("warning", "shop.orders"): 1}
    ours = logging.Logger.callHandlers
    attached.detach("logging")
    assert logging.Logger.callHandlers is ours.__wrapped__
    assert logging.Logger.callHandlers.__module__ == "logging"
    log.warning("no more")
    ours(log, logging.LogRecord("shop", 20, "", 1, "by a wrapper that was kept", (), None))
    assert values(records) == {("warning", "shop.orders"): 1}


@pytest.mark.parametrize("ours_first", [True, False])
def test_opentelemetry_beside_us_puts_its_trace_into_records(log, caplog, ours_first):
    from opentelemetry.instrumentation.logging import LoggingInstrumentor

    attached.detach("logging")
    theirs = LoggingInstrumentor()
    steps = [lambda: attached.attach("logging"), lambda: theirs.instrument(inject_trace_context=True)]
    for step in steps if ours_first else steps[::-1]:
        step()
    try:
        log.warning("traced")
    finally:
        theirs.uninstrument()
    assert caplog.records[0].otelTraceID == "0"
    log.warning("not traced")
    assert not hasattr(caplog.records[1], "otelTraceID")
    assert values(records) == {("warning", "shop.orders"): 2}
