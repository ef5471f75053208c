"""``vedette health``: asks a service for its health, as a container's health check does.

It needs the standard library alone.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from vedette.duration import milliseconds
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Answer", "ask", "health"]

_SIGNS = {"pass": "✓", "warn": "!", "fail": "✗"}
_WORDS = {"pass": "healthy", "warn": "degraded", "fail": "failing"}
# Of the report of a service with some hundred checks.
_LONGEST = 1 << 20


class Answer(NamedTuple):
    """What a service has answered, or why there is no answer."""

    code: int
    """0 where there is none."""
    body: str

    @property
    def is_healthy(self) -> bool:
        """Whether it works, if only badly."""
        return 200 <= self.code < 300

    @property
    def document(self) -> dict[str, Any] | None:
        """What it says, where it speaks application/health+json."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) and found.get("status") in _SIGNS else None


def health(url: str, *, timeout: str, token_file: Path | None, as_json: bool) -> int:
    """Print how it is; 0 where it works, if only badly, 1 where it does not or there is no answer."""
    answer = ask(url, timeout=timeout, token=None if token_file is None else token_file.read_text("utf-8").strip())
    if as_json:
        said = {"code": answer.code, "healthy": answer.is_healthy, "answer": answer.document or answer.body}
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _told(answer)))
    return int(not answer.is_healthy)


def ask(url: str, *, timeout: str = "5s", token: str | None = None) -> Answer:
    """Ask once. No proxy is used and no redirection followed: it is this address whose health is asked for.

    Raises:
        ConfigError: the URL or the timeout cannot be.
    """
    where = urlsplit(url if "://" in url else f"http://{url}")
    try:
        limit = milliseconds(timeout) / 1000
    except ValueError as problem:
        raise ConfigError(f"--timeout: {problem}") from None
    try:
        port = where.port
    except ValueError as problem:
        raise ConfigError(f"{url}: {problem}") from None
    if where.scheme not in ("http", "https") or not where.hostname or limit <= 0:
        raise ConfigError(f"{url}: write for example http://localhost:8000, with --timeout above zero")
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    connection = kind(where.hostname, port, timeout=limit)
    path = (where.path if where.path.strip("/") else "/health") + (f"?{where.query}" if where.query else "")
    headers = {"accept": "application/health+json, */*", "connection": "close"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    try:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        return Answer(reply.status, reply.read(_LONGEST).decode("utf-8", "replace"))
    except TimeoutError:
        return Answer(0, f"no answer within {timeout}")
    except (OSError, HTTPException) as problem:
        return Answer(0, getattr(problem, "strerror", None) or repr(problem))
    finally:
        connection.close()


def _told(answer: Answer) -> Iterator[str]:
    found = answer.document
    if not answer.code:
        yield f"✗ no answer: {answer.body}"
    elif found is None:
        yield f"{'✓' if answer.is_healthy else '✗'} answered {answer.code}"
    else:
        status = found["status"] if answer.is_healthy else "fail"
        notes = [str(note) for note in found.get("notes", ())]
        yield f"{_SIGNS[status]} {', '.join([_WORDS[status], *notes])} ({answer.code})"
        yield from _checks(found.get("checks") or {})


def _checks(checks: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    wide = max(map(len, checks), default=0)
    for name, parts in checks.items():
        for part in parts:
            said = []
            if "observedValue" in part:
                value = part["observedValue"]
                shown = f"{value:g}" if isinstance(value, int | float) else str(value)
                said.append(f"{shown} {part.get('observedUnit', '')}".strip())
            if part.get("output"):
                said.append(str(part["output"]))
            if part.get("status") != "pass" and "since" in part:
                said.append(f"since {part['since']}")
            if part.get("causedBy"):
                said.append(f"because of {', '.join(part['causedBy'])}")
            yield f"  {_SIGNS.get(part.get('status', ''), '?')} {name:{wide}}  {', '.join(said)}".rstrip()
