"""When each alert of the reminders pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import reminders
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(reminders(silent_for="10m"))


EMAIL = {**SHOP, "channel": "email"}
OF = 'channel="email"'


def sent(success: str, failure: str = "_x240") -> dict[str, str]:
    """Reminders by how they ended."""
    return {
        f'reminder_deliveries_total{{{OF},outcome="success"}}': success,
        f'reminder_deliveries_total{{{OF},outcome="failure"}}': failure,
    }


def delays(under: dict[str, str]) -> dict[str, str]:
    """How late reminders were."""
    return buckets("reminder_delay_seconds", OF, under, under["+Inf"])


CASES = [
    alert_case(
        "ReminderDeliveryFailing",
        "a fifth fails, and then none",
        sent("0+8x40 328+10x80", "0+2x40 80x80"),
        at("10m", "pending"),
        at("11m", "fires", {**EMAIL, "severity": "high"}, count=1),
        at("1h5m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ReminderDeliveryFailing", "exactly a tenth fails", sent("0+9x60", "0+1x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case(
        "ReminderDeliveryFailing", "half of little", sent("0+0.5x60", "0+0.5x60"), at("50m", "fires"), interval="1m"
    ),
    alert_case(
        "ReminderDeliveryFailing",
        "one in two minutes says nothing",
        sent("0x60", "0+0.5x60"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ReminderLate",
        "a tenth is over five minutes late, and then none",
        delays({"60": "0x120", "300": "0+90x40 3690+100x80", "900": "0+100x120", "+Inf": "0+100x120"}),
        at("10m", "pending"),
        at("11m", "fires", {**EMAIL, "severity": "medium"}, count=1),
        at("1h5m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ReminderLate",
        "95 % within five minutes",
        delays({"60": "0x60", "300": "0+95x60", "900": "0+100x60", "+Inf": "0+100x60"}),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ReminderLate",
        "all within five minutes",
        delays({"60": "0x60", "300": "0+100x60", "900": "0+100x60", "+Inf": "0+100x60"}),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "RemindersStopped",
        "they end, and begin again",
        sent("0+10x60 600x60 610+10x60"),
        at("1h20m", "pending"),
        at("1h27m", "fires", {**EMAIL, "severity": "high"}, count=1),
        at("2h5m", "resolved"),
        interval="1m",
    ),
    alert_case("RemindersStopped", "they go on", sent("0+10x120"), at("1h50m", "silent"), interval="1m"),
    alert_case(
        "RemindersStopped", "there were hardly any all day", sent("0x30 1x120"), at("2h20m", "silent"), interval="1m"
    ),
    alert_case(
        "RemindersStopped", "few all day, and then none", sent("0+1x60 60x60"), at("1h27m", "fires"), interval="1m"
    ),
    alert_case("RemindersStopped", "too few all day", sent("0+0.6x60 37x60"), at("1h27m", "silent"), interval="1m"),
]
