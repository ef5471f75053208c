"""Applications of ASGI frameworks for real servers: Litestar, Quart and Django, each with the same routes."""

from __future__ import annotations

import asyncio

from django.core.asgi import get_asgi_application
from django.http import StreamingHttpResponse
from django.urls import path
from litestar import Litestar, Request, get
from litestar.response import Stream
from quart import Quart, Response
from tests.integrations import django_site

from vedette.integrations.instrument import instrument

__all__ = ["django", "litestar", "quart"]


async def endless():
    while True:
        yield b"x" * 4096
        await asyncio.sleep(0.001)


@get("/items/{item:int}")
async def one(request: Request) -> str:
    return f"item {request.path_params['item']}"


@get("/endless")
async def streamed() -> Stream:
    return Stream(endless())


@get("/broken")
async def broken() -> None:
    raise LookupError("no such thing")


litestar = instrument(Litestar([one, streamed, broken]))

quart = instrument(Quart("served"))
quart.config["RESPONSE_TIMEOUT"] = None


@quart.get("/items/<int:item>")
async def item_of_quart(item: int) -> str:
    return f"item {item}"


@quart.get("/endless")
async def endless_of_quart() -> Response:
    return Response(endless())


@quart.get("/broken")
async def broken_in_quart() -> str:
    raise LookupError("no such thing")


async def endless_of_django(_request) -> StreamingHttpResponse:
    return StreamingHttpResponse(endless())


django_site.urlpatterns += [
    path("items/<int:item>", django_site.item_async),
    path("endless", endless_of_django),
    path("broken", django_site.fails_async),
]
django = instrument(get_asgi_application())
