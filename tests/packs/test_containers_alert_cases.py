"""When each alert of the containers pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import containers
from vedette.testing import alert_case, at, series

__all__ = ["CASES", "stack"]

stack = stack_of(containers(must_run="shop|db", cpu_for="4m", throttled_for="4m", memory_for="4m"))

ON_A, ON_B = 'instance="a:1"', 'instance="b:1"'
SHOP_A = {**A, "name": "shop"}
HIGH = {**SHOP_A, "severity": "high"}

# Time begins at zero here: when a container was seen is a time of the test.


def of(name: str = "shop", on: str = ON_A, number: str = "1") -> str:
    """The labels of a container."""
    return f'{on},id="/docker/{name}{number}",image="i",name="{name}"'


def seen(values: str, container: str = of(), up: str = "1x120", on: str = ON_A) -> dict[str, str]:
    """When a container was last seen, and whether its cAdvisor answers."""
    return {f"container_last_seen{{{container}}}": values, f"up{{{on}}}": up}


def made(values: str, container: str = of()) -> dict[str, str]:
    """When a container was made."""
    return {f"container_start_time_seconds{{{container}}}": values}


def used(values: str, container: str = of(), cpu: str = "total") -> dict[str, str]:
    """Time of processors that it used."""
    return {f'container_cpu_usage_seconds_total{{{container},cpu="{cpu}"}}': values}


def busy(values: str, container: str = of(), quota: str = "50000x120") -> dict[str, str]:
    """The same of a container that may have half a processor: 7.5 s in 15."""
    return {
        **used(values, container),
        f"container_spec_cpu_quota{{{container}}}": quota,
        f"container_spec_cpu_period{{{container}}}": "100000x120",
    }


def waits(values: str, container: str = of(), periods: str = "0+100x120") -> dict[str, str]:
    """Periods in which it was made to wait; of a hundred in 15 s where nothing else is said."""
    return {
        f"container_cpu_cfs_throttled_periods_total{{{container}}}": values,
        f"container_cpu_cfs_periods_total{{{container}}}": periods,
    }


def memory(values: str, container: str = of(), limit: str = "1000x120") -> dict[str, str]:
    """Memory, of 1000."""
    return {
        f"container_memory_working_set_bytes{{{container}}}": values,
        f"container_spec_memory_limit_bytes{{{container}}}": limit,
    }


def killed(values: str, container: str = of()) -> dict[str, str]:
    """How often something of it was killed."""
    return {f"container_oom_events_total{{{container}}}": values}


OTHERS = (of("db"), of(on=ON_B))
MACHINE = f'{ON_A},id="/",image="i"'


def without_name(given: dict[str, str]):
    """The same of what is no container: the control group of the machine."""
    return [series(what, values, **({"name": ""} if "id=" in what else {})) for what, values in given.items()]


CASES = [
    alert_case(
        "ContainerGone",
        "it ends after five minutes, and is started again",
        seen("0+15x20 _x20 615+15x40"),
        at("7m", "silent"),
        at("7m15s", "fires", HIGH, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("ContainerGone", "it is there", seen("0+15x60"), at("15m", "silent")),
    alert_case(
        "ContainerGone",
        "nobody looks: another alert",
        seen("0+15x20 _x40", up="1x20 0x40"),
        at("14m", "silent"),
    ),
    alert_case(
        "ContainerGone",
        "one machine is not looked at, another is",
        {**seen("0+15x20 _x40", up="1x20 0x40"), **seen("0+15x20 _x40", of(on=ON_B), on=ON_B)},
        at("14m", "fires", {**B, "name": "shop"}, count=1),
    ),
    alert_case("ContainerGone", "one that may end", seen("0+15x20 _x40", of("nightly")), at("14m", "silent")),
    alert_case("ContainerGone", "the machine", without_name(seen("0x60", MACHINE)), at("14m", "silent")),
    alert_case(
        "ContainerGone",
        "it is made anew under the same name",
        {**seen("0+15x20 _x40"), **seen("_x20 315+15x40", of(number="2"))},
        at("14m", "silent"),
    ),
    alert_case(
        "ContainerGone",
        "three",
        {
            **seen("0+15x20 _x40"),
            **seen("0+15x20 _x40", OTHERS[0]),
            **seen("0+15x20 _x40", OTHERS[1], on=ON_B),
        },
        at("14m", "fires", count=3),
    ),
    alert_case("ContainerGone", "forgotten after an hour", seen("0+15x8 _x260", up="1x270"), at("1h5m", "silent")),
    alert_case(
        "ContainerRestarting",
        "it is started again three times, then it stays",
        used("0+5x20 0+5x4 0+5x4 0+5x90"),
        at("6m15s", "silent"),
        at("6m30s", "fires", HIGH, count=1),
        at("22m", "resolved"),
    ),
    alert_case("ContainerRestarting", "once, as in a release", used("0+5x20 0+5x60"), at("12m", "silent")),
    alert_case("ContainerRestarting", "never", {**used("0+5x60"), **made("9x60")}, at("14m", "silent")),
    alert_case(
        "ContainerRestarting",
        "it is made anew three times, each with another number",
        {
            **made("100x20 _x60"),
            **made("_x20 300x4 _x60", of(number="2")),
            **made("_x25 400x4 _x60", of(number="3")),
            **made("_x30 500x60", of(number="4")),
        },
        at("6m", "silent"),
        at("8m", "fires", HIGH, count=1),
    ),
    alert_case(
        "ContainerRestarting",
        "three",
        {
            **used("0+5x8 0+5x4 0+5x40"),
            **used("0+5x8 0+5x4 0+5x40", OTHERS[0]),
            **used("0+5x8 0+5x4 0+5x40", OTHERS[1]),
        },
        at("10m", "fires", count=3),
    ),
    alert_case(
        "ContainerRestarting",
        "the control groups of the machine",
        without_name(used("0+5x8 0+5x4 0+5x40", MACHINE)),
        at("10m", "silent"),
    ),
    alert_case(
        "ContainerCpuHigh",
        "all of its half for a quarter of an hour, then none",
        busy("0+7.5x60 450x60"),
        at("5m", "pending"),
        at("9m", "fires", HIGH, count=1),
        at("21m", "resolved"),
    ),
    alert_case("ContainerCpuHigh", "exactly at the limit", busy("0+6x60"), at("14m", "silent")),
    alert_case("ContainerCpuHigh", "a whole processor without a limit", used("0+15x60"), at("14m", "silent")),
    alert_case("ContainerCpuHigh", "a limit that is none", busy("0+15x60", quota="0x60"), at("14m", "silent")),
    alert_case(
        "ContainerCpuHigh",
        "on two processors together",
        {**busy("0+3.5x60"), **used("0+3.5x60", cpu="cpu01")},
        at("14m", "fires", count=1),
    ),
    alert_case(
        "ContainerCpuHigh",
        "three",
        {**busy("0+7x60"), **busy("0+7x60", OTHERS[0]), **busy("0+7x60", OTHERS[1])},
        at("14m", "fires", count=3),
    ),
    alert_case("ContainerCpuHigh", "the machine", without_name(busy("0+7x60", MACHINE)), at("14m", "silent")),
    alert_case(
        "ContainerThrottled",
        "in half of its periods for ten minutes, then in none",
        waits("0+50x40 2000x60"),
        at("4m", "pending"),
        at("4m15s", "fires", {**SHOP_A, "severity": "medium"}, count=1),
        at("17m", "resolved"),
    ),
    alert_case("ContainerThrottled", "exactly a quarter", waits("0+25x60"), at("14m", "silent")),
    alert_case("ContainerThrottled", "it has nothing to do", waits("0x60", periods="0x60"), at("14m", "silent")),
    alert_case(
        "ContainerThrottled",
        "three",
        {**waits("0+50x60"), **waits("0+50x60", OTHERS[0]), **waits("0+50x60", OTHERS[1])},
        at("14m", "fires", count=3),
    ),
    alert_case("ContainerThrottled", "the machine", without_name(waits("0+50x60", MACHINE)), at("14m", "silent")),
    alert_case(
        "ContainerMemoryHigh",
        "nine tenths for ten minutes, then half",
        memory("500x8 900x40 500x40"),
        at("6m", "pending"),
        at("6m15s", "fires", HIGH, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("ContainerMemoryHigh", "exactly at the limit", memory("800x60"), at("14m", "silent")),
    alert_case("ContainerMemoryHigh", "without a limit", memory("5000x60", limit="0x60"), at("14m", "silent")),
    alert_case(
        "ContainerMemoryHigh",
        "three",
        {**memory("900x60"), **memory("900x60", OTHERS[0]), **memory("900x60", OTHERS[1])},
        at("14m", "fires", count=3),
    ),
    alert_case("ContainerMemoryHigh", "the machine", without_name(memory("900x60", MACHINE)), at("14m", "silent")),
    alert_case(
        "ContainerMemoryCritical",
        "nearly all for ten minutes, then half",
        memory("500x8 990x40 500x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**SHOP_A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("ContainerMemoryCritical", "exactly at the limit", memory("950x60"), at("14m", "silent")),
    alert_case("ContainerMemoryCritical", "nine tenths", memory("900x60"), at("14m", "silent")),
    alert_case(
        "ContainerMemoryCritical",
        "three",
        {**memory("990x60"), **memory("990x60", OTHERS[0]), **memory("990x60", OTHERS[1])},
        at("14m", "fires", count=3),
    ),
    alert_case("ContainerMemoryCritical", "the machine", without_name(memory("990x60", MACHINE)), at("14m", "silent")),
    alert_case(
        "ContainerOutOfMemory",
        "once",
        killed("0x20 1x80"),
        at("5m", "silent"),
        at("5m30s", "fires", HIGH, count=1),
        at("16m", "resolved"),
    ),
    alert_case("ContainerOutOfMemory", "long ago", killed("3x60"), at("14m", "silent")),
    alert_case(
        "ContainerOutOfMemory",
        "three",
        {**killed("0x20 1x40"), **killed("0x20 1x40", OTHERS[0]), **killed("0x20 1x40", OTHERS[1])},
        at("10m", "fires", count=3),
    ),
    alert_case("ContainerOutOfMemory", "the machine", without_name(killed("0x20 1x40", MACHINE)), at("10m", "silent")),
    alert_case(
        "ContainersNotWatched",
        "no answer for ten minutes",
        {f"up{{{ON_A}}}": "1x8 0x40 1x40"},
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("ContainersNotWatched", "it answers", {f"up{{{ON_A}}}": "1x60"}, at("14m", "silent")),
    alert_case(
        "ContainersNotWatched",
        "one of two",
        {f"up{{{ON_A}}}": "1x60", f"up{{{ON_B}}}": "0x60"},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "ContainersNotWatched", "both", {f"up{{{ON_A}}}": "0x60", f"up{{{ON_B}}}": "0x60"}, at("14m", "fires", count=2)
    ),
]
