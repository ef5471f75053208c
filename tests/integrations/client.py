"""A bare ASGI client, and how to read the series of a metric."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """What an application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)


async def call(
    app, path: str, method: str = "GET", *, headers=None, body: bytes | list[bytes] = b"", query: str = "", **scope: Any
) -> Answer:
    """One request, as a server makes it; an exception of the application is kept, not raised."""
    chunks = body if isinstance(body, list) else [body]
    sent = [(name.lower().encode(), value.encode()) for name, value in (headers or {"host": "shop"}).items()]
    if isinstance(body, bytes) and body:
        sent.append((b"content-length", str(len(body)).encode()))
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    answer = Answer()

    async def receive():
        if incoming:
            return incoming.pop(0)
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        answer.messages.append(message)
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message.get("headers", ())}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    whole = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": sent,
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "state": {},
        **scope,
    }
    try:
        await app(whole, receive, send)
    except Exception as error:  # noqa: BLE001 - told to the test
        answer.error = error
    return answer


def values(metric) -> dict[tuple[str, ...], Any]:
    """The series of a metric; of a histogram how many observations there were."""
    return {
        labels: sum(reading[0]) if metric.type == "histogram" else reading
        for labels, reading in metric.series().items()
    }
