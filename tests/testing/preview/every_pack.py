"""A stack with every pack that there is, each where it belongs."""

from __future__ import annotations

from vedette import packs
from vedette.catalog import Email, Service, Stack

__all__ = ["stack"]

_MADE = [getattr(packs, name)() for name in packs.__all__]
_OF_EXPORTERS = [pack for pack in _MADE if pack.metrics and all(metric.exporter for metric in pack.metrics)]

stack = Stack(
    name="every",
    title="Every pack",
    services=[
        Service(
            "shop",
            ["127.0.0.1:8000", "127.0.0.1:8001"],
            packs=[pack for pack in _MADE if pack not in _OF_EXPORTERS and pack.name != "watch"],
        ),
        Service("vedette", ["127.0.0.1:7373"], packs=[packs.watch]),
        *(Service(f"{pack.name}-exporter", [f"{pack.name}.example:9100"], packs=[pack]) for pack in _OF_EXPORTERS),
    ],
    notify=[Email("oncall@example.com")],
)
