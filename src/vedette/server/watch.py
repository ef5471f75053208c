"""The watch: engine and alerting composed over one folder of built files, as one step machine.

Nothing here sleeps, reads a clock or opens a connection. Whoever drives it fetches the scrapes and sends the
deliveries it hands out: ``server.drive`` by the real clock, ``testing.simulation`` by a simulated one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.alerting.machine import Alerting
from vedette.alerting.outbox import Outbox
from vedette.engine.collect.collector import Collector
from vedette.engine.rules.machine import Rules
from vedette.engine.tsdb.head import Head
from vedette.errors import ConfigError
from vedette.formats import alertmanager, prometheus
from vedette.formats import vedette as description

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vedette.alerting.machine import Delivery, Outcome
    from vedette.engine.collect.collector import Scrape

__all__ = ["Watch", "Work"]

TRIM_EVERY = 600_000
"""Milliseconds between looks for samples past their retention."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a step asks its driver to do; each is answered by ``scraped``, ``unreachable`` or ``settle``."""

    scrapes: Sequence[Scrape]
    deliveries: Sequence[Delivery]
