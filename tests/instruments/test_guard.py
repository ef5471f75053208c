"""Mistakes are told once and never break the application, unless a test wants them raised."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from vedette.instruments import guard


def test_a_mistake_is_logged_once_for_each_key(caplog):
    for _ in range(3):
        guard.mistake("orders", ValueError("orders: 'fax' is not declared"))
    guard.mistake("carts", ValueError("carts: 'fax' is not declared"))
    assert [record.getMessage() for record in caplog.records] == [
        "orders: 'fax' is not declared (told once)",
        "carts: 'fax' is not declared (told once)",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert {record.name for record in caplog.records} == {guard.LOGGER}


def test_a_mistake_is_raised_in_strict_mode(caplog):
    assert guard.set_strict(True) is False
    assert guard.is_strict()
    with pytest.raises(ValueError, match="not declared"):
        guard.mistake("orders", ValueError("not declared"))
    assert caplog.records == []


def test_a_warning_is_logged_even_in_strict_mode(caplog):
    guard.set_strict(True)
    guard.warn("orders", "orders is full")
    assert caplog.messages == ["orders is full (told once)"]


def test_what_fails_behind_a_shield_is_skipped_and_logged_once_with_its_traceback(caplog):
    for _ in range(2):
        with guard.shield("reading the pool"):
            raise ZeroDivisionError("no pool")
    assert len(caplog.records) == 1
    assert "reading the pool failed" in caplog.messages[0]
    assert caplog.records[0].exc_info is not None


def test_a_shield_raises_in_strict_mode():
    guard.set_strict(True)
    with pytest.raises(ZeroDivisionError), guard.shield("reading the pool"):
        raise ZeroDivisionError


def test_a_shield_lets_a_cancellation_and_an_interrupt_through():
    with pytest.raises(KeyboardInterrupt), guard.shield("reading the pool"):
        raise KeyboardInterrupt


def test_a_thousand_different_mistakes_are_remembered_and_the_rest_is_silence(caplog):
    for number in range(1500):
        guard.mistake(number, ValueError("mistake"))
    assert len(caplog.records) == 1000


def test_the_environment_makes_a_process_strict():
    code = "from vedette.instruments import guard; print(guard.is_strict())"
    out = subprocess.run(
        [sys.executable, "-c", code], env={"VEDETTE_STRICT": "1"}, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "True"
