"""What measuring adds to a request of an HTTP client: CPU, in the process, without a server or a socket.

``python benchmarks/http_clients.py [--json] [--rounds 500]``. Each client is given a connection that answers at once,
with ten headers as services send them, so that what is left is the client's own work. It runs bare, with ours, and with
OpenTelemetry's instrumentor, whose spans go nowhere; these take turns, and the least of their rounds of 25 requests
counts, less that of the bare client. How objects lie in memory makes a difference of several microseconds, so this is
done in several processes, and the median of theirs is told. Alone is what our code takes around a function that
returns an answer at once, so that nothing else is in the processor's caches.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import io
import json
import multiprocessing
import statistics
import time
import types

import aiohttp
import httpcore
import httpx
import requests
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict, CIMultiDictProxy
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from urllib3 import HTTPResponse

from vedette.integrations import aiohttp as our_aiohttp
from vedette.integrations import attached
from vedette.integrations import httpx as our_httpx
from vedette.integrations import requests as our_requests
from vedette.integrations.patch import Patches

REQUESTS = 25
CALLS = 1000
BLOCKS = 4
PROCESSES = 5
URL = "http://api.example.com/v1/orders/17"
HEADERS = {
    "Date": "Mon, 30 Nov 2026 12:00:00 GMT",
    "Content-Type": "application/json",
    "Content-Length": "2",
    "Connection": "keep-alive",
    "Cache-Control": "no-store",
    "Server": "nginx",
    "Vary": "Accept-Encoding",
    "X-Request-Id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000",
}


class Nowhere(SpanExporter):
    """Takes spans and drops them."""

    def export(self, _) -> SpanExportResult:
        """Drop them."""
        return SpanExportResult.SUCCESS


class Pool:
    """Answers as a pool of connections of httpcore does."""

    def handle_request(self, _) -> httpcore.Response:
        """Answer."""
        return httpcore.Response(200, headers=[(n.encode(), v.encode()) for n, v in HEADERS.items()], content=b"{}")

    async def handle_async_request(self, request) -> httpcore.Response:
        """Answer."""
        return self.handle_request(request)

    def close(self) -> None:
        """Close nothing."""

    async def aclose(self) -> None:
        """Close nothing."""


class Httpx:
    """Requests of a sync client."""

    package = "httpx"
    instrumentor = HTTPXClientInstrumentor

    def __init__(self) -> None:
        transport = httpx.HTTPTransport()
        transport._pool = Pool()  # noqa: SLF001 - there is no public way
        self.client = httpx.Client(transport=transport)

    def run(self) -> None:
        """Make the requests of a turn."""
        for _ in range(REQUESTS):
            self.client.get(URL)

    def close(self) -> None:
        """End it."""
        self.client.close()


class AsyncHttpx:
    """Requests of an async client."""

    package = "httpx"
    instrumentor = HTTPXClientInstrumentor

    def __init__(self) -> None:
        transport = httpx.AsyncHTTPTransport()
        transport._pool = Pool()  # noqa: SLF001 - there is no public way
        self.client = httpx.AsyncClient(transport=transport)
        self.loop = asyncio.new_event_loop()

    def run(self) -> None:
        """Make the requests of a turn."""

        async def work() -> None:
            for _ in range(REQUESTS):
                await self.client.get(URL)

        self.loop.run_until_complete(work())

    def close(self) -> None:
        """End it, and the loop."""
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()


class Requests:
    """Requests of a session, down to urllib3's pool."""

    package = "requests"
    instrumentor = RequestsInstrumentor

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        adapter = self.session.get_adapter(URL)
        adapter.get_connection_with_tls_context = lambda *_, **__: self

    def urlopen(self, **_) -> HTTPResponse:
        """Answer as the pool does."""
        return HTTPResponse(io.BytesIO(b"{}"), headers=HEADERS, status=200, preload_content=False)

    def run(self) -> None:
        """Make the requests of a turn."""
        for _ in range(REQUESTS):
            self.session.get(URL)

    def close(self) -> None:
        """End it."""
        self.session.close()


class Aiohttp:
    """Requests of a session over a connection whose other end is in the process."""

    package = "aiohttp"
    instrumentor = AioHttpClientInstrumentor

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.open())

    async def open(self) -> None:
        """Make the session, for which a loop must run."""
        self.session = aiohttp.ClientSession(connector=Here())

    def run(self) -> None:
        """Make the requests of a turn."""

        async def work() -> None:
            for _ in range(REQUESTS):
                answer = await self.session.get(URL)
                await answer.read()

        self.loop.run_until_complete(work())

    def close(self) -> None:
        """End it, and the loop."""
        self.loop.run_until_complete(self.session.close())
        self.loop.close()


class Here(aiohttp.BaseConnector):
    """Connects to nobody else."""

    async def _create_connection(self, *_):
        protocol = ResponseHandler(self._loop)
        protocol.connection_made(Answering(protocol, self._loop))
        return protocol


class Answering(asyncio.Transport):
    """Answers whatever is written."""

    answer = "\r\n".join(
        ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in HEADERS.items()), "", "{}"]
    ).encode()

    def __init__(self, protocol, loop) -> None:
        super().__init__()
        self.protocol, self.loop = protocol, loop

    def write(self, _) -> None:
        """Answer it."""
        self.loop.call_soon(self.protocol.data_received, self.answer)

    writelines = write

    def is_closing(self) -> bool:
        """Whether it is."""
        return False

    def close(self) -> None:
        """Say that it is closed."""
        self.loop.call_soon(self.protocol.connection_lost, None)

    abort = close


def microseconds(client) -> float:
    """CPU of a request."""
    began = time.process_time()
    client.run()
    return (time.process_time() - began) / REQUESTS * 1e6


def compare(kind, rounds: int) -> dict[str, float]:
    """The least of the rounds of each: the library is instrumented and put back in turns."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Nowhere()))
    theirs = kind.instrumentor()
    client = kind()
    theirs.instrument(tracer_provider=provider)
    traced = kind()  # theirs gets into a session of aiohttp when it is made
    theirs.uninstrument()
    nothing = (lambda: None, lambda: None)
    ways = {
        "bare": (client, *nothing),
        "ours": (client, lambda: attached.attach(kind.package), lambda: attached.detach(kind.package)),
        "opentelemetry": (traced, lambda: theirs.instrument(tracer_provider=provider), theirs.uninstrument),
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(BLOCKS):
        for way, (one, begin, end) in ways.items():
            begin()
            # Many turns in a row: the interpreter has to get used to a class that was changed.
            for _ in range(rounds // BLOCKS):
                least[way] = min(least[way], microseconds(one))
            end()
    for one in (client, traced):
        one.close()
    return least


def alone(kind, rounds: int) -> float:
    """What is added to a request whose client does nothing but return an answer that is there: our own code, warm."""
    patches = Patches()
    if kind is Requests:
        answer = requests.Response()
        answer.status_code = 200
        answer.headers.update(HEADERS)
        request = requests.Request("GET", URL).prepare()
        bare = lambda *_, **__: answer  # noqa: E731
        ours = our_requests._send(patches, bare)  # noqa: SLF001
        calls = {way: functools.partial(call, None, request, stream=False) for way, call in (("b", bare), ("o", ours))}
        return _least_difference(calls["b"], calls["o"], rounds)
    if kind is Httpx:
        answer = httpx.Response(200, headers=HEADERS)
        request = httpx.Request("GET", URL)
        bare = lambda *_: answer  # noqa: E731
        ours = our_httpx._sync(patches, bare)  # noqa: SLF001
        return _least_difference(functools.partial(bare, None, request), functools.partial(ours, None, request), rounds)
    loop = asyncio.new_event_loop()
    if kind is AsyncHttpx:
        answer = httpx.Response(200, headers=HEADERS)
        request = httpx.Request("GET", URL)

        async def call(*_):
            return answer

        ours = our_httpx._async(patches, call)  # noqa: SLF001
        pair = [functools.partial(one, None, request) for one in (call, ours)]
    else:
        headers = CIMultiDictProxy(CIMultiDict(HEADERS))
        answer = types.SimpleNamespace(method="GET", status=200, headers=headers)

        async def start(*_):
            return answer

        async def bare_call(*_):
            return await start(answer, None)

        started = our_aiohttp._start(start)  # noqa: SLF001

        async def call(*_):
            return await started(answer, None)

        ours = our_aiohttp._request(patches, call)  # noqa: SLF001
        pair = [functools.partial(one, None, "GET", URL) for one in (bare_call, ours)]

    def driven(one):
        async def work():
            for _ in range(CALLS):
                await one()

        return lambda: loop.run_until_complete(work())

    found = _least_difference(driven(pair[0]), driven(pair[1]), rounds, times=1) / CALLS
    loop.close()
    return found


def _least_difference(bare, ours, rounds: int, times: int = 1000) -> float:
    """Microseconds of a call, the least of the rounds less that of the bare one."""
    least = [float("inf")] * 2
    for _ in range(rounds):
        for place, call in enumerate((bare, ours)):
            began = time.process_time()
            for _ in range(times):
                call()
            least[place] = min(least[place], (time.process_time() - began) / times * 1e6)
    return least[1] - least[0]


def apart(kind, rounds: int) -> dict[str, float]:
    """What is added to the bare client, the median of several processes, one after the other."""
    runs = []
    for _ in range(PROCESSES):
        with multiprocessing.get_context("spawn").Pool(1) as process:
            runs.append(process.apply(compare, (kind, rounds // PROCESSES)))
    return {
        "bare": statistics.median(run["bare"] for run in runs),
        **{way: statistics.median(run[way] - run["bare"] for run in runs) for way in ("ours", "opentelemetry")},
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=500)
    given = arguments.parse_args()

    rows = {}
    for kind in (Httpx, AsyncHttpx, Aiohttp, Requests):
        spent = apart(kind, given.rounds)
        ours, theirs = spent["ours"], spent["opentelemetry"]
        rows[f"http_clients_{kind.__name__.lower()}"] = {
            "ours": round(ours, 1),
            "peer": round(theirs, 1),
            "ratio": round(ours / theirs, 3),
            "goal": 3.0,
            "unit": "µs CPU added to a request",
            "others": {"bare": round(spent["bare"], 1), "alone": round(alone(kind, 50), 1)},
        }
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for name, row in rows.items():
        print(
            f"{name.removeprefix('http_clients_'):<12} bare {row['others']['bare']:6.1f} µs; "
            f"added by ours {row['ours']:5.1f} µs (alone {row['others']['alone']:4.1f} µs), "
            f"by OpenTelemetry {row['peer']:6.1f} µs"
        )


if __name__ == "__main__":
    main()
