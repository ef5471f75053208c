"""When each alert of the memory pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import memory
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(memory(empty_for="10m"))


GRAPH = {**SHOP, "store": "graph"}
OF = 'store="graph",operation="search"'


def ended(success: str, failure: str) -> dict[str, str]:
    """Searches by how they ended."""
    return {
        f'memory_operations_total{{{OF},outcome="success"}}': success,
        f'memory_operations_total{{{OF},outcome="failure"}}': failure,
    }


def durations(under: dict[str, str]) -> dict[str, str]:
    """How long searches took."""
    return buckets("memory_operation_duration_seconds", OF, under, under["+Inf"])


def found(under: dict[str, str]) -> dict[str, str]:
    """How much searches found."""
    return buckets("memory_search_results", 'store="graph"', under, under["+Inf"])


CASES = [
    alert_case(
        "MemoryFailing",
        "a tenth fails, and then none",
        ended("0+9x60 540+10x60", "0+1x60 60x60"),
        at("5m", "pending"),
        at("8m", "fires", {**GRAPH, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "MemoryFailing", "exactly one of 20 fails", ended("0+57x60", "0+3x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case("MemoryFailing", "none fails", ended("0+10x60", "0x60"), at("14m", "silent")),
    alert_case("MemoryFailing", "half of few", ended("0+2x60", "0+2x60"), at("50m", "fires"), interval="1m"),
    alert_case("MemoryFailing", "all of very few", ended("0x60", "0+2x60"), at("50m", "silent"), interval="1m"),
    alert_case(
        "MemoryFailing", "all of exactly three a minute", ended("0x60", "0+3x60"), at("50m", "silent"), interval="1m"
    ),
    alert_case(
        "MemorySlow",
        "6 % take over two and a half seconds, and then none",
        durations({"1": "0x160", "2.5": "0+94x60 5740+100x100", "5": "0+100x160", "+Inf": "0+100x160"}),
        at("9m", "pending"),
        at("13m", "fires", {**SHOP, "store": "graph", "operation": "search", "severity": "medium"}, count=1),
        at("30m", "resolved"),
    ),
    alert_case(
        "MemorySlow",
        "95 % within two and a half seconds",
        durations({"1": "0x80", "2.5": "0+95x80", "5": "0+100x80", "+Inf": "0+100x80"}),
        at("18m", "silent"),
    ),
    alert_case(
        "MemorySlow",
        "all within a second",
        durations({"1": "0+100x80", "2.5": "0+100x80", "5": "0+100x80", "+Inf": "0+100x80"}),
        at("18m", "silent"),
    ),
    alert_case(
        "MemoryFindsNothing",
        "nine of ten find nothing, and then each finds something",
        found({"0.0": "0+9x60 540x120", "1.0": "0+10x60 600+10x120", "+Inf": "0+10x60 600+10x120"}),
        at("8m", "pending"),
        at("13m", "fires", {**GRAPH, "severity": "medium"}, count=1),
        at("2h50m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "MemoryFindsNothing",
        "four of five find nothing",
        found({"0": "0+48x120", "1": "0+60x120", "+Inf": "0+60x120"}),
        at("1h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "MemoryFindsNothing",
        "one of ten finds nothing",
        found({"0": "0+1x120", "1": "0+10x120", "+Inf": "0+10x120"}),
        at("1h50m", "silent"),
        interval="1m",
    ),
]
