"""A service on a real PostgreSQL and a real Redis, with a worker: what the faults of the field break.

Its switches are the words in the file ``FIELD_FAULTS``. Run as a program it listens on ``FIELD_PORT``.
"""

from __future__ import annotations

import json
import os
import queue
import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import redis
import sqlalchemy
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

import vedette
from vedette.domains import security, worker
from vedette.integrations.pools import leaks_after
from vedette.integrations.redis import name_cache, name_pool

POOL = 4
WAITING = 100
"""How many parcels the queue of the worker holds."""
SWITCHES = Path(os.environ["FIELD_FAULTS"])

engine = sqlalchemy.create_engine(
    os.environ["FIELD_DATABASE"], pool_size=POOL, max_overflow=0, pool_timeout=0.3, pool_pre_ping=True
)
cache = redis.Redis.from_url(os.environ["FIELD_REDIS"], socket_timeout=0.3, socket_connect_timeout=0.3)
name_cache(cache, "products")
subscribed = redis.Redis.from_url(os.environ["FIELD_REDIS"], socket_timeout=0.3, socket_connect_timeout=0.3)
name_pool(subscribed, "news")
leaks_after("3s")
waiting: queue.Queue[float] = queue.Queue(WAITING)
parcels = worker.queue("parcels")
leaked: list[sqlalchemy.Connection] = []


def switches() -> set[str]:
    """What is broken now."""
    return set(json.loads(SWITCHES.read_text()))


def order(_request: object) -> Response:
    """Somebody orders: the cache is asked, then the database, and a parcel is put into the queue."""
    broken = switches()
    tell_of_people(broken)
    if "errors" in broken:
        return PlainTextResponse("no", 500)
    if "latency" in broken:
        time.sleep(0.4)
    with suppress(redis.RedisError):
        look_up("cold" in broken)
        if "fill" in broken:
            cache.set(f"blob:{random.random()}", b"x" * 200_000)
    buy(broken)
    if "flood" in broken or waiting.empty():
        for _ in range(WAITING if "flood" in broken else 1):
            with suppress(queue.Full):
                waiting.put_nowait(time.time())
                parcels.enqueued()
    return PlainTextResponse("thanks")


def tell_of_people(broken: set[str]) -> None:
    """Who is let in, and who tries."""
    security.logged_in("password")
    if "logins" in broken:
        for _ in range(20):
            security.login_failed("password", reason="wrong_password")
    else:
        security.login_failed("password", reason="wrong_password") if random.random() < 0.02 else None
    security.denied("invoice") if "denials" in broken or random.random() < 0.05 else None
    if "attack" in broken:
        security.limited("login")
        security.suspicious("path_traversal")
        security.intrusion_signal("new_admin")


def look_up(cold: bool) -> None:
    """A product, from the cache if it is there."""
    key = f"product:{random.randrange(10**9) if cold else random.randrange(3)}"
    if cache.get(key) is None and not cold:
        with cache.pipeline() as several:
            several.set(key, b"x", ex=5)
            several.publish("sold", key)
            several.execute()


def buy(broken: set[str]) -> None:
    """Keep the order."""
    if "leak" in broken and len(leaked) < POOL:
        leaked.append(engine.connect())
    elif "leak" not in broken and leaked:
        while leaked:
            leaked.pop().close()
        engine.dispose()
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT count(*) FROM orders"))
        connection.execute(sqlalchemy.text("INSERT INTO orders (what) VALUES ('bread')"))
        connection.execute(sqlalchemy.text("DELETE FROM orders WHERE number < (SELECT max(number) - 50 FROM orders)"))
        if "slow" in broken:
            connection.execute(sqlalchemy.text("SELECT pg_sleep(0.5)"))
        if "wrong" in broken:
            connection.execute(sqlalchemy.text("SELECT nothing FROM orders"))


def work() -> None:
    """Send parcels until the process ends."""
    parcels.capacity(WAITING)
    parcels.watch_depth(waiting.qsize)
    while True:
        broken = switches()
        if "idle" in broken:
            time.sleep(0.1)
            continue
        parcels.beat()
        try:
            since = waiting.get(timeout=0.1)
        except queue.Empty:
            continue
        parcels.dequeued()
        with suppress(ArithmeticError), parcels.batch("send", size=1, waited_since=since):
            parcels.data(about=since)
            time.sleep(0.5 if "sluggish" in broken else 0.01)
            if "clumsy" in broken:
                raise ArithmeticError


async def news(socket: WebSocket) -> None:
    """Somebody stays to hear what is new."""
    await socket.accept()
    with suppress(WebSocketDisconnect):
        await socket.receive_text()


def listen() -> None:
    """Hear what other instances have sold."""
    while True:
        with suppress(redis.RedisError), subscribed.pubsub() as channel:
            channel.subscribe("sold")
            while True:
                channel.get_message(timeout=0.2)
        time.sleep(0.5)


def main() -> None:
    """Serve."""
    app = vedette.instrument(Starlette(routes=[Route("/order", order), WebSocketRoute("/news", news)]))
    threading.Thread(target=listen, daemon=True).start()
    threading.Thread(target=work, daemon=True).start()
    uvicorn.run(app, port=int(os.environ["FIELD_PORT"]), log_level="warning")


if __name__ == "__main__":
    main()
