"""The page's own API below ``/api/vedette``: overview, dashboards, runbooks, deliveries and the event stream."""

from __future__ import annotations

import asyncio
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from vedette.promql.labels import get
from vedette.server import runbook_html

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from vedette.alerting.delivery import Entry
    from vedette.formats.vedette import ServiceInfo
    from vedette.server.watch import Watch

__all__ = ["routes"]

SEVERITIES = ("critical", "high", "medium", "low")
KEEPALIVE = 15
"""Seconds of silence after which the event stream sends a comment, so that proxies and dead peers are noticed."""


def routes(watch: Watch, clock: Callable[[], int], notice: str = "") -> list[BaseRoute]:
    """Everything below ``/api/vedette``; ``notice`` is what every page says at its top."""
    page = _PageApi(watch, clock, notice)
    return [
        Route("/api/vedette/overview", _json(page.overview)),
        Route("/api/vedette/dashboards", _json(page.dashboards)),
        Route("/api/vedette/dashboards/{uid}", page.dashboard),
        Route("/api/vedette/runbooks", _json(page.runbooks)),
        Route("/api/vedette/runbooks/{alert}", _json(page.runbook)),
        Route("/api/vedette/deliveries", _json(page.deliveries)),
        Route("/api/vedette/deliveries/{id}", _json(page.delivery)),
        Route("/api/vedette/events", page.events),
    ]


def _json(answer: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        value = answer(request)
        if value is None:
            name = next(iter(request.path_params.values()), "")
            return _missing(f"there is no {request.url.path.split('/')[3].rstrip('s')} {name!r}")
        return Response(orjson.dumps(value), media_type="application/json")

    return handle


def _missing(message: str) -> Response:
    return Response(orjson.dumps({"error": message}), status_code=404, media_type="application/json")


class _PageApi:
    def __init__(self, watch: Watch, clock: Callable[[], int], notice: str) -> None:
        self._watch = watch
        self._clock = clock
        self._notice = notice
        self._described = watch.built.description

    def overview(self, _: Request) -> dict[str, Any]:
        targets = self._watch.collector.targets()
        firing = [alert for alert in self._watch.rules.alerts() if alert.state == "firing"]
        pending = [alert for alert in self._watch.rules.alerts() if alert.state == "pending"]
        health: dict[str, list[str]] = {}
        for target in targets:
            health.setdefault(get(target.labels, "job"), []).append(target.health)
        by_service: dict[str, Counter[str]] = {}
        for alert in firing:
            name = get(alert.labels, "service") or get(alert.labels, "job")
            by_service.setdefault(name, Counter())[get(alert.labels, "severity")] += 1
        return {
            "stack": self._described.stack,
            "title": self._described.title,
            "version": version("vedette"),
            "environment": self._described.environment,
            "trace_url": self._described.trace_url,
            "notice": self._notice,
            "time": self._clock() / 1000,
            "services": [
                self._service(service, health.get(service.name, []), by_service.get(service.name, Counter()))
                for service in self._described.services
            ],
            "targets": {"up": sum(target.health == "up" for target in targets), "total": len(targets)},
            "alerts": {"firing": len(firing), "pending": len(pending)},
            "deliveries": self._watch.alerting.counts(),
        }

    def _service(self, service: ServiceInfo, health: Sequence[str], alerts: Mapping[str, int]) -> dict[str, Any]:
        up = health.count("up")
        packs = {pack.name: pack for pack in self._described.packs}
        return {
            "name": service.name,
            "title": service.title,
            "up": up,
            "total": len(health),
            "state": _state(up, health, alerts),
            "alerts": {severity: alerts.get(severity, 0) for severity in SEVERITIES},
            "packs": [
                {"name": name, "title": packs[name].title, "dashboard": packs[name].dashboard}
                for name in service.packs
                if name in packs
            ],
            "signals": [
                {
                    "title": signal.title,
                    "expr": signal.expr,
                    "unit": signal.unit,
                    "dashboard": signal.dashboard,
                    "panel": signal.panel,
                }
                for signal in service.signals
            ],
        }

    def dashboards(self, _: Request) -> list[dict[str, Any]]:
        packs = {pack.dashboard: pack.name for pack in self._described.packs}
        found = []
        for uid, raw in self._watch.built.dashboards.items():
            board = orjson.loads(raw)
            found.append(
                {
                    "uid": uid,
                    "title": board.get("title", uid),
                    "description": board.get("description", ""),
                    "pack": packs.get(uid, ""),
                    "tags": board.get("tags", []),
                }
            )
        return sorted(found, key=lambda board: ("home" not in board["tags"], str(board["title"])))

    async def dashboard(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        raw = self._watch.built.dashboards.get(uid)
        if raw is None:
            return _missing(f"there is no dashboard {uid!r}; known: {', '.join(self._watch.built.dashboards)}")
        return Response(raw, media_type="application/json")

    def runbooks(self, _: Request) -> list[dict[str, Any]]:
        return [self._runbook_head(name) for name in sorted(self._described.runbooks)]

    def runbook(self, request: Request) -> dict[str, Any] | None:
        name = request.path_params["alert"]
        text = self._described.runbooks.get(name)
        if text is None:
            return None
        alert = self._described.alerts.get(name)
        return {
            **self._runbook_head(name),
            "dashboard": alert.dashboard if alert else "",
            "panel": alert.panel if alert else 0,
            "markdown": text,
            "html": runbook_html.render(text),
        }

    def _runbook_head(self, name: str) -> dict[str, Any]:
        alert = self._described.alerts.get(name)
        return {
            "alert": name,
            "title": name,
            "severity": alert.severity if alert else "",
            "pack": alert.pack if alert else "",
        }

    def deliveries(self, request: Request) -> list[dict[str, Any]]:
        text = request.query_params.get("limit", "100")
        limit = int(text) if text.isdigit() else 100
        return [_delivery(entry) for entry in self._watch.alerting.deliveries(limit=min(limit, 1000))]

    def delivery(self, request: Request) -> dict[str, Any] | None:
        entry = self._watch.alerting.delivery(request.path_params["id"])
        if entry is None:
            return None
        return {
            **_delivery(entry),
            "tries": [
                {"time": tried.time / 1000, "outcome": tried.outcome, "error": tried.error} for tried in entry.tries
            ],
            "headers": dict(entry.payload.headers),
            "text": entry.payload.text,
            "html": entry.payload.html,
            "body": entry.payload.body,
        }

    async def events(self, request: Request) -> StreamingResponse:
        """Says which topics changed, at most once a second."""

        async def stream() -> AsyncIterator[bytes]:
            seen = dict(self._watch.versions)
            quiet = 0
            yield b": hello\n\n"
            while not await request.is_disconnected():
                await asyncio.sleep(1)
                now = dict(self._watch.versions)
                changed = [topic for topic, version in now.items() if version != seen[topic]]
                seen = now
                if changed:
                    quiet = 0
                    yield b"event: change\ndata: " + orjson.dumps({"topics": changed}) + b"\n\n"
                else:
                    quiet += 1
                    if quiet % KEEPALIVE == 0:
                        yield b": still here\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def _delivery(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "time": entry.time / 1000,
        "receiver": entry.receiver,
        "channel": entry.channel,
        "target": entry.target,
        "state": entry.state,
        "attempts": entry.attempts,
        "error": entry.error,
        "subject": entry.subject,
        "alerts": list(entry.alerts),
        "firing": entry.firing,
        "resolved": entry.resolved,
    }


def _state(up: int, health: Sequence[str], alerts: Mapping[str, int]) -> str:
    """A service is down with no target up, degraded with one missing or a critical or high alert."""
    known = [state for state in health if state != "unknown"]
    if not known:
        return "unknown"
    if up == 0:
        return "down"
    return "degraded" if up < len(known) or alerts.get("critical") or alerts.get("high") else "up"
