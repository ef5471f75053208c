"""Which kinds of application there are, and how each is measured: by a table, without importing any framework."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.door import Door

__all__ = ["measured"]

_MARK = "_vedette_instrumented"
# https://docs.python.org/3/library/inspect.html#code-objects-bit-flags; the module itself costs more than all of ours
_TAKES_ANYTHING, _COROUTINE = 0x04, 0x80


class _Kind(NamedTuple):
    """Instances of a class that a framework makes public. It is looked for where the framework is loaded, only."""

    module: str
    name: str
    measure: Callable[[Any, Door], Any]


def measured(app: Any, door: Door) -> Any:
    """The application behind the door: the same, changed in place, where its framework has a place for that.

    Raises:
        ConfigError: it is no application.
    """
    for kind in _KINDS:
        public = getattr(sys.modules.get(kind.module), kind.name, None)
        if isinstance(public, type) and isinstance(app, public):
            return kind.measure(app, door)
    if hasattr(app, "build_middleware_stack"):
        return _starlette(app, door)
    takes = _parameters(app)
    if takes == 3:
        return door.asgi(app)
    if takes == 2:
        return door.wsgi(app)
    raise ConfigError(
        f"instrument() was given {_told(app)}; give an application of Starlette, FastAPI, Litestar, Quart, Flask, "
        "Django or Celery, one of ASGI, which takes (scope, receive, send), or of WSGI, which takes "
        "(environ, start_response), or nothing"
    )


def _starlette(app: Any, door: Door) -> Any:
    door.found = getattr(app, _MARK, False)
    if door.found:
        return app
    from vedette.integrations.routes import Routes  # noqa: PLC0415 - loaded with the door

    routes, build = Routes(app), app.build_middleware_stack
    app.build_middleware_stack = lambda: door.asgi(build(), routes)
    if app.middleware_stack is not None:
        app.middleware_stack = door.asgi(app.middleware_stack, routes)
    setattr(app, _MARK, True)
    return app


def _litestar(app: Any, door: Door) -> Any:
    app.asgi_handler = door.asgi(app.asgi_handler)
    return app


def _quart(app: Any, door: Door) -> Any:
    app.asgi_app = door.asgi(app.asgi_app)
    return app


def _flask(app: Any, door: Door) -> Any:
    app.wsgi_app = door.wsgi(app.wsgi_app)
    return app


def _asgi(app: Any, door: Door) -> Any:
    return door.asgi(app)


def _wsgi(app: Any, door: Door) -> Any:
    return door.wsgi(app)


def _celery(app: Any, door: Door) -> Any:
    from vedette.integrations.celery import serve_in_workers  # noqa: PLC0415 - for those who need it

    # it takes no requests; its tasks are measured by the integration of the library
    door.serve = partial(serve_in_workers, app)
    return app


_KINDS = (
    _Kind("vedette.integrations.asgi", "MetricsMiddleware", _asgi),
    _Kind("vedette.integrations.wsgi", "MetricsMiddleware", _wsgi),
    _Kind("starlette.applications", "Starlette", _starlette),
    _Kind("litestar", "Litestar", _litestar),
    _Kind("quart", "Quart", _quart),
    _Kind("flask", "Flask", _flask),
    _Kind("django.core.handlers.asgi", "ASGIHandler", _asgi),
    _Kind("django.core.handlers.wsgi", "WSGIHandler", _wsgi),
    _Kind("celery.app.base", "Celery", _celery),
)


def _parameters(app: Any) -> int:
    """How many positional arguments it must be given: three make it ASGI, two WSGI; 0 where that cannot be told."""
    if not callable(app) or (isinstance(app, type) and not hasattr(app, "__await__")):
        return 0
    function = getattr(app, "__func__", app)
    is_bound = function is not app
    if not hasattr(function, "__code__") and not isinstance(app, type):
        function, is_bound = type(app).__call__, True
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return _parameters_by_signature(app)
    if code.co_flags & _COROUTINE:
        return 3
    needed: int = code.co_argcount - is_bound - len(function.__defaults__ or ())
    # One that takes anything is most often a wrapper of WSGI; one of ASGI would be a coroutine function.
    return max(2, needed) if code.co_flags & _TAKES_ANYTHING else needed


def _parameters_by_signature(app: Any) -> int:
    import inspect  # noqa: PLC0415 - for what is no plain function

    if inspect.iscoroutinefunction(app):
        return 3
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return 0
    kinds = [one.kind for one in parameters if one.default is one.empty]
    needed = sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
    return max(2, needed) if inspect.Parameter.VAR_POSITIONAL in kinds else needed


def _told(found: object) -> str:
    """What somebody has given instead of an application."""
    if isinstance(found, type):
        return f"the class {found.__module__}.{found.__qualname__} and no instance of it"
    kind = type(found)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    where = getattr(found, "__qualname__", None)
    return f"{where} of type {name}" if where else f"an object of type {name}"
