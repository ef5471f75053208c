"""Which implementation of the metrics runs: the extension in C, or the same in Python where that could not be built.

``VEDETTE_CORE=python`` in the environment takes Python, as the tests do that compare both.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

__all__ = [
    "IN_C",
    "WHY_NOT",
    "Family",
    "Instrument",
    "Requests",
    "Responses",
    "Scope",
    "Store",
    "accelerate",
    "exemplar_source",
    "open_shared",
    "set_clock",
]

WHY_NOT = ""
"""Why the extension does not run, if it does not."""

if os.environ.get("VEDETTE_CORE", "").lower() == "python":
    WHY_NOT = "VEDETTE_CORE=python asks for Python"
else:
    try:
        from vedette.instruments.metrics._core import extension as _extension  # noqa: F401 - whether it can be
    except ImportError as problem:
        WHY_NOT = f"the extension cannot be loaded: {problem}"

IN_C = not WHY_NOT
"""Whether the extension runs."""

if TYPE_CHECKING:  # what both have, by the names of the extension's
    from vedette.instruments.metrics._core.extension import CounterSeries as CounterSeries  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import Exchange as Exchange  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import GaugeSeries as GaugeSeries  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import HistogramSeries as HistogramSeries  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import Response as Response  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import StateSetSeries as StateSetSeries  # noqa: PLC0414 - exported
    from vedette.instruments.metrics._core.extension import SummarySeries as SummarySeries  # noqa: PLC0414 - exported

if TYPE_CHECKING or IN_C:
    from vedette.instruments.metrics._core.extension import (
        Family,
        Instrument,
        Requests,
        Responses,
        Scope,
        Store,
        accelerate,
        exemplar_source,
        set_clock,
    )
    from vedette.instruments.metrics.segment import open_shared
else:
    from vedette.instruments.metrics.twin import (
        Family,
        Instrument,
        Requests,
        Responses,
        Scope,
        Store,
        accelerate,
        exemplar_source,
        open_shared,
        set_clock,
    )
