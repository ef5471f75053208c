"""The objectives that a stack declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.catalog import Pack, Slo, Stack

__all__ = ["declared"]


def declared(stack: Stack | None) -> Iterator[tuple[Pack, Slo]]:
    """Each with its pack, once."""
    seen: set[tuple[str, Slo]] = set()
    for pack in (pack for service in (stack.services if stack else ()) for pack in service.pack_list()):
        for slo in pack.slos:
            if (pack.name, slo) not in seen:
                seen.add((pack.name, slo))
                yield pack, slo
