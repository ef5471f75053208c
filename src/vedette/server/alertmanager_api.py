"""Alertmanager's API v2 below ``/api/v2``: alerts, groups, receivers and status, as amtool and Prometheus use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vedette.alerting.outbox import StorageError
from vedette.errors import ConfigError
from vedette.formats.alertmanager import parse_matchers, write
from vedette.formats.alerts import format_time, gettable_alert, read_alerts
from vedette.promql.labels import get
from vedette.promql.regex import compile_anchored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from vedette.alerting.machine import Alerting, AlertStatus
    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.promql.labels import Matcher

__all__ = ["routes"]

MAX_BODY = 64 * 1024 * 1024
"""Bytes of alerts that are taken in one request."""


def routes(alerting: Alerting, clock: Callable[[], int], wake: Callable[[], None]) -> list[BaseRoute]:
    """The routes; ``wake`` is called when a request may have made something due."""
    api = _Api(alerting, clock, wake)
    return [
        Route("/api/v2/alerts", _answer(api.alerts), methods=["GET"]),
        Route("/api/v2/alerts", _answer(api.receive), methods=["POST"]),
        Route("/api/v2/alerts/groups", _answer(api.groups), methods=["GET"]),
        Route("/api/v2/receivers", _answer(api.receivers), methods=["GET"]),
        Route("/api/v2/status", _answer(api.status), methods=["GET"]),
        Route("/api/v2/{rest:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE"]),
    ]


class _RefusedError(Exception):
    """A request that cannot be answered: the HTTP status and the JSON that says why."""

    def __init__(self, status: int, said: object) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


def _answer(handle: Callable[[Request], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            value = await handle(request)
        except _RefusedError as refused:
            return _json(refused.said, refused.status)
        except StorageError as error:
            return _json(str(error), 500)
        return Response(status_code=200) if value is None else _json(value, 200)

    return answer


def _json(value: object, status: int) -> Response:
    return Response(orjson.dumps(value) + b"\n", status_code=status, media_type="application/json")


async def _unknown(request: Request) -> Response:
    return _json({"code": 404, "message": f"path {request.url.path} was not found"}, 404)


class _Api:
    def __init__(self, alerting: Alerting, clock: Callable[[], int], wake: Callable[[], None]) -> None:
        self._alerting = alerting
        self._clock = clock
        self._wake = wake

    async def receive(self, request: Request) -> None:
        """Answers 200 once the alerts are on disk. Bad ones are named with 400, the others are taken over."""
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BODY:
                raise _RefusedError(
                    413, {"code": 413, "message": f"body is over {MAX_BODY} bytes; send fewer alerts at once"}
                )
        try:
            alerts, troubles = read_alerts(bytes(raw))
        except ConfigError as error:
            raise _RefusedError(400, {"code": 400, "message": f"parsing alerts {error}"}) from None
        if alerts:
            self._alerting.receive(alerts, self._clock())
            self._wake()
        if troubles:
            raise _RefusedError(400, "; ".join(troubles))

    async def alerts(self, request: Request) -> object:
        wanted = _filter(request)
        return [_shown(one) for one in self._alerting.alerts(self._clock()) if wanted(one)]

    async def groups(self, request: Request) -> object:
        wanted = _filter(request)
        receiver = _receiver(request)
        out = []
        for group in self._alerting.groups(self._clock()):
            alerts = [_shown(one) for one in group.alerts if wanted(one)]
            if alerts and receiver([group.receiver]):
                out.append({"alerts": alerts, "labels": dict(group.labels), "receiver": {"name": group.receiver}})
        return out

    async def receivers(self, _: Request) -> object:
        return [{"labels": {"name": name}, "name": name} for name in self._alerting.receivers()]

    async def status(self, _: Request) -> object:
        return {
            "cluster": {"peers": [], "status": "disabled"},
            "config": {"original": write(_hidden(self._alerting.config))},
            "uptime": format_time(self._alerting.started_at),
            "versionInfo": _VERSION,
        }


_VERSION = {
    "branch": "",
    "buildDate": "",
    "buildUser": "",
    "goVersion": "",
    "revision": "vedette",
    # the version whose behaviour this API follows; clients compare it with their own
    "version": "0.33.1",
}


def _shown(one: AlertStatus) -> dict[str, Any]:
    return gettable_alert(
        one.alert.alert,
        updated_at=one.alert.updated_at,
        receivers=one.receivers,
        inhibited_by=(one.inhibited_by,) if one.inhibited_by else (),
        muted_by=one.muted_by,
    )


def _filter(request: Request) -> Callable[[AlertStatus], bool]:
    """What the query parameters let through."""
    matchers: list[Matcher] = []
    for text in request.query_params.getlist("filter"):
        try:
            matchers += parse_matchers(text)
        except ValueError as error:
            raise _RefusedError(400, f"bad matcher format: {text}: {error}") from None
    active, inhibited, muted = (_flag(request, name) for name in ("active", "inhibited", "muted"))
    receiver = _receiver(request)

    def wanted(one: AlertStatus) -> bool:
        suppressed = bool(one.inhibited_by or one.muted_by)
        return (
            (active or suppressed)
            and (inhibited or not one.inhibited_by)
            and (muted or not one.muted_by)
            and all(matcher.matches(get(one.alert.labels, matcher.name)) for matcher in matchers)
            and receiver(one.receivers)
        )

    return wanted


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "true").lower() not in ("false", "0", "f", "no", "off")


def _receiver(request: Request) -> Callable[[Iterable[str]], bool]:
    text = request.query_params.get("receiver")
    if not text:
        return lambda _: True
    try:
        pattern = compile_anchored(text)
    except ValueError as error:
        raise _RefusedError(400, f"failed to parse receiver param: {error}") from None
    return lambda names: any(pattern.fullmatch(name) for name in names)


_SECRET = re.compile(r"(.*_)?(password|secret|secrets|token|credentials|api_key|service_key|routing_key|user_key|url)")
"""Keys whose values Alertmanager hides; an address may hold a token in its path."""


def _hidden(config: AlertmanagerConfig) -> AlertmanagerConfig:
    """The configuration with every value that may be a secret replaced, as Alertmanager shows it."""
    return replace(
        config,
        global_=_covered(config.global_),
        receivers=tuple(
            replace(
                receiver,
                email_configs=tuple(replace(one, other=_covered(one.other)) for one in receiver.email_configs),
                webhook_configs=tuple(
                    replace(
                        one,
                        url="<secret>" if one.url else "",
                        http_config=_covered(one.http_config),
                        other=_covered(one.other),
                    )
                    for one in receiver.webhook_configs
                ),
                other=_covered(receiver.other),
            )
            for receiver in config.receivers
        ),
        other=_covered(config.other),
    )


def _covered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: "<secret>" if _SECRET.fullmatch(str(key)) else _covered(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_covered(item) for item in value]
    return value
