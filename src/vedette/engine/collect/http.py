"""Fetches one page over HTTP: bounded in time and size, with errors that say what to look at."""

from __future__ import annotations

import asyncio
import errno
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import aiohttp

from vedette.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vedette.engine.collect.collector import Scrape

__all__ = ["FetchError", "FetchedPage", "RefusedError", "fetch", "open_session"]

_CHUNK: Final = 256 * 1024
_MAX_REDIRECTS: Final = 5


class FetchError(VedetteError):
    """A page could not be fetched; the message says from where, why, and what to look at."""


class RefusedError(FetchError):
    """Nobody listens there, or not yet."""


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What a target answered."""

    body: bytes
    """Uncompressed."""
    content_type: str
    """``""`` where the answer had none."""


def open_session() -> aiohttp.ClientSession:
    """A session for all scrapes, which keeps connections open between them however many targets there are."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": f"Vedette/{version('vedette')}"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


async def fetch(session: aiohttp.ClientSession, scrape: Scrape) -> FetchedPage:
    """Fetch a scrape's page with a session of ``open_session``.

    Raises:
        FetchError: no answer in time, an answer that is no page, or a page over the body limit (reading stops there).
        RefusedError: of these, when nobody listens at the address.
    """
    url = scrape.url
    try:
        async with asyncio.timeout(scrape.timeout):
            return await _fetch(session, scrape)
    except TimeoutError:
        raise FetchError(f"no complete answer from {url} within {scrape.timeout:g} s (scrape_timeout)") from None
    except aiohttp.TooManyRedirects:
        raise FetchError(f"more than {_MAX_REDIRECTS} redirects from {url}") from None
    except aiohttp.ClientConnectorCertificateError as error:
        raise FetchError(f"certificate of {url} is not valid: {error.certificate_error}") from None
    except aiohttp.ClientConnectorDNSError as error:
        raise FetchError(f"cannot resolve host {error.host!r} of {url}") from None
    except aiohttp.ClientConnectorError as error:
        if error.os_error.errno == errno.ECONNREFUSED:
            raise RefusedError(f"connection refused by {url}: is the service running?") from None
        raise FetchError(f"cannot connect to {url}: {error.os_error.strerror or error.os_error}") from None
    except aiohttp.ServerDisconnectedError:
        raise FetchError(f"{url} closed the connection without an answer") from None
    except aiohttp.InvalidURL as error:
        raise FetchError(f"not a URL that can be fetched: {error.url}") from None
    except (aiohttp.ClientError, OSError) as error:
        raise FetchError(f"fetching {url} failed: {error or type(error).__name__}") from None
    except zlib.error as error:
        raise FetchError(f"{url} sent gzip that cannot be unpacked: {error}") from None


async def _fetch(session: aiohttp.ClientSession, scrape: Scrape) -> FetchedPage:
    headers = dict(scrape.headers)
    if scrape.token_file is not None:
        try:
            token = await asyncio.to_thread(scrape.token_file.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FetchError(f"cannot read the bearer token for {scrape.url}: {error}") from None
        headers["Authorization"] = f"Bearer {token.strip()}"
    async with session.get(
        scrape.url, headers=headers, allow_redirects=scrape.follow_redirects, max_redirects=_MAX_REDIRECTS
    ) as response:
        if response.status != 200:
            hint = {
                401: ": it wants a login (authorization: credentials_file)",
                403: ": it refuses us (authorization: credentials_file)",
                404: ": is metrics_path right?",
            }.get(response.status, "")
            reason = f" {response.reason}" if response.reason else ""
            raise FetchError(f"{response.url} answered with HTTP status {response.status}{reason}{hint}")
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise FetchError(f"{scrape.url} answered in encoding {encoding!r}, where gzip or none was asked for")
        body = bytearray()
        chunks = response.content.iter_chunked(_CHUNK)
        pieces = chunks if encoding in {"", "identity"} else _unzipped(chunks)
        async for piece in pieces:
            body += piece
            if len(body) > scrape.body_limit:
                # leaving the response unread closes its connection, so the rest is never received
                raise FetchError(
                    f"the page of {scrape.url} is over the limit of {_size(scrape.body_limit)}; reading stopped there. "
                    f"If the page is right, raise body_size_limit of job {scrape.target.job.job_name!r}"
                )
        return FetchedPage(bytes(body), response.headers.get("Content-Type", ""))


async def _unzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The unpacked page in bounded pieces, however much a chunk unpacks to."""
    unzip = zlib.decompressobj(wbits=31)
    async for chunk in chunks:
        data = chunk
        while data and not unzip.eof:
            yield unzip.decompress(data, _CHUNK)
            data = unzip.unconsumed_tail
    if not unzip.eof:
        raise zlib.error("the page ends in the middle")


def _size(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:g} {unit}"
    return f"{count} bytes"
