"""`vedette.instrument` takes any kind of application, or none, once, and says what it cannot take."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import urllib.request
from functools import partial
from wsgiref.validate import validator

import pytest
from celery import Celery
from fastapi import FastAPI
from flask import Flask
from litestar import Litestar
from quart import Quart
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from tests.integrations import django_site  # noqa: F401 - it sets Django up
from tests.integrations.client import call, values
from tests.integrations.wsgi_client import ask
from tests.real import free_port

from vedette.errors import ConfigError
from vedette.instruments.metrics import DEFAULT
from vedette.integrations import asgi, attached, wsgi
from vedette.integrations.instrument import instrument
from vedette.integrations.libraries import LIBRARIES
from vedette.packs.http import request_duration


@pytest.fixture(autouse=True)
def as_before():
    yield
    for name, state in attached.states().items():
        if state.attached:
            attached.detach(name)


async def asgi_app(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi"})


def asgi_sync(scope, receive, send):
    return asgi_app(scope, receive, send)


def wsgi_app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wsgi"]


class AsgiObject:
    async def __call__(self, scope, receive, send) -> None:
        await asgi_app(scope, receive, send)


class WsgiObject:
    def __call__(self, environ, start_response):
        return wsgi_app(environ, start_response)

    def method(self, environ, start_response):
        return wsgi_app(environ, start_response)


def django_wsgi():
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def django_asgi():
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


@pytest.mark.parametrize("make", [Starlette, FastAPI, partial(Litestar, []), partial(Quart, "x"), partial(Flask, "x")])
def test_an_application_of_a_framework_is_returned_changed_in_place_and_a_second_call_changes_nothing(make):
    app = make()
    assert instrument(app) is app
    before = {name: getattr(app, name, None) for name in ("asgi_handler", "asgi_app", "wsgi_app", "middleware_stack")}
    build = getattr(app, "build_middleware_stack", None)
    assert instrument(app) is app
    assert {name: getattr(app, name, None) for name in before} == before
    assert getattr(app, "build_middleware_stack", None) is build


@pytest.mark.parametrize(
    ("make", "door"),
    [
        (lambda: asgi_app, asgi),
        (AsgiObject, asgi),
        (lambda: CORSMiddleware(asgi_app), asgi),
        (lambda: partial(asgi_app), asgi),
        (lambda: asgi_sync, asgi),
        (django_asgi, asgi),
        (lambda: wsgi_app, wsgi),
        (WsgiObject, wsgi),
        (lambda: WsgiObject().method, wsgi),
        (lambda: validator(wsgi_app), wsgi),
        (lambda: lambda environ, start_response, extra=None: wsgi_app(environ, start_response), wsgi),
        (django_wsgi, wsgi),
    ],
)
def test_any_other_is_wrapped_by_what_it_takes_and_once(make, door):
    app = instrument(make())
    assert type(app) is door.MetricsMiddleware
    assert instrument(app) is app


def test_an_application_of_celery_is_returned_as_it_is_and_its_library_is_attached():
    app = Celery("mail", broker="memory://")
    assert instrument(app) is app
    assert attached.states()["celery"].attached


def test_without_an_application_libraries_and_the_process_are_measured_and_a_port_serves_them():
    port = free_port()
    for _ in range(2):
        assert instrument(port=port) is None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        told = page.read().decode()
    assert "process_cpu_seconds_total " in told
    assert 'vedette_integration_attached{library="flask"' in told
    assert set(LIBRARIES) <= set(attached.states())


def test_an_application_after_a_call_without_one_is_measured_all_the_same():
    instrument()
    app = instrument(wsgi_app)
    ask(app, "/")
    assert sum(values(request_duration).values()) == 1


def test_with_a_port_the_application_serves_no_page():
    app = instrument(asgi_app, port=free_port())
    assert asyncio.run(call(app, "/metrics")).body == b"asgi"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("app.main:app", "an object of type str"),
        (5, "an object of type int"),
        (sys, "an object of type module"),
        (Flask, "the class flask.app.Flask and no instance of it"),
        (Celery, "the class celery.app.base.Celery and no instance of it"),
        (inspect.signature, "signature of type function"),
        (lambda: None, "<lambda> of type function"),
        (DEFAULT, "an object of type vedette.instruments.metrics.registry.Registry"),
    ],
)
def test_what_is_no_application_is_refused_with_what_it_is_and_what_it_may_be(given, found):
    with pytest.raises(ConfigError) as refused:
        instrument(given)
    assert found in str(refused.value)
    for kind in ("Starlette", "FastAPI", "Litestar", "Quart", "Flask", "Django", "Celery", "ASGI", "WSGI", "nothing"):
        assert kind in str(refused.value)


def test_no_framework_is_imported_for_an_application_of_none():
    code = (
        "import sys, vedette\n"
        "def app(environ, start_response): ...\n"
        "vedette.instrument(app); vedette.instrument()\n"
        "async def other(scope, receive, send): ...\n"
        "vedette.instrument(other)\n"
        "names = {'flask', 'django', 'starlette', 'fastapi', 'quart', 'litestar', 'celery', 'werkzeug', 'asyncio'}\n"
        "print(sorted(names & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_type_of_the_application_is_kept(tmp_path):
    (tmp_path / "typed.py").write_text(
        "from typing import assert_type\n"
        "import vedette\n"
        "class App:\n"
        "    def __call__(self, environ: dict[str, object], start_response: object) -> list[bytes]:\n"
        "        return []\n"
        "assert_type(vedette.instrument(App(), port=1), App)\n"
        "vedette.instrument(port=1)\n"
        "vedette.instrument(5)\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "typed.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line.split(": ")[0] for line in ran.stdout.splitlines() if ": error" in line] == ["typed.py:8"], ran.stdout
