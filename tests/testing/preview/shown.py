"""Whether a panel of a preview shows something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from vedette.promql.ast import VectorSelector
from vedette.promql.evaluate import instant, query_range
from vedette.promql.parser import parse
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from vedette.engine.tsdb.head import Head

HOUR = 3_600_000
_VARIABLE = re.compile(r"\$\{?\w+(?::\w+)?\}?")


def shows(head: Head, panel: dict[str, Any], moment: int) -> bool:
    """Whether one of its queries has data: now, or of a curve within the last hour."""
    return any(has_data(head, target["expr"], moment, panel["type"]) for target in panel["targets"])


def has_data(head: Head, text: str, moment: int, kind: str = "timeseries") -> bool:
    """Whether a query has numbers that come from samples: a constant and ``vector(0)`` are none."""
    query = _VARIABLE.sub(".+", text.replace("$__rate_interval", "5m").replace("$__interval", "5m"))
    selectors = [node for node in walk(parse(query)) if isinstance(node, VectorSelector)]
    if not any(block.present.any() for one in selectors for block in head.select(one.matchers, moment - HOUR, moment)):
        return False
    if kind in ("stat", "gauge", "table"):
        now = instant(query, head, moment)
        return bool(np.isfinite(np.atleast_1d(getattr(now, "values", getattr(now, "value", np.nan)))).any())
    found = query_range(query, head, moment - HOUR, moment, 60_000)
    return bool((found.present & np.isfinite(found.values)).any())
