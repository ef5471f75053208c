"""When each alert of the logs pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import logs
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(logs(compared_to="2h"))

ORDERS = {**SHOP, "logger": "shop.orders"}


def logged(level: str, values: str, logger: str = "shop.orders", instance: str = "a:1") -> dict[str, str]:
    """Records of a level, how many so far."""
    return {f'log_records_total{{level="{level}",logger="{logger}",instance="{instance}"}}': values}


def raised(values: str, fingerprint: str = "0a1b2c3d4e5f", kind: str = "KeyError") -> dict[str, str]:
    """Exceptions that were logged."""
    return {f'log_exceptions_total{{exception_type="{kind}",fingerprint="{fingerprint}"}}': values}


CASES = [
    alert_case(
        "LogCriticalRecords",
        "the first one of a logger, an hour after the service was first scraped",
        {"up": "1x140", **logged("critical", "_x60 1x80"), **logged("error", "0+1x140"), **logged("info", "0+5x140")},
        at("59m", "silent"),
        at("1h1m", "fires", {**ORDERS, "severity": "high"}, count=1),
        at("1h17m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "LogCriticalRecords",
        "another one of a logger that has had some",
        {"up": "1x140", **logged("critical", "3x60 4x80"), **logged("critical", "7x140", "shop.mail")},
        at("1h1m30s", "fires", ORDERS, count=1),
        at("1h17m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "LogCriticalRecords",
        "one on a new instance, where the other has had some long ago",
        {"up": "1x140", **logged("critical", "3x140"), **logged("critical", "_x60 1x80", instance="b:1")},
        at("59m", "silent"),
        at("1h1m", "fires", ORDERS, count=1),
        interval="1m",
    ),
    alert_case(
        "LogCriticalRecords",
        "there were some long before the service was first scraped",
        {"up": "_x60 1x80", **logged("critical", "_x60 3x80")},
        at("1h5m", "silent"),
        at("1h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogCriticalRecords",
        "errors, and no more critical ones",
        {"up": "1x140", **logged("critical", "3x140"), **logged("error", "_x60 1x80")},
        at("1h5m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogErrorsHigh",
        "one a second of two loggers together, and then none",
        {**logged("error", "0+10x60 600x60"), **logged("critical", "0+5x60 300x60", "shop.mail")},
        at("11m", "pending"),
        at("13m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("LogErrorsHigh", "exactly one in two seconds", logged("error", "0+7.5x80"), at("18m", "silent")),
    alert_case("LogErrorsHigh", "seven in ten seconds", logged("error", "0+10.5x80"), at("18m", "fires")),
    alert_case("LogErrorsHigh", "many warnings", logged("warning", "0+100x80"), at("18m", "silent")),
    alert_case(
        "LogErrorsHigh",
        "for six minutes",
        logged("error", "0x8 0+15x12 180x60"),
        at("5m", "pending"),
        at("14m", "silent"),
    ),
    alert_case(
        "LogErrorSpike",
        "twenty times as many as the time before, and then as many",
        logged("error", "0+1x180 200+20x30 781+1x90"),
        at("3h5m", "silent"),
        at("3h9m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case("LogErrorSpike", "as many as before", logged("error", "0+10x300"), at("4h", "silent"), interval="1m"),
    alert_case(
        "LogErrorSpike",
        "seven times as many",
        logged("error", "0+1x180 187+7x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "exactly five times as many",
        logged("error", "0+60x240 14700+300x60"),
        at("4h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "three times as many",
        logged("error", "0+4x180 732+12x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "many times hardly any",
        logged("error", "0+0.1x180 24+2x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "many times hardly any, and a few",
        logged("error", "0+0.1x180 24+5x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "there were none at all",
        logged("error", "0x180 60+60x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogErrorSpike",
        "only warnings are more",
        {**logged("error", "0+10x300"), **logged("warning", "0+10x180 2700+900x60")},
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogBurst",
        "twenty times as many as the time before, and then as many",
        logged("info", "0+60x180 12000+1200x30 48060+60x90"),
        at("3h5m", "silent"),
        at("3h9m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case("LogBurst", "as many as before", logged("info", "0+600x300"), at("4h", "silent"), interval="1m"),
    alert_case(
        "LogBurst",
        "15 times as many",
        logged("info", "0+60x180 11700+900x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "LogBurst",
        "exactly ten times as many",
        logged("info", "0+60x240 15000+600x60"),
        at("4h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogBurst",
        "six times as many",
        logged("info", "0+60x180 11160+360x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogBurst",
        "many times hardly any",
        logged("info", "0+1x180 380+200x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogBurst",
        "many times hardly any, and many by now",
        logged("info", "0+1x180 680+500x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "LogBurst", "there were none at all", logged("info", "0x180 600+600x60"), at("3h50m", "silent"), interval="1m"
    ),
    alert_case(
        "LogSilent",
        "nothing for 40 minutes where there used to be something, and then it goes on",
        {**logged("info", "0+60x180 10800x40 10860+60x60"), **logged("error", "3x280")},
        at("3h15m", "pending"),
        at("3h23m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("3h45m", "resolved"),
        interval="1m",
    ),
    alert_case("LogSilent", "it goes on", logged("info", "0+60x280"), at("4h", "silent"), interval="1m"),
    alert_case(
        "LogSilent", "it has never said much", logged("info", "0+2x180 360x100"), at("4h", "silent"), interval="1m"
    ),
    alert_case(
        "LogSilent",
        "it used to say four times a minute",
        logged("info", "0+4x180 720x100"),
        at("3h25m", "fires"),
        interval="1m",
    ),
    alert_case(
        "LogSilent",
        "exactly three times a minute",
        logged("info", "0+3x180 540x100"),
        at("4h", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogSilent",
        "it is down: that is another alert",
        logged("info", "0+60x180 stale _x90"),
        at("4h", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogSilent",
        "for ten minutes",
        logged("info", "0+60x180 10800x12 10860+60x60"),
        at("3h11m", "pending"),
        at("3h30m", "silent"),
        interval="1m",
    ),
    alert_case(
        "LogNewException",
        "one from a new place comes twice, while the old ones go on",
        {
            **raised("0+1x200"),
            **raised("_x70 1x10 2x120", "5f4e3d2c1b0a"),
        },
        at("1h10m", "silent"),
        at("1h25m", "fires", {**SHOP, "fingerprint": "5f4e3d2c1b0a", "exception_type": "KeyError"}, count=1),
        at("2h40m", "resolved"),
        interval="1m",
    ),
    alert_case("LogNewException", "the same as ever", raised("0+1x200"), at("2h", "silent"), interval="1m"),
    alert_case("LogNewException", "it has come once", raised("_x70 1x130"), at("1h30m", "silent"), interval="1m"),
    alert_case(
        "LogNewException",
        "another class with the same fingerprint was there before",
        {**raised("0+1x200"), **raised("_x70 1x10 2x120", kind="ValueError")},
        at("1h25m", "fires", {"exception_type": "ValueError", "severity": "low"}, count=1),
        interval="1m",
    ),
    alert_case(
        "LogNewException",
        "it came yesterday, from an instance that is gone",
        raised("1x30 stale _x300 1x10 2x60"),
        at("5h50m", "silent"),
        interval="1m",
    ),
]
