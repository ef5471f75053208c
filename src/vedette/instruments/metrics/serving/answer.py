"""What is answered to a request for metrics, whatever server it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.instruments.metrics.exposition import page
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    Pages = Callable[["Asked"], "Answer | None"]
    """What answers a request for another page than that of the metrics; None where there is none."""

__all__ = ["Answer", "Asked", "answer", "may_read", "refusal"]


class Answer(NamedTuple):
    """What to send to whoever asks for metrics."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Asked(NamedTuple):
    """A request for another page on the port of the metrics."""

    method: str
    path: str
    query: str
    authorization: str
    is_local: bool
    """Whether only this machine reaches the port."""


def answer(
    *,
    method: str,
    query: str,
    accept: str,
    accept_encoding: str,
    authorization: str,
    token: str | None,
    registry: Registry = DEFAULT,
) -> Answer:
    """The answer to a request for metrics: the page, or 401 without the token, or 405 for what is no GET or HEAD."""
    if method not in ("GET", "HEAD"):
        return refusal(405, "This page can only be read.\n", ("allow", "GET, HEAD"))
    if token is not None and not may_read(authorization, token):
        found = refusal(401, "Send the token as 'Authorization: Bearer <token>'.\n", ("www-authenticate", "Bearer"))
    else:
        found = _page(query, accept, accept_encoding, registry)
    return found._replace(body=b"") if method == "HEAD" else found


def refusal(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    """An answer that says in a sentence why there is no page."""
    body = text.encode()
    plain = (("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))))
    return Answer(status, (*plain, *headers), body)


def _page(query: str, accept: str, accept_encoding: str, registry: Registry) -> Answer:
    found = page(accept=accept, accept_encoding=accept_encoding, names=_names(query), registry=registry)
    headers = [("content-type", found.content_type), ("content-length", str(len(found.body)))]
    headers.append(("vary", "Accept, Accept-Encoding"))
    if found.gzipped:
        headers.append(("content-encoding", "gzip"))
    return Answer(200, tuple(headers), found.body)


def may_read(authorization: str, token: str) -> bool:
    """Whether what a request says in ``Authorization`` is the token."""
    from hmac import compare_digest  # noqa: PLC0415 - only where there is a token

    scheme, _, given = authorization.partition(" ")
    # An empty token, as of an unset variable, lets nobody in.
    return bool(token) and scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())


def _names(query: str) -> list[str]:
    if not query:
        return []
    from urllib.parse import parse_qsl  # noqa: PLC0415 - only where there is a query

    return [value for name, value in parse_qsl(query) if name == "name[]"]
