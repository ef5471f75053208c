"""A name that nothing has: what was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.check.graph import Graph

__all__ = ["unknown"]

_NEAREST: Final = 5


def unknown(name: str, graph: Graph, more: Iterable[str] = ()) -> ConfigError:
    """The error to raise, with names that are spelt like it and names that contain it; ``more`` may be meant, too."""
    names = (known for node in graph.nodes.values() for known in graph.names_of(node))
    every = sorted({*names, *more})
    lowered = {known.lower(): known for known in reversed(every)}
    containing = [known for known in every if name.strip() and name.lower() in known.lower()]
    alike = [lowered[known] for known in get_close_matches(name.lower(), lowered, n=_NEAREST)]
    near = list(dict.fromkeys([*alike, *containing]))[:_NEAREST]
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ConfigError(f"nothing here is named {name!r}{hint}")
