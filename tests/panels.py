"""What the panels of a built dashboard ask, with everything chosen: for tests that ask it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = re.compile(r"\$\{?\w+(?::\w+)?\}?")


def queries(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and query of every target of every panel."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], _VARIABLE.sub(".+", target["expr"])
