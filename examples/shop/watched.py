"""The shop and Vedette itself, which watches it: what ``make up`` runs."""

from __future__ import annotations

from dataclasses import replace

from examples.shop.observability import stack as shop

from vedette import Service
from vedette.packs import process, watch

__all__ = ["stack"]

stack = replace(
    shop,
    services=[
        *shop.services,
        Service("vedette", title="Vedette", team="shop", targets=["127.0.0.1:7373"], packs=[watch, process]),
    ],
)
