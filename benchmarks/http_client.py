"""Which HTTP client the scrapes and webhooks use: CPU of one GET of a 40 kB page, aiohttp against httpx.

``python benchmarks/http_client.py [--json]``. The one client everywhere is the cheaper of the two.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import aiohttp
import httpx
from aiohttp import web

PAGE = b"".join(b'http_requests_total{route="/a/%d",code="200"} 1027\n' % n for n in range(800))
REQUESTS = 300


async def main() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(body=PAGE)

    application = web.Application()
    application.router.add_get("/metrics", page)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"

    async with aiohttp.ClientSession() as session, httpx.AsyncClient() as client:

        async def ours() -> None:
            async with session.get(url) as reply:
                await reply.read()

        async def peer() -> None:
            (await client.get(url)).read()

        best = {}
        for name, call in (("aiohttp", ours), ("httpx", peer)) * 3:
            await call()
            began = time.process_time()
            for _ in range(REQUESTS):
                await call()
            cost = (time.process_time() - began) / REQUESTS * 1e6
            best[name] = min(best.get(name, cost), cost)
    await runner.cleanup()
    row = {
        "ours": round(best["aiohttp"], 1),
        "peer": round(best["httpx"], 1),
        "ratio": round(best["aiohttp"] / best["httpx"], 3),
        "goal": None,
        "unit": "µs CPU, server included",
    }
    if "--json" in sys.argv:
        print(json.dumps({"http_get": row}))
    else:
        print(f"GET of {len(PAGE) // 1000} kB: aiohttp {row['ours']} µs, httpx {row['peer']} µs, ratio {row['ratio']}")


asyncio.run(main())
