"""Prometheus' HTTP API v1 over the embedded engine.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/. What Grafana's Prometheus data source asks is here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vedette.duration import format_duration
from vedette.promql.ast import VectorSelector
from vedette.promql.evaluate import instant, query_range
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as format_expr
from vedette.promql.results import EvaluationError
from vedette.promql.walk import walk
from vedette.server import parameters as read
from vedette.server.prometheus_json import exemplars_json, range_data, result_data
from vedette.server.prometheus_status import alerts_json, rules_json, targets_json
from vedette.server.watch import RETENTION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.datastructures import ImmutableMultiDict
    from starlette.requests import Request

    from vedette.errors import VedetteError
    from vedette.server.watch import Watch

    Parameters = ImmutableMultiDict[str, str]
    Answer = Callable[[Request, Parameters], Awaitable[bytes | Any]]

__all__ = ["routes"]

T = TypeVar("T")

LOOKBACK = 300_000
"""Milliseconds a sample stays current, Prometheus' ``--query.lookback-delta`` default."""


def routes(watch: Watch, clock: Callable[[], int]) -> list[BaseRoute]:
    """Everything below ``/api/v1``; ``clock`` gives the time of a query that names none."""
    api = _Api(watch, clock)
    both = ["GET", "POST"]
    table: tuple[tuple[str, Answer, list[str]], ...] = (
        ("query", api.query, both),
        ("query_range", api.query_range, both),
        ("query_exemplars", api.query_exemplars, both),
        ("format_query", api.format_query, both),
        ("series", api.series, both),
        ("labels", api.labels, both),
        ("label/{name}/values", api.label_values, ["GET"]),
        ("metadata", api.metadata, ["GET"]),
        ("rules", api.rules, ["GET"]),
        ("alerts", api.alerts, ["GET"]),
        ("targets", api.targets, ["GET"]),
        ("status/buildinfo", api.buildinfo, ["GET"]),
        ("status/runtimeinfo", api.runtimeinfo, ["GET"]),
        ("status/tsdb", api.tsdb, ["GET"]),
    )
    return [Route(f"/api/v1/{path}", _endpoint(answer), methods=methods) for path, answer, methods in table]


def _endpoint(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            data = await answer(request, await read.parameters(request))
        except (read.BadRequest, ParseError) as error:
            return _error(400, "bad_data", error)
        except EvaluationError as error:
            return _error(422, "execution", error)
        if isinstance(data, _Answered):
            warnings = b"".join(
                b',"%b":%b' % (key, orjson.dumps(notes))
                for key, notes in ((b"warnings", data.warnings), (b"infos", data.infos))
                if notes
            )
            body = b'{"status":"success","data":%b%b}' % (data.body, warnings)
        else:
            body = orjson.dumps({"status": "success", "data": data})
        return Response(body, media_type="application/json")

    return handle


def _error(status: int, kind: str, error: VedetteError) -> Response:
    body = orjson.dumps({"status": "error", "errorType": kind, "error": str(error)})
    return Response(body, status_code=status, media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Answered:
    """A query's data, already encoded, with what the evaluator remarked."""

    body: bytes
    warnings: Sequence[str] = ()
    infos: Sequence[str] = ()


class _Api:
    """The handlers, bound to what they read. Evaluation runs in a thread: it may take long and numpy lets go."""

    def __init__(self, watch: Watch, clock: Callable[[], int]) -> None:
        self._watch = watch
        self._head = watch.head
        self._clock = clock

    async def query(self, _: Request, given: Parameters) -> _Answered:
        expr = _query(given)
        at = read.instant(given, "time", self._clock())
        lookback = read.duration(given, "lookback_delta", LOOKBACK)

        def work() -> _Answered:
            result = instant(expr, self._head, at, lookback=lookback)
            return _answered(result_data(result), result.warnings)

        return await asyncio.to_thread(work)

    async def query_range(self, _: Request, given: Parameters) -> _Answered:
        expr = _query(given)
        start, end = read.instant(given, "start"), read.instant(given, "end")
        step = read.duration(given, "step")
        lookback = read.duration(given, "lookback_delta", LOOKBACK)
        if end < start:
            raise read.BadRequest('invalid parameter "end": end timestamp must not be before start time')
        if step <= 0:
            raise read.BadRequest(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        if (end - start) // step > 11_000:
            raise read.BadRequest(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )

        def work() -> _Answered:
            result = query_range(expr, self._head, start, end, step, lookback=lookback)
            return _answered(range_data(result), result.warnings)

        return await asyncio.to_thread(work)

    async def query_exemplars(self, _: Request, given: Parameters) -> list[Any]:
        expr = parse(_query(given))
        sets = [node.matchers for node in walk(expr) if isinstance(node, VectorSelector)]
        start, end = self._window(given)
        return exemplars_json(self._head.exemplars.select(sets, start, end))

    async def format_query(self, _: Request, given: Parameters) -> str:
        return format_expr(parse(_query(given)))

    async def series(self, _: Request, given: Parameters) -> list[dict[str, str]]:
        start, end = self._window(given)
        sets = read.selectors(given, required=True)
        found = await asyncio.to_thread(self._head.series, sets, start, end)
        return [dict(labels) for labels in _cut(sorted(found), given)]

    async def labels(self, _: Request, given: Parameters) -> list[str]:
        start, end = self._window(given)
        return _cut(sorted(self._head.label_names(read.selectors(given, required=False), start, end)), given)

    async def label_values(self, request: Request, given: Parameters) -> list[str]:
        start, end = self._window(given)
        name = request.path_params["name"]
        found = self._head.label_values(name, read.selectors(given, required=False), start, end)
        return _cut(sorted(found), given)

    async def metadata(self, _: Request, given: Parameters) -> dict[str, list[dict[str, str]]]:
        wanted = given.get("metric")
        found = {
            name: [{"type": entry.type, "help": entry.help, "unit": entry.unit} for entry in entries]
            for name, entries in self._watch.collector.metadata().items()
            if wanted in (None, "", name)
        }
        return dict(_cut(list(found.items()), given))

    async def rules(self, _: Request, given: Parameters) -> dict[str, Any]:
        kind = given.get("type", "")
        if kind not in ("", "alert", "record"):
            raise read.BadRequest(f'invalid parameter "type": {kind!r}; use "alert" or "record"')
        return rules_json(self._watch.rules.groups(), kind)

    async def alerts(self, _: Request, __: Parameters) -> dict[str, Any]:
        return alerts_json(self._watch.rules.groups())

    async def targets(self, _: Request, given: Parameters) -> dict[str, Any]:
        state = given.get("state", "any")
        if state not in ("any", "active", "dropped"):
            raise read.BadRequest(f'invalid parameter "state": {state!r}; use "any", "active" or "dropped"')
        return targets_json(self._watch.collector, state, given.get("scrapePool", ""))

    async def buildinfo(self, _: Request, __: Parameters) -> dict[str, str]:
        """Grafana reads the version to know which features it may use: those of Prometheus 3.5."""
        return {
            "version": "3.5.0",
            "revision": f"vedette-{version('vedette')}",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        }

    async def runtimeinfo(self, _: Request, __: Parameters) -> dict[str, str]:
        """How long samples are kept: whoever asks for longer ranges is told."""
        return {"storageRetention": format_duration(RETENTION)}

    async def tsdb(self, _: Request, __: Parameters) -> dict[str, Any]:
        stats = self._head.stats()
        return {
            "headStats": {
                "numSeries": stats.series,
                "chunkCount": stats.chunks,
                "minTime": stats.oldest,
                "maxTime": stats.newest,
            }
        }

    def _window(self, given: Parameters) -> tuple[int, int]:
        """``start`` and ``end``, both optional: all of time where they are not given."""
        return read.instant(given, "start", 0), read.instant(given, "end", 1 << 62)


def _query(given: Parameters) -> str:
    text = given.get("query")
    if not text:
        raise read.BadRequest('invalid parameter "query": it is missing or empty; give a PromQL expression')
    return text


def _answered(body: bytes, notes: Sequence[str]) -> _Answered:
    """Notes that begin with ``PromQL info`` are informational; the rest are warnings (Prometheus' own split)."""
    infos = [note for note in notes if note.startswith("PromQL info")]
    return _Answered(body, [note for note in notes if note not in infos], infos)


def _cut(items: list[T], given: Parameters) -> list[T]:
    most = read.limit(given)
    return items[:most] if most else items
