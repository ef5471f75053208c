"""The shop and Vedette itself, which watches it: what ``make up`` runs."""

from __future__ import annotations

import os
from dataclasses import replace

from examples.shop.observability import stack as shop

from vedette import Service
from vedette.packs import process, watch

__all__ = ["stack"]

PORT = os.environ.get("VEDETTE_PORT", "7373")
"""Where the page is: `make up` says so when it was given another one."""

stack = replace(
    shop,
    services=[
        *shop.services,
        Service("vedette", title="Vedette", team="shop", targets=[f"127.0.0.1:{PORT}"], packs=[watch, process]),
    ],
)
