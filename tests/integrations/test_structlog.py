"""structlog's events are counted once, whether it writes them itself or hands them to logging; loguru says why not."""

from __future__ import annotations

import io
import logging

import loguru
import pytest
import structlog
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.integrations import attached, log_records
from vedette.integrations.logging import fingerprint
from vedette.packs.logs import exceptions, records


@pytest.fixture(autouse=True)
def counted():
    log_records.forget()
    before = structlog.get_config()
    for library in ("logging", "structlog"):
        attached.attach(library)
        assert attached.states()[library].attached
    yield
    attached.detach("logging")
    attached.detach("structlog")
    structlog.configure(**before)


def printing(least=logging.DEBUG):
    page = io.StringIO()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(least),
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.PrintLoggerFactory(page),
        cache_logger_on_first_use=False,
    )
    return page


def test_events_that_it_prints_are_counted_by_level_and_by_the_logger_that_is_bound():
    page = printing(logging.INFO)
    log = structlog.get_logger().bind(logger="shop.orders.checkout")
    log.debug("below the level")
    log.info("placed", order=17)
    log.warning("late")
    log.critical("down")
    structlog.get_logger().error("nobody")
    assert values(records) == {
        ("info", "shop.orders"): 1,
        ("warning", "shop.orders"): 1,
        ("critical", "shop.orders"): 1,
        ("error", ""): 1,
    }
    assert page.getvalue().splitlines()[0] == "logger='shop.orders.checkout' order=17 event='placed'"


async def test_events_of_its_async_methods_are_counted():
    printing()
    await structlog.get_logger().bind(logger="shop").ainfo("placed")
    assert values(records) == {("info", "shop"): 1}


def test_an_exception_is_counted_by_class_and_fingerprint():
    printing()
    log = structlog.get_logger().bind(logger="shop")
    try:
        {}["order 17"]
    except KeyError as error:
        log.exception("failed")
        log.critical("failed", exc_info=error)
        mark = fingerprint(error)
    assert values(exceptions) == {("KeyError", mark): 2}
    assert values(records) == {("error", "shop"): 1, ("critical", "shop"): 1}


def test_events_that_it_hands_to_logging_are_counted_there_alone():
    structlog.configure(
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.stdlib.get_logger("shop.orders").warning("late")
    assert values(records) == {("warning", "shop.orders"): 1}


def test_a_failing_instrument_leaves_the_event_as_it_is():
    page = printing()
    with broken(log_records):
        log_records.forget()
        structlog.get_logger().info("placed")
    assert page.getvalue() == "event='placed'\n"


def test_detaching_restores_it():
    base = structlog._base.BoundLoggerBase
    assert "vedette" in base._proxy_to_logger.__code__.co_filename
    attached.detach("structlog")
    assert "vedette" not in base._proxy_to_logger.__code__.co_filename


def test_loguru_says_why_it_is_not_counted_and_is_counted_where_it_hands_on(caplog):
    attached.attach("loguru")
    state = attached.states()["loguru"]
    assert not state.attached
    assert "it writes past logging" in state.why
    assert f"loguru was found, and is not instrumented: {state.why}" in caplog.text
    handler = loguru.logger.add(_Handing(), format="{message}")
    try:
        loguru.logger.warning("late")
    finally:
        loguru.logger.remove(handler)
        attached.detach("loguru")
    assert values(records) == {("warning", "tests.integrations"): 1}


class _Handing(logging.Handler):
    """What loguru's documentation tells to write: its records for logging."""

    def emit(self, record):
        logging.getLogger(record.name).handle(record)
