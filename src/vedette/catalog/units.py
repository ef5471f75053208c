"""The units a panel can show, by the words Prometheus uses for them, and what Grafana calls each."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["UNITS", "Unit"]

Unit = Literal[
    "", "count", "ratio", "seconds", "bytes", "bytes/s", "cores", "requests/s", "operations/s", "events/s",
    "reads/s", "writes/s", "messages/s", "requests/min", "operations/min", "events/min", "messages/min", "boolean",
    "dollars",
]  # fmt: skip
"""What the numbers of a panel are. ``ratio`` (0 to 1) and ``cores`` (1 is a whole one) are shown as percentages."""

UNITS: Final[dict[Unit, str]] = {
    "": "none",
    "count": "short",
    "ratio": "percentunit",
    "seconds": "s",
    "bytes": "bytes",
    "bytes/s": "Bps",
    "cores": "percentunit",
    "requests/s": "reqps",
    "operations/s": "ops",
    "events/s": "eps",
    "reads/s": "rps",
    "writes/s": "wps",
    "messages/s": "mps",
    "requests/min": "reqpm",
    "operations/min": "opm",
    "events/min": "epm",
    "messages/min": "mpm",
    "boolean": "bool_yes_no",
    "dollars": "currencyUSD",
}
"""Our word → Grafana's id (grafana-data, valueFormats/categories.ts)."""
