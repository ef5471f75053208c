"""What probes are answered, under ASGI, WSGI or on a port of its own: ``/health`` and what is below it.

Whoever shows the token, or asks on a port that only this machine reaches, is told everything; anybody else the status.
Behind a proxy everybody comes from this machine, so where a request comes from says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.health.call import running_loop
from vedette.health.document import MEDIA_TYPE, document, write
from vedette.health.drain import renew
from vedette.instruments import guard
from vedette.instruments.metrics.serving.answer import Answer, may_read, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping

    from vedette.health.check import Level
    from vedette.health.health import Health
    from vedette.health.report import Report
    from vedette.health.state import Status
    from vedette.instruments.metrics.serving.answer import Asked

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = ["Probes"]

_LEVELS: dict[str, Level] = {"critical": "critical", "warning": "warning"}
_STATUS_CODES: dict[Status, int] = {"pass": 200, "warn": 200, "fail": 503}
_answering = guard.shield("answering a health probe")


class _Wanted(NamedTuple):
    """What a probe wants to know."""

    page: str
    may_see_all: bool
    level: Level | None = None
    only: str | None = None
    at_once: bool = False
    """Whatever the checks say."""


class Probes:
    """Answers probes about the health of a process.

    Args:
        health: what is told.
        path: where; below it are ``live``, ``ready``, ``startup`` and ``checks/<name>``.
        token: whoever sends it as ``Authorization: Bearer <token>`` is told everything.
        yields: whether a path is to be left to somebody else.
    """

    def __init__(
        self,
        health: Health,
        path: str = "/health",
        token: str | None = None,
        *,
        yields: Callable[[str], bool] | None = None,
    ) -> None:
        self.health = health
        self.path = path
        self._token = token
        self._yields = yields
        self._pages = {path: "health", f"{path}/live": "live", f"{path}/ready": "ready", f"{path}/startup": "startup"}
        self._check = f"{path}/checks/"
        health.watch()

    def application_starts(self) -> None:
        """The loop that runs is the application's."""
        with _answering:
            self.health.watch(running_loop())
            renew()

    def owns(self, path: str) -> bool:
        """Whether a request for this path is a probe."""
        if path not in self._pages and not path.startswith(self._check):
            return False
        if self._yields is not None:
            with _answering:
                return not self._yields(path)
        return True

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Answer a request under ASGI."""
        found = _FAILED
        with _answering:
            path, root = scope["path"], scope.get("root_path", "").rstrip("/")
            if root and not self.owns(path):
                path = path.removeprefix(root)
            authorization = b",".join(value for name, value in scope["headers"] if name.lower() == b"authorization")
            query = scope.get("query_string", b"")
            wanted = self._wanted(scope["method"], path, query.decode("latin-1"), authorization.decode("latin-1"))
            if isinstance(wanted, Answer):
                found = wanted
            elif wanted.at_once:
                self.health.ask()
                found = self._found(wanted, self.health.report(level=wanted.level))
            else:
                found = self._found(wanted, await self.health.wait_async(level=wanted.level, only=wanted.only))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found.headers]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})

    def wsgi(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """Answer a request under WSGI."""
        from http import HTTPStatus  # noqa: PLC0415 - a server has loaded it

        method = environ["REQUEST_METHOD"]
        found = self._answer(
            method, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), environ.get("HTTP_AUTHORIZATION", "")
        )
        start_response(f"{found.status} {HTTPStatus(found.status).phrase}", list(found.headers))
        return [b"" if method == "HEAD" else found.body]

    def page(self, asked: Asked) -> Answer | None:
        """The answer to a request on a port of its own; None to one that is no probe."""
        if not self.owns(asked.path):
            return None
        return self._answer(asked.method, asked.path, asked.query, asked.authorization, may_see_all=asked.is_local)

    def _answer(self, method: str, path: str, query: str, authorization: str, *, may_see_all: bool = False) -> Answer:
        with _answering:
            wanted = self._wanted(method, path, query, authorization, may_see_all=may_see_all)
            if isinstance(wanted, Answer):
                return wanted
            if wanted.at_once:
                self.health.ask()
                return self._found(wanted, self.health.report(level=wanted.level))
            return self._found(wanted, self.health.wait(level=wanted.level, only=wanted.only))
        return _FAILED

    def _wanted(
        self, method: str, path: str, query: str, authorization: str, *, may_see_all: bool = False
    ) -> _Wanted | Answer:
        """What a request wants to know, or the answer to it where that depends on no check."""
        if method not in ("GET", "HEAD"):
            return refusal(405, "This page can only be read.\n", ("allow", "GET, HEAD"))
        renew()
        page = self._pages.get(path, "check")
        if page == "live":
            return _LIVE
        health, token = self.health, self._token
        may_see_all = may_see_all or (token is not None and may_read(authorization, token))
        if page == "check":
            name = path.removeprefix(self._check)
            if may_see_all and any(check.name == name for check in health.checks):
                return _Wanted(page, may_see_all, only=name)
            return refusal(404, "There is no such check, or it is told to nobody without the token.\n")
        if page == "health":
            given = [part.partition("=")[2] for part in query.split("&") if part.startswith("level=")]
            if given and given[0] not in _LEVELS:
                return refusal(400, f"level= must be one of: {', '.join(_LEVELS)}.\n")
            return _Wanted(page, may_see_all, _LEVELS[given[0]] if given else None)
        at_once = health.is_draining if page == "ready" else health.is_started
        return _Wanted(page, may_see_all, "critical", at_once=at_once)

    def _found(self, wanted: _Wanted, report: Report) -> Answer:
        """The answer, now that this is known."""
        health, status = self.health, report.status
        notes = []
        if health.is_draining:
            notes.append("draining")
        if not health.is_started:
            notes.append("starting")
        if wanted.page == "startup":
            status = "pass" if health.is_started else "fail"
        elif wanted.page == "ready" and notes:
            status = "fail"
        return _answer(
            _STATUS_CODES[status],
            document(report, status=status, notes=notes) if wanted.may_see_all else {"status": status},
        )


def _answer(code: int, said: dict[str, Any]) -> Answer:
    body = write(said)
    headers = (("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("cache-control", "no-store"))
    return Answer(code, headers, body)


_BODY = b'{"status":"pass"}'
_LIVE = Answer(
    200,
    (("content-type", MEDIA_TYPE), ("content-length", str(len(_BODY))), ("cache-control", "no-store")),
    _BODY,
)
"""A process that answers lives; nothing else is asked, and no lock is waited for."""
_FAILED = refusal(500, "The health could not be told; the log of the process says why.\n")
