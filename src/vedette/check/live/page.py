"""Reads a page of metrics, as an application exposes it, into what it tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.live.server import Live, Told, without_name
from vedette.check.live.types import announced
from vedette.errors import ConfigError
from vedette.formats.exposition import ExpositionError, Format, format_of, parse
from vedette.promql.labels import NAME, get

if TYPE_CHECKING:
    from vedette.check.live.server import SeriesLabels

__all__ = ["format_named", "read_page"]

_FIRST: Final = re.compile(r"(?:#[ \t]+(HELP|TYPE|UNIT)[ \t]+)?([a-zA-Z_:][a-zA-Z0-9_:]*)")
_RANK: Final = {"TYPE": 0, "HELP": 1, "UNIT": 2, None: 3}


def format_named(media_type: str, text: str) -> Format | None:
    """The format that a page is in; None where it claims to be something else."""
    try:
        return format_of(media_type, "PrometheusText0.0.4" if media_type == "application/octet-stream" else "")
    except ValueError:
        return None if media_type else "openmetrics" if text.rstrip().endswith("# EOF") else "text"


def read_page(body: bytes, format: Format, url: str) -> Live:  # noqa: A002 - the field's word
    """What a page tells.

    Raises:
        ConfigError: Prometheus could not read it either; the message says which line, and why.
    """
    try:
        found = parse(body, format)
    except ExpositionError as error:
        raise ConfigError(f"{url}:{error.line}: no page of metrics: {error.message}") from None
    text = body.decode()
    lines = _lines(text)
    series: dict[str, list[SeriesLabels]] = {}
    for sample in found.samples:
        series.setdefault(get(sample.labels, NAME), []).append(without_name(dict(sample.labels)))
    metadata = {name: (Told(one.type, one.help, one.unit, lines.get(name, 1)),) for name, one in found.metadata.items()}
    announced_names = announced(metadata, series, format)
    return Live(
        url=url,
        page=True,
        names=announced_names | series.keys(),
        announced=announced_names,
        metadata=metadata,
        series={name: tuple(listed) for name, listed in series.items()},
        counts={name: len(listed) for name, listed in series.items()},
        text=text,
    )


def _lines(text: str) -> dict[str, int]:
    """Where each name stands first: at its type, else at its help, else at its first sample."""
    found: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        match = _FIRST.match(line)
        if match is not None:
            place = (_RANK[match[1]], number)
            found[match[2]] = min(found.get(match[2], place), place)
    return {name: number for name, (_, number) in found.items()}
