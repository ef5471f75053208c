"""What measuring adds to a request of a WSGI application: CPU, in the process, without a server in between.

``python benchmarks/wsgi.py [--json] [--rounds 1000]``. The same plain application, one of Flask and one of Django are
measured by us (duration, both sizes, requests in progress, exceptions), by what one writes by hand with
prometheus_client to observe the duration alone, and by OpenTelemetry's instrumentors for Flask and Django, whose spans
are dropped when they end. All are run in turn, a few milliseconds each; what the bare application took in the same
round is subtracted, and the median of the rounds counts, of several processes again the median. What our integration
of Django adds to a query on SQLite and to a look-up in a cache in memory is told besides; no instrumentor of
OpenTelemetry does the latter, and for the former it has those of the drivers.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Histogram

from vedette import instrument
from vedette.integrations import attached

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS = 25
PROCESSES = 5
GOAL = {"plain": 5.0, "flask": 5.0, "django": 5.0, "query": 3.0, "cache": 3.0}
WAYS = ("ours", "by_hand", "opentelemetry")
PATHS = [f"/things/{number}/" for number in range(7)]


def environ(path: str) -> dict[str, Any]:
    """What a server hands to an application."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "shop.example",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def start_response(status: str, _headers: Any, _error: Any = None) -> None:
    if not status.startswith("200"):
        raise RuntimeError(f"answered {status}")


def ask(app: Any) -> Callable[[], None]:
    """Requests as a server makes them."""

    def run() -> None:
        for number in range(REQUESTS):
            body = app(environ(PATHS[number % 7]), start_response)
            for _ in body:
                pass
            if hasattr(body, "close"):
                body.close()

    return run


def histogram() -> Histogram:
    return Histogram(
        "http_server_request_duration_seconds",
        "Duration of requests.",
        ["method", "route", "status"],
        registry=CollectorRegistry(),
    )


def provider() -> Any:
    from opentelemetry.sdk.trace import TracerProvider

    return TracerProvider()


# The applications, each measured in every way


def plain(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def make_plain() -> dict[str, Callable[[], None]]:
    duration = histogram()

    def by_hand(environ, start_response):
        started = time.perf_counter()
        status = "500"

        def start(line, headers, error=None):
            nonlocal status
            status = line[:3]
            return start_response(line, headers, error)

        try:
            return plain(environ, start)
        finally:
            duration.labels(environ["REQUEST_METHOD"], "_all", status).observe(time.perf_counter() - started)

    return {"bare": ask(plain), "ours": ask(instrument(plain)), "by_hand": ask(by_hand)}


def make_flask() -> dict[str, Callable[[], None]]:
    from flask import Flask, g, request
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    def bare() -> Flask:
        app = Flask("shop")
        app.get("/things/<int:thing>/")(str_of)
        return app

    traced, hand, duration = bare(), bare(), histogram()
    FlaskInstrumentor().instrument_app(traced, tracer_provider=provider())

    @hand.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @hand.after_request
    def end(response):
        rule = request.url_rule.rule if request.url_rule else "_unmatched"
        taken = time.perf_counter() - g.begun
        duration.labels(request.method, rule, str(response.status_code)).observe(taken)
        return response

    return {
        "bare": ask(bare()),
        "ours": attached_for("flask", ask(instrument(bare()))),
        "by_hand": ask(hand),
        "opentelemetry": ask(traced),
    }


def str_of(thing: int) -> str:
    return str(thing)


def attached_for(name: str, run: Callable[[], None]) -> Callable[[], None]:
    """Attach an integration only while this runs: a library that is attached is so for all."""

    def alone() -> float:
        attached.attach(name)
        run()  # what Python remembers of the classes is remembered anew
        began = time.process_time()
        run()
        taken = time.process_time() - began
        attached.detach(name)
        return taken

    attached.detach(name)
    return alone


def set_django_up() -> None:
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=["*"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        LOGGING_CONFIG=None,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=(path("things/<int:thing>/", lambda _request, thing: HttpResponse(str(thing))),),
        SECRET_KEY="for benchmarks alone",
        USE_TZ=True,
    )
    django.setup()


class ByHand:
    """What one writes by hand for Django."""

    duration: Histogram

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        """Answer one request."""
        started = time.perf_counter()
        response = self.get_response(request)
        taken = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "_unmatched"
        ByHand.duration.labels(request.method, route, str(response.status_code)).observe(taken)
        return response


def make_django() -> dict[str, Callable[[], None]]:
    set_django_up()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    before = list(settings.MIDDLEWARE)
    bare, ours = get_wsgi_application(), instrument(get_wsgi_application())
    ByHand.duration = histogram()
    settings.MIDDLEWARE = [f"{__name__}.ByHand", *before]
    hand = get_wsgi_application()
    settings.MIDDLEWARE = list(before)
    DjangoInstrumentor().instrument(tracer_provider=provider())
    traced = get_wsgi_application()
    return {
        "bare": ask(bare),
        "ours": attached_for("django", ask(ours)),
        "by_hand": ask(hand),
        "opentelemetry": ask(traced),
    }


def make_query() -> dict[str, Callable[[], None]]:
    set_django_up()
    from django.db import connection

    connection.ensure_connection()

    def run() -> None:
        with connection.cursor() as cursor:
            for _ in range(REQUESTS):
                cursor.execute("SELECT name FROM sqlite_master WHERE type = %s", ["table"])

    return {"bare": run, "ours": attached_for("django", run)}


def make_cache() -> dict[str, Callable[[], None]]:
    set_django_up()
    from django.core.cache import cache

    cache.set("key", "value")

    def run() -> None:
        for _ in range(REQUESTS):
            cache.get("key")

    return {"bare": run, "ours": attached_for("django", run)}


KINDS = {"plain": make_plain, "flask": make_flask, "django": make_django, "query": make_query, "cache": make_cache}


def drive(run: Callable[[], Any]) -> float:
    """CPU microseconds of a request."""
    began = time.process_time()
    taken = run()
    if taken is None:
        taken = time.process_time() - began
    return taken / REQUESTS * 1e6


def compare(kind: str, rounds: int) -> dict[str, float]:
    """CPU microseconds of a request of the bare application, and what each way to measure adds to it."""
    ways = KINDS[kind]()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            taken[name].append(drive(run))
    return {
        name: statistics.median(
            cost if name == "bare" else cost - bare for cost, bare in zip(costs, taken["bare"], strict=True)
        )
        for name, costs in taken.items()
    }


def apart(kind: str, rounds: int) -> dict[str, float]:
    """The median of several processes, one after the other."""
    runs = []
    for _ in range(PROCESSES):
        with multiprocessing.get_context("spawn").Pool(1) as process:
            runs.append(process.apply(compare, (kind, rounds // PROCESSES)))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=1000)
    given = arguments.parse_args()

    spent = {kind: apart(kind, given.rounds) for kind in KINDS}
    if given.json:
        print(json.dumps({f"wsgi_{kind}": row(kind, added) for kind, added in spent.items()}, ensure_ascii=False))
        return
    for kind, added in spent.items():
        print(f"{kind:<8} bare {added['bare']:.1f} µs; added by")
        for name in WAYS:
            if name in added:
                print(f"         {name:<14}{added[name]:6.1f} µs")


def row(kind: str, added: dict[str, float]) -> dict[str, Any]:
    peer = added.get("opentelemetry")
    return {
        "ours": round(added["ours"], 1),
        "peer": None if peer is None else round(peer, 1),
        "ratio": None if peer is None else round(added["ours"] / peer, 3),
        "goal": GOAL[kind],
        "unit": "µs CPU added",
        "others": {name: round(added[name], 1) for name in ("bare", "by_hand") if name in added},
    }


if __name__ == "__main__":
    main()
