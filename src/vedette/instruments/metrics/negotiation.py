"""Reading ``Accept`` and ``Accept-Encoding`` of a scrape (RFC 9110, section 12.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Format", "accepts_gzip", "choose"]

Format = Literal["text", "openmetrics", "protobuf"]

# What each media range may stand for, and how specific it is. Without a name OpenMetrics is not sent: many a reader
# that says */* knows only the older format.
_RANGES: dict[str, tuple[Format, int]] = {
    "application/vnd.google.protobuf": ("protobuf", 2),
    "application/openmetrics-text": ("openmetrics", 2),
    "text/plain": ("text", 2),
    "text/*": ("text", 1),
    "*/*": ("text", 0),
}
# What a parameter must be where it is given.
_PARAMETERS: dict[Format, dict[str, str]] = {
    "text": {"version": "0.0.4"},
    "openmetrics": {"version": "1.0.0"},
    "protobuf": {"proto": "io.prometheus.client.metricfamily", "encoding": "delimited"},
}


def choose(accept: str) -> Format:
    """The format the reader likes best among ours; text where it likes none, or both alike and names neither first."""
    best: tuple[float, int, int, Format] | None = None
    for place, (media, parameters, quality) in enumerate(_items(accept)):
        known = _RANGES.get(media)
        if known is None or quality <= 0:
            continue
        form, specific = known
        if any(parameters.get(name, wanted) != wanted for name, wanted in _PARAMETERS[form].items()):
            continue
        candidate = (quality, specific, -place, form)
        if best is None or candidate > best:
            best = candidate
    return best[3] if best is not None else "text"


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the reader takes gzip, by name or by ``*``."""
    named = {coding: quality for coding, _, quality in _items(accept_encoding)}
    return named.get("gzip", named.get("*", 0.0)) > 0


def _items(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The items of a header: what, its parameters, its quality from 0 to 1; one that cannot be read has quality 0."""
    for item in header.lower().split(","):
        what, *rest = (part.strip() for part in item.split(";"))
        if not what:
            continue
        pairs = (part.partition("=") for part in rest)
        parameters = {name.strip(): value.strip().strip('"') for name, _, value in pairs}
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 0.0
        yield what, parameters, quality if 0 <= quality <= 1 else 0.0
