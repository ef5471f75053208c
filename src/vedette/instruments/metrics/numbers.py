"""Numbers as a page has them: the shortest form that reads back the same."""

from __future__ import annotations

import math

__all__ = ["format_bound", "format_timestamp", "format_value"]


def format_value(value: float) -> str:
    """A sample's value: ``3 0.25 1e+16 +Inf NaN``."""
    if type(value) is int:
        return str(value)
    shown = float.__repr__(float(value))
    if shown[-2:] == ".0":
        return shown[:-2]
    if shown[-1] in "fn":
        return {"inf": "+Inf", "-inf": "-Inf"}.get(shown, "NaN")
    return shown


def format_bound(bound: float) -> str:
    """A bucket's bound as OpenMetrics' canonical form has it, and Prometheus 3 stores it: ``0.005 1.0 1e+06 +Inf``."""
    if math.isinf(bound):
        return "+Inf" if bound > 0 else "-Inf"
    shown = repr(bound)
    # Go's 'g' turns to an exponent from the seventh digit on, Python's repr from the seventeenth.
    if abs(bound) >= 1e6 and "e" not in shown:
        sign, digits = ("-", shown[1:]) if bound < 0 else ("", shown)
        whole, _, fraction = digits.partition(".")
        mantissa = (whole + fraction).rstrip("0")
        tail = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
        return f"{sign}{mantissa[0]}{tail}e+{len(whole) - 1:02d}"
    return shown


def format_timestamp(seconds: float) -> str:
    """Seconds since the epoch, to the millisecond."""
    return f"{seconds:.3f}"
