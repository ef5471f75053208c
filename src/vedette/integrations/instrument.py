"""``vedette.instrument``: the application measured, the libraries it uses lit up, and the metrics served."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import vedette.packs as packs_folder
from vedette.instruments.metrics import DEFAULT
from vedette.integrations import process
from vedette.integrations.asgi import MetricsMiddleware
from vedette.integrations.attached import attach_all
from vedette.integrations.routes import Routes
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.catalog.pack import PackLike
    from vedette.integrations.asgi import App

__all__ = ["instrument"]

A = TypeVar("A", bound=Callable[..., Any])

_MARK = "_vedette_instrumented"


def instrument(
    app: A,
    *,
    path: str = "/metrics",
    token: str | None = None,
    port: int | None = None,
    packs: Iterable[PackLike] | None = None,
    without: Iterable[str] = (),
) -> A:
    """Measure an application and every library it uses, and expose the metrics of this process.

    Call it once, at any time; a second call changes nothing. A Starlette or FastAPI application is changed in place,
    any other is wrapped: use what is returned.

    Args:
        app: the application.
        path: where the metrics are; they are not counted themselves.
        token: whoever reads them must send it as ``Authorization: Bearer <token>``.
        port: serve them on this port of 127.0.0.1 from a thread instead of in the application.
        packs: the packs whose metrics this process owns, and so exposes from the start; by default all metrics
            declared so far outside of Vedette.
        without: names of integrations to leave out, such as ``"redis"``.

    Returns:
        The application that is measured.

    Raises:
        ConfigError: the port is taken, or an integration is not known.

    Example:
        >>> async def app(scope, receive, send): ...
        >>> app = instrument(app)
    """
    if isinstance(app, MetricsMiddleware) or getattr(app, _MARK, False):
        return app
    attach_all(without)
    _own(packs)
    if port is not None:
        from vedette.instruments.metrics.serving import serve  # noqa: PLC0415 - for those who want a port of its own

        serve(port, path=path, token=token)
    routes = Routes(app)
    served = path if port is None else None

    def measured(inner: App) -> MetricsMiddleware:
        return MetricsMiddleware(inner, path=served, token=token, routes=routes)

    if not hasattr(app, "build_middleware_stack"):
        return cast("A", measured(cast("App", app)))
    target = cast("Any", app)
    build = target.build_middleware_stack
    target.build_middleware_stack = lambda: measured(build())
    if target.middleware_stack is not None:
        target.middleware_stack = measured(target.middleware_stack)
    setattr(target, _MARK, True)
    return app


def _own(packs: Iterable[PackLike] | None) -> None:
    """Expose from the start what this process owns."""
    process.attach()
    if packs is None:
        folder = str(packs_folder.__path__[0])
        for family in DEFAULT.families():
            if not family.description.place.file.startswith(folder):
                family.initialise()
        return
    from vedette.catalog.pack import as_pack  # noqa: PLC0415 - who names packs has loaded the catalog

    for pack in packs:
        for metric in as_pack(pack, caller(), "instrument()").metrics:
            # What each of several processes tells is told where there are several.
            if hasattr(metric, "initialise") and metric.description.multiprocess_mode != "liveall":
                metric.initialise()
