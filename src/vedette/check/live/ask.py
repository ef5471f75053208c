"""From an address to what is known there: a server of Prometheus' API, a page of metrics, or such a page in a file."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vedette.check.live.answers import NoApiError, RefusedError, UnansweredError
from vedette.check.live.api import NAMES, Questions, read_server
from vedette.check.live.client import TOTAL, Client, address, read_token
from vedette.check.live.page import format_named, read_page
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.live.client import Answer
    from vedette.check.live.server import Live

__all__ = ["MOST_OF_PAGE", "Canned", "ask", "read_answers"]

MOST_OF_PAGE: Final = 20_000_000
"""Bytes of a page, which take seconds to read."""


def ask(
    where: str, questions: Questions | None = None, *, token_file: Path | None = None, total: float = TOTAL
) -> Live:
    """Everything that is known at an address, or in a file that holds a page of metrics.

    Raises:
        ConfigError: nobody answers, or nothing that is known here; the message says what came instead.
    """
    file = Path(where)
    if "://" not in where and file.is_file():
        return _file(file)
    url = address(where)
    token = "" if token_file is None else read_token(token_file)
    asked = questions or Questions()
    return asyncio.run(_ask(url, Questions(asked.names, asked.jobs, time.time()), token, total))


def _file(file: Path) -> Live:
    try:
        body = file.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be read: {problem.strerror}") from None
    kind = format_named("", body.decode(errors="replace"))
    assert kind is not None
    return read_page(body, kind, str(file))


async def _ask(url: str, questions: Questions, token: str, total: float) -> Live:
    async with Client(url, token, total=total) as client:
        parts = urlsplit(url)
        if parts.query or parts.path.rstrip("/").endswith("metrics"):
            return _page(await client.get(), client)
        try:
            names = await client.data(NAMES)
        except RefusedError:
            raise
        except NoApiError as problem:
            return await _something_else(client, problem)
        return await read_server(client, names, questions)


async def _something_else(client: Client, problem: NoApiError) -> Live:
    """The page that stands there instead of an API, if one does."""
    for path in ("", "/metrics"):
        try:
            live = _page(await client.get(path), client)
        except ConfigError:
            continue
        if not path:
            return live
        raise ConfigError(f"{problem}: no Prometheus; there is a page of metrics: --live {client.shown}{path}")
    raise ConfigError(
        f"{problem}: neither a server of Prometheus' API nor a page of metrics; write its address as "
        "http://localhost:9090, with what stands before /api/v1 or /metrics"
    )


def _page(answer: Answer, client: Client) -> Live:
    if answer.status in (401, 403, 407):
        raise RefusedError(f"{client.shown}: it wants to know who asks (status {answer.status}); give --token-file")
    if answer.status != 200:
        raise UnansweredError(f"{client.shown}: it answers with status {answer.status}")
    kind = None if answer.is_page else format_named(answer.media_type, "")
    if kind is None:
        what = "a web page" if answer.is_page else answer.media_type
        raise UnansweredError(f"{client.shown}: it answers with {what}, which is no page of metrics")
    if len(answer.body) > MOST_OF_PAGE:
        raise UnansweredError(f"{client.shown}: its page is longer than {MOST_OF_PAGE // 1_000_000} MB")
    return read_page(answer.body, kind, client.shown)


class Canned:
    """What a server would answer, for examples: path below ``/api/v1/`` → data."""

    def __init__(self, answers: dict[str, Any], shown: str) -> None:
        self._answers = answers
        self.shown = shown

    async def data(self, path: str, _: Sequence[tuple[str, str]] = (), *, post: bool = False) -> Any:
        """Of questions that differ in their form alone, the same answer is given to each."""
        del post
        if path not in self._answers:
            raise UnansweredError(f"{self.shown}: nothing is known of {path}")
        return self._answers[path]


def read_answers(answers: dict[str, Any], url: str, questions: Questions) -> Live:
    """What a server would tell that gives these answers."""
    return asyncio.run(read_server(Canned(answers, url), answers.get(NAMES), questions))
