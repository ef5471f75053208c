"""When each alert of the runtime pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import runtime
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(runtime())

A = {**SHOP, "instance": "a:1"}
ON_B = 'instance="b:1"'

# Samples are 15 s apart. A loop is looked at ten times a second: 150 times between two samples.


def late(under: dict[str, str], count: str, instance: str = "a:1") -> dict[str, str]:
    """By how much the event loop was late."""
    of = f'instance="{instance}"'
    found = {f'asyncio_event_loop_lag_seconds_bucket{{{of},le="{bound}"}}': to for bound, to in under.items()}
    return {**found, f"asyncio_event_loop_lag_seconds_count{{{of}}}": count}


def loop(active: str, idle: str, instance: str = "a:1") -> dict[str, str]:
    """Seconds that it ran callbacks, and waited."""
    name, of = "asyncio_event_loop_time_seconds_total", f'instance="{instance}"'
    return {f'{name}{{{of},state="active"}}': active, f'{name}{{{of},state="idle"}}': idle}


def pauses(under: dict[str, str], generation: str = "2", instance: str = "a:1") -> dict[str, str]:
    """How long the garbage collector took."""
    of = f'instance="{instance}",generation="{generation}"'
    found = {f'python_gc_pause_seconds_bucket{{{of},le="{bound}"}}': values for bound, values in under.items()}
    return {**found, f"python_gc_pause_seconds_count{{{of}}}": under["+Inf"]}


def unhandled(values: str, source: str = "thread", kind: str = "KeyError", instance: str = "a:1") -> dict[str, str]:
    """Exceptions that nothing caught."""
    of = f'source="{source}",exception_type="{kind}",instance="{instance}"'
    return {f"python_unhandled_exceptions_total{{{of}}}": values}


def version(a: str, b: str, old: str = "") -> dict[str, str]:
    """What runs: ``a`` on one instance, ``b`` on the other, where ``old`` ran before."""
    name = "service_build_info"
    found = {
        f'{name}{{instance="a:1",version="2.0",revision="f00"}}': a,
        f'{name}{{instance="b:1",version="2.0",revision="f00"}}': b,
    }
    return {**found, f'{name}{{instance="b:1",version="1.9",revision="ba2"}}': old} if old else found


NEVER = "0+150x100"
THREE_OF_150 = {"0.05": "0+140x100", "0.1": "0+147x60 8820+150x40", "0.25": NEVER, "1": NEVER, "+Inf": NEVER}
SECONDS_LATE = {"0.5": "0+140x100", "1": "0+147x40 5880+150x60", "2.5": NEVER, "+Inf": NEVER}
FIVE_IN_15M = "0x12 1x12 2x12 3x12 4x12 5x12 6x12 7x12"

CASES = [
    alert_case(
        "EventLoopLagHigh",
        "three of 150 are late by more than a tenth of a second, and then none",
        late(THREE_OF_150, NEVER),
        at("5m", "pending"),
        at("6m", "fires", {**A, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "EventLoopLagHigh",
        "99 % are late by exactly a tenth of a second at most",
        late({"0.05": "0x60", "0.1": "0+198x60", "0.25": "0+200x60", "+Inf": "0+200x60"}, "0+200x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopLagHigh",
        "all is in time",
        late({"0.001": NEVER, "0.1": NEVER, "+Inf": NEVER}, NEVER),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopLagHigh",
        "for a moment",
        late({"0.05": "0+140x100", "0.1": "0+150x20 3000+130x4 3520+150x76", "0.25": NEVER, "+Inf": NEVER}, NEVER),
        at("9m", "pending"),
        at("18m", "silent"),
    ),
    alert_case(
        "EventLoopLagCritical",
        "three of 150 are late by more than a second, and then none",
        late(SECONDS_LATE, NEVER),
        at("2m", "pending"),
        at("3m", "fires", {**A, "severity": "critical"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "EventLoopLagCritical",
        "99 % are late by exactly a second at most",
        late({"0.5": "0x60", "1": "0+198x60", "2.5": "0+200x60", "+Inf": "0+200x60"}, "0+200x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopLagCritical",
        "one of 150 stands for a second: that is another alert",
        late({"0.5": "0+149x60", "1": "0+149x60", "2.5": "0+150x60", "+Inf": "0+150x60"}, "0+150x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopLagCritical",
        "for a moment",
        late({"0.5": "0+150x20 3000+140x2 3280+150x78", "1": "0+150x20 3000+142x2 3284+150x78", "2.5": NEVER}, NEVER),
        at("18m", "silent"),
    ),
    alert_case(
        "EventLoopLagCritical",
        "for three minutes, as far as one can see",
        late({"0.5": "0+150x8 1200+120x2 1440+150x80", "1": "0+150x8 1200+122x2 1444+150x80", "2.5": NEVER}, NEVER)
        | late({"+Inf": NEVER}, NEVER),
        at("3m45s", "pending"),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopBlocked",
        "it stands still every minute, until it does not",
        late({"0.5": "0+149.75x60 8985+150x80", "1": "0+150x140"}, "0+150x140"),
        at("2m", "silent"),
        at("6m", "fires", {**A, "severity": "high"}, count=1),
        at("32m", "resolved"),
    ),
    alert_case(
        "EventLoopBlocked",
        "on another instance",
        {**late({"0.5": "0+150x60"}, "0+150x60"), **late({"0.5": "0+149x60"}, "0+150x60", "b:1")},
        at("14m", "fires", {**SHOP, "instance": "b:1"}, count=1),
    ),
    alert_case("EventLoopBlocked", "never", late({"0.5": "0+150x60"}, "0+150x60"), at("14m", "silent")),
    alert_case(
        "EventLoopBlocked",
        "exactly three times in the quarter",
        late({"0.5": "0x93", "1": "0x20 3x72"}, "0x20 3x72"),
        at("10m", "silent"),
        at("20m", "silent"),
    ),
    alert_case(
        "EventLoopBlocked",
        "it is late by a quarter of a second: that is another alert",
        late({"0.1": "0+100x60", "0.25": "0+100x60", "0.5": "0+150x60"}, "0+150x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "EventLoopHung",
        "a loop that has run for half an hour stands still for ten minutes",
        loop("0+5x120 600x40 600+5x40", "0+10x120 1200x40 1200+10x40"),
        at("35m", "pending"),
        at("36m30s", "fires", {**A, "severity": "critical"}, count=1),
        at("41m", "resolved"),
    ),
    alert_case(
        "EventLoopHung",
        "one of two instances: the other one goes on",
        {**loop("0+5x120 600x60", "0+10x120 1200x60"), **loop("0+5x180", "0+10x180", "b:1")},
        at("40m", "fires", A, count=1),
    ),
    alert_case("EventLoopHung", "it waits for something to do", loop("0x160", "0+15x160"), at("39m", "silent")),
    alert_case(
        "EventLoopHung",
        "a program that runs a loop for half a minute now and then",
        loop("0+1x2 2x160", "0+14x2 28x160"),
        at("39m", "silent"),
    ),
    alert_case(
        "EventLoopHung",
        "it has run for exactly half of the time",
        loop("0+2.5x60 150x60", "0+5x60 300x60"),
        at("24m", "silent"),
    ),
    alert_case(
        "EventLoopHung",
        "it still runs at a twentieth of the time, exactly",
        loop("0+5x60 300+0.25x60", "0+10x60 600+0.5x60"),
        at("24m", "silent"),
    ),
    alert_case(
        "EventLoopHung",
        "for five and a half minutes",
        loop("0+5x60 300x21 300+5x60", "0+10x60 600x21 600+10x60"),
        at("20m15s", "pending"),
        at("24m", "silent"),
    ),
    alert_case(
        "EventLoopBusy",
        "it runs callbacks for 14 of 15 seconds, and then for seven",
        loop("0+14x80 1120+7x60", "0+1x80 80+8x60"),
        at("10m", "pending"),
        at("11m", "fires", {**A, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case("EventLoopBusy", "exactly nine of ten", loop("0+13.5x80", "0+1.5x80"), at("19m", "silent")),
    alert_case("EventLoopBusy", "it waits most of the time", loop("0+1x80", "0+14x80"), at("19m", "silent")),
    alert_case(
        "EventLoopBusy",
        "for eight minutes",
        loop("0+1x20 20+15x30 470+1x60", "0+14x20 280x30 280+14x60"),
        at("12m", "pending"),
        at("22m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "one of ten full runs takes over a quarter of a second, and then none does",
        pauses({"0.1": "0+8x80 640+10x140", "0.25": "0+9x80 720+10x140", "0.5": "0+10x220", "+Inf": "0+10x220"}),
        at("10m", "pending"),
        at("11m", "fires", {**A, "severity": "medium"}, count=1),
        at("37m", "resolved"),
    ),
    alert_case(
        "GcPausesLong",
        "99 % take exactly a quarter of a second at most",
        pauses({"0.1": "0x80", "0.25": "0+198x80", "0.5": "0+200x80", "+Inf": "0+200x80"}),
        at("19m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "all are short",
        pauses({"0.001": "0+1x80", "0.25": "0+1x80", "+Inf": "0+1x80"}),
        at("19m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "those of the young are long, by a debugger: full runs are not",
        {
            **pauses({"0.1": "0x80", "0.25": "0x80", "0.5": "0+90x80", "+Inf": "0+90x80"}, "0"),
            **pauses({"0.1": "0+1x80", "0.25": "0+1x80", "0.5": "0+1x80", "+Inf": "0+1x80"}),
        },
        at("19m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "many at the start",
        pauses({"0.1": "0x8 0+10x110", "0.25": "0x8 0+10x110", "0.5": "0+1x8 8+10x110", "+Inf": "0+1x8 8+10x110"}),
        at("2m", "pending"),
        at("25m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "exactly three within a quarter of an hour, all of them long, and many of the young",
        {
            **pauses({"0.25": "0x93", "0.5": "0x4 3x88", "+Inf": "0x4 3x88"}),
            **pauses({"0.25": "0+9x93", "0.5": "0+9x93", "+Inf": "0+9x93"}, "0"),
        },
        at("12m", "silent"),
        at("22m", "silent"),
    ),
    alert_case(
        "GcPausesLong",
        "five in a quarter of an hour, all of them long",
        pauses({"0.25": "0x100", "0.5": FIVE_IN_15M, "+Inf": FIVE_IN_15M}),
        at("24m", "fires"),
    ),
    alert_case(
        "UnhandledExceptions",
        "the first of a kind, an hour after the service was first scraped",
        {"up": "1x140", **unhandled("_x60 1x80"), **unhandled("3x140", "asyncio")},
        at("59m", "silent"),
        at(
            "1h1m",
            "fires",
            {**SHOP, "source": "thread", "exception_type": "KeyError", "severity": "medium"},
            count=1,
        ),
        at("1h17m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "UnhandledExceptions",
        "another one of a kind that there was before, and other kinds that were",
        {"up": "1x140", **unhandled("3x60 4x80"), **unhandled("2x140", kind="ValueError")},
        at("1h2m30s", "fires", {"source": "thread", "exception_type": "KeyError"}, count=1),
        at("1h17m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "UnhandledExceptions",
        "on a new instance, where another one has had some long ago",
        {"up": "1x140", **unhandled("3x140"), **unhandled("_x60 1x80", instance="b:1")},
        at("1h1m", "fires", SHOP, count=1),
        interval="1m",
    ),
    alert_case(
        "UnhandledExceptions",
        "they happened before the service was first scraped",
        {"up": "_x60 1x80", **unhandled("_x60 3x80")},
        at("1h5m", "silent"),
        at("1h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "VersionsMixed",
        "the second instance has the old version for an hour and a half",
        version("1x150", "_x100 1x50", "1x99 stale _x50"),
        at("59m", "pending"),
        at("1h1m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("1h42m", "resolved"),
        interval="1m",
    ),
    alert_case("VersionsMixed", "one and the same", version("1x150", "1x150"), at("2h", "silent"), interval="1m"),
    alert_case(
        "VersionsMixed",
        "a deployment of half an hour",
        version("1x150", "_x30 1x120", "1x29 stale _x120"),
        at("29m", "pending"),
        at("1h30m", "silent"),
        interval="1m",
    ),
    alert_case(
        "VersionsMixed",
        "two versions of one revision, built apart",
        {
            'service_build_info{instance="a:1",version="2.0",revision="f00"}': "1x150",
            'service_build_info{instance="b:1",version="1.9",revision="f00"}': "1x150",
        },
        at("1h30m", "fires", SHOP, count=1),
        interval="1m",
    ),
    alert_case(
        "VersionsMixed",
        "one version of two revisions",
        {
            'service_build_info{instance="a:1",version="2.0",revision="f00"}': "1x150",
            'service_build_info{instance="b:1",version="2.0",revision="ba2"}': "1x150",
        },
        at("1h30m", "fires", SHOP, count=1),
        interval="1m",
    ),
]
