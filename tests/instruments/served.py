"""A small application for real servers, as ASGI and as WSGI: what it is asked for it counts.

The answer is the number of the process that gave it, but at ``/metrics`` the page.
"""

from __future__ import annotations

import os
import time

from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Info, StateSet
from vedette.instruments.metrics.serving import AsgiPage, WsgiPage, serve
from vedette.integrations import process

hits = Counter("served_hits_total", help="Requests.")
kinds = Counter("served_kinds_total", help="Requests by kind.", labels=["kind"])
sizes = Histogram("served_size_bytes", help="Sizes.", buckets=[10, 100])
here = Gauge("served_here", help="Living processes.", multiprocess_mode="livesum")
each = Gauge("served_each", help="Of each living process.", multiprocess_mode="liveall")
peak = Gauge("served_peak", help="Of all processes.", multiprocess_mode="max")
left = Gauge("served_left", help="Of all processes.", multiprocess_mode="sum")
latest = Gauge("served_latest", help="What was said last.", multiprocess_mode="mostrecent")
told = Gauge("served_told", help="What a function says.", multiprocess_mode="liveall")
build = Info("served_build_info", help="What runs.", labels=["version"])
state = StateSet("served_state", help="What it does.", states=["idle", "busy"])

if "SERVED_PORT" in os.environ:
    serve(int(os.environ["SERVED_PORT"]))
process.attach()
told.set_function(os.getpid)


def act(path: str) -> str:
    """Do what the path says: /hit, /say/5, /kind/a, /remove/a, /clear, /processes; what to answer."""
    what, _, value = path.strip("/").partition("/")
    if what == "hit":
        hits.inc()
        sizes.observe(50)
        here.set(1)
        time.sleep(0.005)  # so that the next request goes to another process
    elif what == "say":
        for gauge in (each, peak, left, latest):
            gauge.set(float(value))
        build.set(version=value)
        state.set("busy")
    elif what == "kind":
        kinds.inc(value)
    elif what == "remove":
        kinds.remove(value)
    elif what == "clear":
        kinds.clear()
    elif what == "processes":
        return str(len(DEFAULT.store().processes()))
    return str(os.getpid())


_asgi_page, _wsgi_page = AsgiPage(), WsgiPage()


async def asgi(scope, receive, send) -> None:
    if scope["type"] != "http":
        raise ValueError("only HTTP")
    if scope["path"] == "/metrics":
        await _asgi_page(scope, receive, send)
        return
    body = act(scope["path"]).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/metrics":
        return _wsgi_page(environ, start_response)
    body = act(environ["PATH_INFO"]).encode()
    start_response("200 OK", [("content-length", str(len(body))), ("content-type", "text/plain")])
    return [body]
