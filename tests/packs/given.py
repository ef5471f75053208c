"""What the cases of every pack stand on: one service with two instances, and how series are written.

Samples are 15 s apart: four a minute. Every alert has a case that fires, one that never does, one exactly at its
threshold and one that resolves, and nine of ten of its mutants die: `vedette test --mutants`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog import Service, Stack

if TYPE_CHECKING:
    from vedette.catalog.pack import PackLike

A, B = {"job": "shop", "instance": "a:1"}, {"job": "shop", "instance": "b:1"}
SHOP = {"job": "shop"}


def stack_of(*packs: PackLike) -> Stack:
    """The shop, watched by these packs alone."""
    return Stack(services=[Service("shop", ["a:1", "b:1"], packs)])


def buckets(name: str, labels: str, under: dict[str, str], count: str) -> dict[str, str]:
    """A histogram: upper bound → cumulative count."""
    comma = "," if labels else ""
    found = {f'{name}_bucket{{{labels}{comma}le="{bound}"}}': values for bound, values in under.items()}
    return {**found, f"{name}_count{{{labels}}}": count}


# Of 100 in 15 s: all between two bounds, 95 % up to the lower one, or 90 %.
WITHIN_1 = {"0.5": "0x120", "1": "0+100x120", "+Inf": "0+100x120"}
AT_1 = {"0.5": "0x120", "1": "0+95x120", "2.5": "0+100x120", "+Inf": "0+100x120"}
OVER_1 = {"0.5": "0x120", "1": "0+90x120", "2.5": "0+100x120", "+Inf": "0+100x120"}
OVER_1_FOR_8M = {
    "0.5": "0x120",
    "1": "0+90x32 2980+100x87",
    "2.5": "0+100x120",
    "+Inf": "0+100x120",
}
WITHIN_2 = {"1": "0x120", "2.5": "0+100x120", "5": "0+100x120", "+Inf": "0+100x120"}
AT_2 = {"1": "0x120", "2.5": "0+95x120", "5": "0+100x120", "+Inf": "0+100x120"}
OVER_2 = {"1": "0x120", "2.5": "0+90x120", "5": "0+100x120", "+Inf": "0+100x120"}
OVER_2_FOR_8M = {
    "1": "0x120",
    "2.5": "0+90x32 2980+100x87",
    "5": "0+100x120",
    "+Inf": "0+100x120",
}
