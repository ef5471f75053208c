"""The demo shop: a FastAPI application with a database, a cache, a background worker and switches that break it.

``uvicorn examples.shop.main:app --port 8000``. From the environment:

- ``SHOP_LOAD``: customers come by themselves unless it is ``0``.
- ``SHOP_FAULTS``: the file that ``vedette demo`` writes, ``.vedette/shop-faults.json`` by default.
- ``SHOP_DATABASE``: the URL of a SQLite file; a new one in the temporary folder by default.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from examples.shop.cache import Cache
from examples.shop.faults import Faults
from examples.shop.load import Load
from examples.shop.observability import orders, revenue, shop
from examples.shop.pace import Pace, RealPace
from examples.shop.store import Store
from examples.shop.worker import Worker
from fastapi import FastAPI, Header, HTTPException
from starlette.responses import PlainTextResponse

import vedette
from vedette.packs import database, http

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Settings", "Shop", "app", "create"]


log = logging.getLogger("shop")


class PaymentError(Exception):
    """The payment provider did not answer."""


def _new_database() -> str:
    return f"sqlite:///{tempfile.mkdtemp(prefix='vedette-shop-')}/shop.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between two shops. ``load``: customers come by themselves."""

    database: str = field(default_factory=_new_database)
    pool_size: int = 5
    pool_timeout: float = 2.0
    faults: Faults = field(default_factory=Faults)
    pace: Pace = field(default_factory=RealPace)
    seed: int = 1
    load: bool = False

    @staticmethod
    def from_environment() -> Settings:
        """The settings of the demo."""
        return Settings(
            database=os.environ.get("SHOP_DATABASE") or _new_database(),
            faults=Faults(Path(os.environ.get("SHOP_FAULTS") or ".vedette/shop-faults.json")),
            load=os.environ.get("SHOP_LOAD", "1") != "0",
        )


class Shop:
    """The shop as an ASGI application: `web` behind the switch that takes everything down."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.random = random.Random(settings.seed)
        self.store = Store(settings.database, pool_size=settings.pool_size, pool_timeout=settings.pool_timeout)
        self.worker = Worker(self.store, settings.pace, self.random)
        self.products: Cache[Any] = Cache("products", ttl=30)
        self.web = vedette.instrument(_routes(self), packs=[http, database, shop])
        self._app: ASGIApp = self.web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless the shop is down."""
        if scope["type"] == "http" and self.settings.faults.active == "down":
            closed = PlainTextResponse("The shop is down.\n", 503, headers={"connection": "close"})
            await closed(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def work(self, seconds: float) -> None:
        """What every answer costs, and what the fault ``latency`` adds to it; what the fault ``pool`` took is back."""
        fault = self.settings.faults.active
        if fault != "pool":
            self.store.give_back()
        slow = self.random.uniform(1.2, 2.0) if fault == "latency" else 0.0
        await self.settings.pace.pause(slow + self.random.expovariate(1 / seconds))


def create(settings: Settings) -> Shop:
    """A shop with these settings."""
    return Shop(settings)


def _routes(shop_: Shop) -> FastAPI:
    store, pace, faults = shop_.store, shop_.settings.pace, shop_.settings.faults

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(shop_.worker.run())]
        if faults.active:
            log.warning("the fault %r is still switched on; end it with: vedette demo mend", faults.active)
        if shop_.settings.load:
            tasks.append(asyncio.create_task(Load(shop_, seed=shop_.settings.seed).run()))
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        store.close()

    app = FastAPI(title="Shop", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.get("/")
    async def home() -> dict[str, str]:
        return {"shop": "open", "products": "/products"}

    @app.get("/products")
    async def list_products() -> Any:
        await shop_.work(0.004)
        found = shop_.products.get("*")
        if found is None:
            found = await pace.run(store.products)
            shop_.products.put("*", found)
        return found

    @app.get("/products/{sku}")
    async def show_product(sku: str) -> Any:
        await shop_.work(0.003)
        found = shop_.products.get(sku)
        if found is None:
            found = await pace.run(lambda: store.product(sku))
            if found is None:
                raise HTTPException(404, f"no product {sku!r}")
            shop_.products.put(sku, found)
        return found

    @app.put("/carts/{cart}/items/{sku}")
    async def add_to_cart(cart: str, sku: str) -> dict[str, int]:
        await shop_.work(0.006)
        if await pace.run(lambda: store.product(sku)) is None:
            raise HTTPException(404, f"no product {sku!r}")
        return {"count": await pace.run(lambda: store.add(cart, sku))}

    @app.post("/carts/{cart}/checkout", status_code=201)
    async def checkout(cart: str, x_channel: Annotated[Literal["web", "app"], Header()] = "web") -> dict[str, int]:
        await shop_.work(0.02)
        fault = faults.active
        if fault == "errors" and shop_.random.random() < 2 / 3:
            raise PaymentError("no answer from the payment provider")
        if fault == "pool":
            await pace.run(store.keep_a_connection)
        placed = await pace.run(lambda: store.order(cart))
        if placed is None:
            raise HTTPException(409, "the cart is empty")
        number, cents = placed
        orders.inc(channel=x_channel)
        revenue.inc(cents / 100)
        shop_.worker.put(number)
        return {"order": number, "cents": cents}

    @app.get("/orders/{number}")
    async def show_order(number: int) -> Any:
        await shop_.work(0.004)
        found = await pace.run(lambda: store.find_order(number))
        if found is None:
            raise HTTPException(404, f"no order {number}")
        return found

    return app


app = create(Settings.from_environment())
