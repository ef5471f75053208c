"""The HTTP clients side by side, for tests that hold for all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CLIENTS", "Client", "parts"]


class Client:
    """One of them: its name, its integration's, and how it does what the tests want."""

    name = package = ""
    refused = timeout = untrusted = closed = ""
    """How an error is told: nobody listens, no answer in time, a certificate that nobody has signed, no answer."""
    is_async = False

    async def request(self, method: str, url: str, **options: Any) -> tuple[int, str]:
        """Status and body; options: ``follow`` redirects, a ``proxy``, ``within`` so many seconds, the ``data``."""
        raise NotImplementedError

    async def begin(self, url: str, between: Callable[[], None]) -> str:
        """The body of an answer that is read only after ``between``."""
        raise NotImplementedError


class Httpx(Client):
    name = package = "httpx"
    refused, timeout, untrusted, closed = (
        f"httpx.{name}" for name in ("ConnectError", "ReadTimeout", "ConnectError", "RemoteProtocolError")
    )

    async def request(self, method, url, *, follow=True, proxy=None, within=60, data=None):
        def work():
            with httpx.Client(proxy=proxy, trust_env=False, timeout=within) as client:
                answer = client.request(method, url, follow_redirects=follow, content=data)
                return answer.status_code, answer.text

        return await asyncio.to_thread(work)

    async def begin(self, url, between):
        def work():
            with httpx.Client(trust_env=False) as client, client.stream("GET", url) as answer:
                between()
                return answer.read().decode()

        return await asyncio.to_thread(work)


class AsyncHttpx(Httpx):
    name = "httpx async"
    is_async = True

    async def request(self, method, url, *, follow=True, proxy=None, within=60, data=None):
        async with httpx.AsyncClient(proxy=proxy, trust_env=False, timeout=within) as client:
            answer = await client.request(method, url, follow_redirects=follow, content=data)
            return answer.status_code, answer.text

    async def begin(self, url, between):
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", url) as answer:
            between()
            return (await answer.aread()).decode()


class Aiohttp(Client):
    name = package = "aiohttp"
    refused = "aiohttp.client_exceptions.ClientConnectorError"
    timeout = "aiohttp.client_exceptions.SocketTimeoutError"
    untrusted = "aiohttp.client_exceptions.ClientConnectorCertificateError"
    closed = "aiohttp.client_exceptions.ServerDisconnectedError"
    is_async = True

    async def request(self, method, url, *, follow=True, proxy=None, within=60, data=None):
        limits = aiohttp.ClientTimeout(sock_read=within)
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(method, url, allow_redirects=follow, proxy=proxy, data=data) as answer,
        ):
            return answer.status, await answer.text()

    async def begin(self, url, between):
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            between()
            return await answer.text()


class Requests(Client):
    name = package = "requests"
    refused, timeout, untrusted, closed = (
        f"requests.exceptions.{name}" for name in ("ConnectionError", "ReadTimeout", "SSLError", "ConnectionError")
    )

    async def request(self, method, url, *, follow=True, proxy=None, within=60, data=None):
        def work():
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method, url, allow_redirects=follow, proxies=proxy and {"http": proxy}, timeout=within, data=data
                )
                return answer.status_code, answer.text

        return await asyncio.to_thread(work)

    async def begin(self, url, between):
        def work():
            with requests.Session() as session, session.get(url, stream=True) as answer:
                between()
                return answer.text

        return await asyncio.to_thread(work)


CLIENTS = (Httpx(), AsyncHttpx(), Aiohttp(), Requests())


def parts(library: str) -> dict[str, dict[str, Any]]:
    """Everything in the classes and modules of a library, and of what is below it, that could be replaced."""
    import sys

    below = {"httpx": ("httpx", "httpcore"), "requests": ("requests", "urllib3"), "aiohttp": ("aiohttp",)}[library]
    found: dict[str, dict[str, Any]] = {}
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in below and module is not None:
            found[name] = dict(vars(module))
            found |= {
                f"{name}.{attribute}": dict(vars(value))
                for attribute, value in vars(module).items()
                if isinstance(value, type) and value.__module__ == name
            }
    return found
