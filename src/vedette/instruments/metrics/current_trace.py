"""Exemplars of what happens within a trace: the current one's ids, of OpenTelemetry where the application uses it."""

from __future__ import annotations

import sys

from vedette.instruments.metrics import core

__all__ = ["current", "look_for_tracer"]

_looking = True


def look_for_tracer() -> None:
    """Attach the current trace to counters and histograms from now on, if the application has loaded OpenTelemetry."""
    global _looking
    if _looking and "opentelemetry.trace" in sys.modules:
        _looking = False
        core.exemplar_source(current)


def current() -> str | None:
    """The labels of the current trace as a page has them; None outside of one, and in one that is not kept."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:  # the interpreter ends
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid or not context.trace_flags.sampled:
        return None
    return f'trace_id="{context.trace_id:032x}",span_id="{context.span_id:016x}"'
