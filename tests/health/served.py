"""A small application for real servers, as ASGI and as WSGI, whose checks the environment decides."""

from __future__ import annotations

import os
from pathlib import Path

import vedette
from vedette.health import Check, Failed, Reading, draining_on_sigterm


def process() -> Reading:
    """Say which process this is, so that answers of several can be told apart."""
    return Reading(os.getpid(), "pid")


def marked() -> None:
    """Fail in the process whose number stands in the file, and in no other."""
    if Path(os.environ["SERVED_MARK"]).read_text("ascii") == str(os.getpid()):
        raise Failed("this one is marked")


async def on_the_loop() -> None:
    """Pass."""


def _app_wsgi(environ, start_response):
    body = str(os.getpid()).encode()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]


async def _app_asgi(scope, receive, send) -> None:
    if scope["type"] != "http":
        raise ValueError("only HTTP")
    body = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


CHECKS = [
    Check("process", process, every="50ms"),
    Check("marked", marked, every="50ms", breaker=None),
    Check("loop", on_the_loop, every="50ms"),
]
asgi = vedette.instrument(_app_asgi, token="t", health=CHECKS)
wsgi = vedette.instrument(_app_wsgi, token="t", health=CHECKS)

if "SERVED_WAIT" in os.environ:
    draining_on_sigterm(wait=os.environ["SERVED_WAIT"])
