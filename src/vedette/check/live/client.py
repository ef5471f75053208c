"""Asks a server over HTTP: bounded in time and size, with errors that say what to look at, and no secret in them."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from vedette.check.live.answers import UnansweredError, success
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Form = Sequence[tuple[str, str]]

__all__ = ["MOST", "ONE", "TOTAL", "Answer", "Client", "address", "read_token", "shown"]

TOTAL: Final = 30.0
"""Seconds for everything that is asked of one server."""
ONE: Final = 10.0
"""Seconds for one answer."""
MOST: Final = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""
_AT_ONCE: Final = 4
_CHUNK: Final = 256 * 1024
_ACCEPT: Final = (
    "application/json, application/openmetrics-text;version=1.0.0;q=0.8, text/plain;version=0.0.4;q=0.5, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, as a login or a start page is."""
        return self.media_type == "text/html" or self.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))


def address(text: str) -> str:
    """The URL that somebody means, ``http://`` before it where no scheme is.

    Raises:
        ConfigError: it is none.
    """
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or any(character <= " " for character in url):
        raise ConfigError(f"--live {text!r} is no address; write for example http://localhost:9090")
    return url


def shown(url: str) -> str:
    """The URL without login, query and fragment, in which secrets may be."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def read_token(path: Path) -> str:
    """The token in a file.

    Raises:
        ConfigError: there is none. The message does not show what is there instead.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is no text"
        raise ConfigError(f"--token-file {path}: cannot be read: {why}") from None
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(f"--token-file {path}: a token is one word on one line, without blanks")
    return token


class Client:
    """Asks one server, a few questions at a time, until its time is up."""

    def __init__(self, url: str, token: str = "", *, total: float = TOTAL) -> None:
        self.url = url
        self.shown = shown(url).rstrip("/")
        self._token = token
        self._total = total
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._session: aiohttp.ClientSession
        self._deadline = 0.0

    async def __aenter__(self) -> Self:
        """Open it; the time runs from here."""
        if self._token and "@" in urlsplit(self.url).netloc:
            raise ConfigError("--live has a login in its address, and --token-file is another one: give one of them")
        headers = {"User-Agent": f"Vedette/{version('vedette')}", "Accept": _ACCEPT}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        self._deadline = asyncio.get_running_loop().time() + self._total
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._session.close()

    async def data(self, path: str, form: Form = (), *, post: bool = False) -> Any:
        """What Prometheus' API answers below ``/api/v1/``.

        Raises:
            UnansweredError: nothing, or no success.
        """
        return success(await self.get(f"/api/v1/{path}", form, post=post), f"{self.shown}/api/v1/{path}")

    async def get(self, path: str = "", form: Form = (), *, post: bool = False) -> Answer:
        """What stands at a path below the address; at the address itself, as it was given, without one.

        Raises:
            UnansweredError: nothing within the time, or too much.
        """
        given: dict[str, Any] = {"data" if post else "params": form} if form else {}
        return await self._ask("POST" if post else "GET", path, **given)

    async def send(self, method: str, path: str, document: Any = None, *, within: float = ONE) -> Answer:
        """Tell it something at a path below the address, as JSON; ``within`` so many seconds it has to answer.

        Raises:
            UnansweredError: no answer within the time, or too long a one.
        """
        return await self._ask(method, path, within, **({} if document is None else {"json": document}))

    async def _ask(self, method: str, path: str, within: float = ONE, **given: Any) -> Answer:
        url = f"{_bare(self.url)}{path}" if path else self.url
        name = f"{self.shown}{path}"
        async with self._places:
            left = min(within, self._deadline - asyncio.get_running_loop().time())
            if left <= 0:
                raise UnansweredError(f"{name}: no time is left: all answers together took {self._total:g} s")
            try:
                async with asyncio.timeout(left):
                    return await self._fetch(method, url, given)
            except TimeoutError:
                raise UnansweredError(f"{name}: no complete answer within {left:.2g} s") from None
            except (aiohttp.ClientError, OSError, ValueError, zlib.error) as problem:
                raise UnansweredError(f"{name}: {_told(problem)}") from None

    async def _fetch(self, method: str, url: str, given: Mapping[str, Any]) -> Answer:
        async with self._session.request(method, url, max_redirects=5, **given) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > MOST:
                    raise _TooLongError(f"its answer is longer than {MOST // 1024 // 1024} MB")
            return Answer(response.status, response.content_type.lower(), bytes(body))


class _TooLongError(ValueError):
    """The answer is cut off."""


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _told(problem: Exception) -> str:
    """Why nothing came, in words that hold nothing of the address's login."""
    match problem:
        case _TooLongError():
            return str(problem)
        case aiohttp.TooManyRedirects():
            return "it redirects in a circle"
        case aiohttp.InvalidURL():
            return "it redirects to what is no address"
        case aiohttp.ClientConnectorCertificateError():
            return f"its certificate is not valid: {problem.certificate_error}"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {problem.host!r} is not known"
        case aiohttp.ClientConnectorError():
            refused = isinstance(problem.os_error, ConnectionRefusedError)
            return "nobody listens there" if refused else f"it cannot be reached: {problem.os_error.strerror}"
        case aiohttp.ServerDisconnectedError():
            return "it closes the connection without an answer"
        case aiohttp.ClientPayloadError() | zlib.error():
            return "its answer is cut short or damaged"
        case _:
            return f"it answers with what is no HTTP ({type(problem).__name__})"
