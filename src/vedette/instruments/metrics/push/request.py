"""One request over HTTP whose time is bounded, whatever the server does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vedette.instruments.metrics.push.retry import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

__all__ = ["request"]

_READ = 1 << 16  # bytes of an answer that are read


def request(url: str, method: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> Outcome:
    """What is answered within so many seconds. A redirection is not followed: it would lose the body, or a secret.

    It is made by a thread, because a socket's own timeout begins anew with every byte, and a name may be looked up
    for longer.
    """
    found: list[Outcome] = []

    def run() -> None:
        found.append(_request(url, method, body, headers, seconds))

    thread = threading.Thread(target=run, name="vedette-push", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is being shut down
        run()
    else:
        thread.join(seconds)
    return found[0] if found else Outcome(0, f"it took longer than {seconds:.3g} s")


def _request(url: str, method: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> Outcome:
    from http.client import HTTPException  # noqa: PLC0415 - only who pushes needs it
    from urllib.error import HTTPError, URLError  # noqa: PLC0415 - the same
    from urllib.request import HTTPRedirectHandler, Request, build_opener  # noqa: PLC0415 - the same

    class Here(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            """Go nowhere else."""

    asked = Request(url, body, dict(headers), method=method)  # noqa: S310 - an Address is http or https
    try:
        try:
            reply = build_opener(Here).open(asked, timeout=seconds)
        except HTTPError as refusal:
            reply = refusal
        with reply:
            return Outcome(reply.status, reply.reason, _lower(reply.headers), reply.read(_READ))
    except URLError as error:
        return Outcome(0, _why(error.reason))
    except (OSError, HTTPException, ValueError) as error:  # the last from a name that cannot be
        return Outcome(0, _why(error))


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _why(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
