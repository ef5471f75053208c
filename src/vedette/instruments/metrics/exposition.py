"""What a scrape is answered: Prometheus' text format 0.0.4 and OpenMetrics 1.0, chosen by the Accept header.

A line is the same in both but for the frame around it, so a series keeps its name and labels whichever is asked for.
Times of creation (``_created``) are left out: they would add a series to every counter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import guard
from vedette.instruments.metrics.negotiation import accepts_gzip, choose
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vedette.instruments.metrics.description import Description
    from vedette.instruments.metrics.family import Family

__all__ = ["OPENMETRICS", "TEXT", "Page", "format_bound", "format_value", "negotiate", "openmetrics", "page", "text"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format"""

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md"""

# The text format has fewer types; an info and a state set are gauges there.
_TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "unknown": "untyped"}
_STATE_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Page(NamedTuple):
    """An answer ready to send."""

    content_type: str
    body: bytes
    gzipped: bool


def page(
    *, accept: str = "", accept_encoding: str = "", names: Iterable[str] = (), registry: Registry = DEFAULT
) -> Page:
    """The answer to a scrape with these headers, limited to the metrics ``names`` if there are any."""
    content_type, render = negotiate(accept)
    body = render(registry, names)
    if not accepts_gzip(accept_encoding):
        return Page(content_type, body, gzipped=False)
    import zlib  # noqa: PLC0415 - only a process that is scraped needs it

    # Level 1: a scrape is made of repetitions, higher levels save 3 % of the bytes for thrice the time.
    deflate = zlib.compressobj(level=1, wbits=31)
    return Page(content_type, deflate.compress(body) + deflate.flush(), gzipped=True)


def negotiate(accept: str) -> tuple[str, Callable[..., bytes]]:
    """The content type to answer with, and the function that writes it; text where nothing fits, as Prometheus does."""
    return (OPENMETRICS, openmetrics) if choose(accept) == "openmetrics" else (TEXT, text)


def text(registry: Registry = DEFAULT, names: Iterable[str] = ()) -> bytes:
    """All series in the text format 0.0.4; see `Registry.exposed` for ``names``."""
    lines: list[str] = []
    for family in registry.exposed(names):
        what = family.description
        with guard.shield(f"the exposition of {what.name}"):
            samples = _samples(family, sums=True)
            explanation = what.help.replace("\\", r"\\")
            lines.append(
                f"# HELP {what.name} {explanation}\n# TYPE {what.name} {_TEXT_TYPES.get(what.type, what.type)}"
            )
            lines += samples
    lines.append("")
    return "\n".join(lines).encode()


def openmetrics(registry: Registry = DEFAULT, names: Iterable[str] = ()) -> bytes:
    """All series in OpenMetrics 1.0; see `Registry.exposed` for ``names``."""
    lines: list[str] = []
    for family in registry.exposed(names):
        what = family.description
        with guard.shield(f"the exposition of {what.name}"):
            # A sum that can fall is not allowed there, nor a count without its sum.
            samples = _samples(family, sums=not what.buckets or what.buckets[0] >= 0)
            lines.append(f"# TYPE {what.family} {what.type}")
            if what.unit:
                lines.append(f"# UNIT {what.family} {what.unit}")
            explanation = what.help.replace("\\", r"\\").replace('"', r"\"")
            lines.append(f"# HELP {what.family} {explanation}")
            lines += samples
    lines.append("# EOF\n")
    return "\n".join(lines).encode()


def format_value(value: float) -> str:
    """A sample's value: shortest form that reads back the same."""
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


def _samples(family: Family[Any], *, sums: bool) -> list[str]:
    what = family.description
    cells = list(family.cells.values())
    if what.type == "histogram":
        return _histogram(what, cells, sums=sums)
    if what.type == "summary":
        return _summary(what, cells)
    if what.type == "stateset":
        return _stateset(what, cells)
    name = what.name
    lines = []
    for cell in cells:
        value = cell.read()
        if value is not None:
            labels = cell.labels
            lines.append(f"{name}{{{labels}}} {format_value(value)}" if labels else f"{name} {format_value(value)}")
    return lines


def _histogram(what: Description, cells: list[Any], *, sums: bool) -> list[str]:
    name = what.name
    ends = [f'le="{format_bound(bound)}"}} ' for bound in (*what.buckets, math.inf)]
    lines = []
    for cell in cells:
        labels = cell.labels
        counts, total = cell.read()
        start = f"{name}_bucket{{{labels}," if labels else f"{name}_bucket{{"
        so_far = 0
        for end, count in zip(ends, counts, strict=True):
            so_far += count
            lines.append(f"{start}{end}{so_far}")
        if sums:
            braces = f"{{{labels}}}" if labels else ""
            lines.append(f"{name}_sum{braces} {format_value(total)}\n{name}_count{braces} {so_far}")
    return lines


def _summary(what: Description, cells: list[Any]) -> list[str]:
    lines = []
    for cell in cells:
        count, total = cell.read()
        braces = f"{{{cell.labels}}}" if cell.labels else ""
        lines.append(f"{what.name}_sum{braces} {format_value(total)}\n{what.name}_count{braces} {count}")
    return lines


def _stateset(what: Description, cells: list[Any]) -> list[str]:
    states = [(state, f'{what.name}="{state.translate(_STATE_ESCAPES)}"') for state in what.states]
    lines = []
    for cell in cells:
        on = cell.read()
        start = f"{what.name}{{{cell.labels}," if cell.labels else f"{what.name}{{"
        lines += [f"{start}{label}}} {int(state in on)}" for state, label in states]
    return lines
