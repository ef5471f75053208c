"""When each alert of the errors pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import errors
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(errors(compared_to="2h"))


CHECKOUT = {**SHOP, "part": "checkout"}


def errors_of(severity: str, values: str, error: str = "KeyError") -> dict[str, str]:
    """Errors of the checkout."""
    return {f'application_errors_total{{part="checkout",severity="{severity}",error_type="{error}"}}': values}


CASES = [
    alert_case(
        "CriticalErrors",
        "critical errors for a while, and then none",
        errors_of("critical", "0+1x20 20x60"),
        at("1m", "pending"),
        at("1m15s", "fires", {**CHECKOUT, "severity": "critical"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("CriticalErrors", "none any more", errors_of("critical", "5x60"), at("12m", "silent")),
    alert_case("CriticalErrors", "errors that are not critical", errors_of("error", "0+1x60"), at("12m", "silent")),
    alert_case(
        "ErrorsHigh",
        "one a second, and then none",
        errors_of("error", "0+16x60 960x60"),
        at("11m", "pending"),
        at("14m", "fires", {**CHECKOUT, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("ErrorsHigh", "one in two seconds", errors_of("error", "0+30x60"), at("50m", "silent"), interval="1m"),
    alert_case("ErrorsHigh", "seven in ten seconds", errors_of("error", "0+10.5x80"), at("18m", "fires")),
    alert_case("ErrorsHigh", "many warnings", errors_of("warning", "0+15x80"), at("18m", "silent")),
    alert_case(
        "ErrorsHigh",
        "critical ones and others together",
        {**errors_of("error", "0+6x80"), **errors_of("critical", "0+6x80")},
        at("18m", "fires", {"part": "checkout"}, count=1),
    ),
    alert_case(
        "ErrorSpike",
        "twenty times as many as yesterday, and then as many",
        errors_of("error", "0+1x180 200+20x30 781+1x90"),
        at("3h5m", "silent"),
        at("3h9m", "fires", {**CHECKOUT, "severity": "medium"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case("ErrorSpike", "as many as yesterday", errors_of("error", "0+10x300"), at("4h", "silent"), interval="1m"),
    alert_case(
        "ErrorSpike",
        "seven times as many",
        errors_of("error", "0+1x180 187+7x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "many times hardly any",
        errors_of("error", "0+0.1x180 24+2x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "three times as many",
        errors_of("error", "0+4x180 732+12x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "NewKindOfError",
        "a class that nobody had met, while another one goes on",
        {**errors_of("error", "0+1x200", "KeyError"), **errors_of("error", "_x70 1x10 2x120", "TypeError")},
        at("1h10m", "silent"),
        at("1h25m", "fires", {**CHECKOUT, "error_type": "TypeError", "severity": "low"}, count=1),
        at("2h40m", "resolved"),
        interval="1m",
    ),
    alert_case("NewKindOfError", "the same as ever", errors_of("error", "0+1x200"), at("2h", "silent"), interval="1m"),
    alert_case(
        "NewKindOfError",
        "a class that has not been met for an hour",
        errors_of("error", "_x5 4x200"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "many times hardly any, and a few",
        errors_of("error", "0+0.1x180 24+5x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "only warnings are more",
        {**errors_of("error", "0+10x300"), **errors_of("warning", "0+10x180 2700+900x60")},
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "exactly five times as many",
        errors_of("error", "0+60x240 14700+300x60"),
        at("4h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "yesterday there were none at all",
        errors_of("error", "0x180 60+60x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ErrorSpike",
        "exactly one in 20 seconds",
        errors_of("error", "0+0.1x180 24+3x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
]
