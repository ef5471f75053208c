"""What a scrape is answered: the text format 0.0.4, OpenMetrics 1.0 or protobuf, chosen by the Accept header.

What a store has is written by `core`, in C where that runs; what is collected from elsewhere by `text` and `protobuf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.instruments.metrics.negotiation import Format, accepts_gzip, choose
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.instruments.metrics.snapshot import Exposed

__all__ = ["CONTENT_TYPES", "Page", "openmetrics", "page", "protobuf", "text"]

CONTENT_TYPES: dict[Format, str] = {
    # https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    "text": "text/plain; version=0.0.4; charset=utf-8",
    # https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    # https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format
    "protobuf": "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
}
"""Format → what the answer says it is."""


class Page(NamedTuple):
    """An answer ready to send."""

    content_type: str
    body: bytes
    gzipped: bool


def page(
    *, accept: str = "", accept_encoding: str = "", names: Iterable[str] = (), registry: Registry = DEFAULT
) -> Page:
    """The answer to a scrape with these headers, limited to the metrics ``names`` if there are any."""
    form = choose(accept)
    body = _write(form, registry, names)
    if not accepts_gzip(accept_encoding):
        return Page(CONTENT_TYPES[form], body, gzipped=False)
    import zlib  # noqa: PLC0415 - only a process that is scraped needs it

    # Level 1: a scrape is made of repetitions, higher levels save 3 % of the bytes for thrice the time.
    deflate = zlib.compressobj(level=1, wbits=31)
    return Page(CONTENT_TYPES[form], deflate.compress(body) + deflate.flush(), gzipped=True)


def text(registry: Registry = DEFAULT, names: Iterable[str] = ()) -> bytes:
    """All series in the text format 0.0.4; see `Registry.snapshot` for ``names``."""
    return _write("text", registry, names)


def openmetrics(registry: Registry = DEFAULT, names: Iterable[str] = ()) -> bytes:
    """All series in OpenMetrics 1.0; see `Registry.snapshot` for ``names``."""
    return _write("openmetrics", registry, names)


def protobuf(registry: Registry = DEFAULT, names: Iterable[str] = ()) -> bytes:
    """All series as length-delimited protobuf messages; see `Registry.snapshot` for ``names``."""
    return _write("protobuf", registry, names)


def _write(form: Format, registry: Registry, names: Iterable[str]) -> bytes:
    wanted = tuple(names)
    body = registry.render(form, wanted)
    collected = registry.collected(wanted)
    if collected:
        body += _write_collected(form, collected)
    return body + b"# EOF\n" if form == "openmetrics" else body


def _write_collected(form: Format, families: list[Exposed]) -> bytes:
    if form == "protobuf":
        from vedette.instruments.metrics.protobuf import write_protobuf  # noqa: PLC0415 - few collect from elsewhere

        return write_protobuf(families)
    from vedette.instruments.metrics.text import write_openmetrics, write_text  # noqa: PLC0415 - the same

    return write_text(families) if form == "text" else write_openmetrics(families)
