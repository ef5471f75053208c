"""The customers: a day of them, compressed into minutes, as real requests to the application within its own process."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from examples.shop.store import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.shop.main import Shop

__all__ = ["Load", "visits_per_second"]

# A visitor who finds this many others still waiting goes away, as they do.
_PATIENCE = 200
# Whoever wants to buy tries again.
_RETRIES = 2
_TICK = 0.1
_SKUS = sorted(PRODUCTS)


def visits_per_second(hour: float, peak: float) -> float:
    """Visits at an hour of the day (0 to 24): few at night, a wave at noon and a higher one in the evening."""
    noon, evening = math.exp(-(((hour - 12.5) / 2.2) ** 2)), math.exp(-(((hour - 20) / 2.5) ** 2))
    return peak * (0.2 + 0.5 * noon + 0.8 * evening)


class Load:
    """Visitors who look around, fill a cart and check out.

    The same seed and the same ticks make the same requests. `run` drives it in real time; a simulation calls `tick`
    itself, in which case no time passes within it.

    Args:
        shop: the shop they visit.
        seed: of their behaviour.
        day: how many seconds a day lasts.
        peak: visits per second at the height of the evening; a visit is four to five requests.
    """

    def __init__(self, shop: Shop, *, seed: int = 1, day: float = 600.0, peak: float = 8.0) -> None:
        self._shop = shop
        self._random = random.Random(seed)
        self._day = day
        self._peak = peak
        # Opening at nine shows a rising line at once.
        self._hour = 9.0
        self._owed = 0.0
        self._visitors = 0
        self.answers: Counter[int] = Counter()
        """How many answers there were of each status."""

    async def tick(self, seconds: float) -> None:
        """All that visitors do in the next ``seconds``, one request after the other, and what the worker ships then."""
        for _ in range(self._arrivals(seconds)):
            await self._visit()
        while await self._shop.worker.step():
            pass

    async def run(self) -> None:
        """Visitors come and go until cancelled."""
        running: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        last = loop.time()
        try:
            while True:
                await asyncio.sleep(_TICK)
                last, elapsed = loop.time(), loop.time() - last
                for _ in range(self._arrivals(min(elapsed, 1.0))):
                    if len(running) < _PATIENCE:
                        task = asyncio.create_task(self._visit())
                        running.add(task)
                        task.add_done_callback(running.discard)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _arrivals(self, seconds: float) -> int:
        """How many visitors come; the part of one that is left over comes next time."""
        self._owed += seconds * visits_per_second(self._hour, self._peak) * self._random.uniform(0.7, 1.3)
        self._hour = (self._hour + 24 * seconds / self._day) % 24
        whole = int(self._owed)
        self._owed -= whole
        return whole

    async def _visit(self) -> None:
        self._visitors += 1
        cart, chance = f"c{self._visitors}", self._random
        channel = "app" if chance.random() < 0.3 else "web"
        for method, path in self._plan(chance, cart):
            status, body = await self._ask(method, path, channel)
            if method == "POST":
                for _ in range(_RETRIES):
                    if status >= 500:
                        status, body = await self._ask(method, path, channel)
            if status == 201 and chance.random() < 0.3:
                await self._ask("GET", f"/orders/{json.loads(body)['order']}", channel)

    def _plan(self, chance: random.Random, cart: str) -> Iterator[tuple[str, str]]:
        """What one visitor asks for."""
        yield "GET", "/products"
        liked: Sequence[str] = chance.sample(_SKUS, chance.choice((1, 1, 2)))
        for sku in liked:
            yield "GET", f"/products/{sku}"
        if chance.random() < 0.02:
            yield "GET", "/products/sold-out"
        if chance.random() < 0.85:
            yield "PUT", f"/carts/{cart}/items/{liked[0]}"
            if chance.random() < 0.95:
                yield "POST", f"/carts/{cart}/checkout"

    async def _ask(self, method: str, path: str, channel: str) -> tuple[int, bytes]:
        status, body = 0, b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"shop.example"), (b"content-length", b"0"), (b"x-channel", channel.encode())],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 8000),
        }
        try:
            await self._shop(scope, receive, send)
        except Exception:  # noqa: BLE001 - the application's error handler has answered; a customer sees that only
            status = status or 500
        self.answers[status] += 1
        return status, body
