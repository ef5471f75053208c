"""``vedette.instrument``: the application measured, the libraries it uses lit up, and the metrics served."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

import vedette.packs as packs_folder
from vedette.health.probes import Probes
from vedette.health.process import DEFAULT as HEALTH
from vedette.instruments.metrics import DEFAULT
from vedette.integrations import build_info, process
from vedette.integrations.applications import measured
from vedette.integrations.attached import attach_all
from vedette.integrations.door import Door
from vedette.integrations.own_routes import has_route
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.catalog.pack import PackLike
    from vedette.health.check import Check

__all__ = ["instrument"]

A = TypeVar("A", bound=Callable[..., Any])

_served: set[tuple[int, str]] = set()
"""Port and path of the pages that this process serves beside its application."""


@overload
def instrument(
    app: None = None,
    *,
    path: str = "/metrics",
    token: str | None = None,
    port: int | None = None,
    packs: Iterable[PackLike] | None = None,
    without: Iterable[str] = (),
    version: str | None = None,
    revision: str | None = None,
    package: str | None = None,
    health: Iterable[Check] | None = (),
    health_path: str = "/health",
) -> None: ...
@overload
def instrument(
    app: A,
    *,
    path: str = "/metrics",
    token: str | None = None,
    port: int | None = None,
    packs: Iterable[PackLike] | None = None,
    without: Iterable[str] = (),
    version: str | None = None,
    revision: str | None = None,
    package: str | None = None,
    health: Iterable[Check] | None = (),
    health_path: str = "/health",
) -> A: ...
def instrument(
    app: Any = None,
    *,
    path: str = "/metrics",
    token: str | None = None,
    port: int | None = None,
    packs: Iterable[PackLike] | None = None,
    without: Iterable[str] = (),
    version: str | None = None,
    revision: str | None = None,
    package: str | None = None,
    health: Iterable[Check] | None = (),
    health_path: str = "/health",
) -> Any:
    """Measure an application and every library it uses, and expose the metrics of this process.

    Call it once, at any time; a second call changes nothing. An application of Starlette, FastAPI, Litestar, Quart or
    Flask is changed in place, any other, such as one of Django, is wrapped: use what is returned.

    Args:
        app: the application: of one of these frameworks, or any of ASGI or WSGI. Of Celery it is enough to say so.
            Nothing for a program that answers no requests: its libraries and its process are measured.
        path: where the metrics are; they are not counted themselves.
        token: whoever reads them must send it as ``Authorization: Bearer <token>``.
        port: serve them on this port of 127.0.0.1 from a thread instead of in the application; of Celery in each
            worker, and not where tasks are only called.
        packs: the packs whose metrics this process owns, and so exposes from the start; by default all metrics
            declared so far outside of Vedette.
        without: names of integrations to leave out, such as ``"redis"``.
        version: of the service, as ``service_build_info`` tells it; by default ``service.version`` of
            ``OTEL_RESOURCE_ATTRIBUTES``.
        revision: of its source; by default ``vcs.ref.head.revision`` of the same.
        package: whose installed version it is, where nothing else says one.
        health: what must work, besides what ``vedette.health.check`` registers; None to answer no probes. Where no
            checks are given, a path that the application has a route for is left to it.
        health_path: where probes are answered, and below it: ``/health``, ``/health/live``, ``/health/ready``,
            ``/health/startup``. They are not counted. Whoever sends the token, or asks on the port, is told details.

    Returns:
        The application that is measured.

    Raises:
        ConfigError: it is no application, the port is taken, or an integration is not known.
        DeclarationError: two checks have one name.

    Example:
        >>> async def app(scope, receive, send): ...
        >>> app = instrument(app)
    """
    probes = None
    if health is not None:
        checks = tuple(health)
        for check in checks:
            HEALTH.add(check)
        probes = Probes(HEALTH, health_path, token, yields=None if checks else partial(has_route, app))
    door = Door(path=path if port is None else None, token=token, probes=probes)
    if app is not None:
        app = measured(app, door)
        if door.found:
            return app
    attach_all(without)
    build_info.tell(version, revision, package)
    _own(packs)
    pages = None if probes is None else Probes(HEALTH, health_path, token).page
    if port is not None and door.serve is not None:
        door.serve(port, path=path, token=token, pages=pages)
    elif port is not None and ((port, path) not in _served or (port == 0 and app is not None)):
        from vedette.instruments.metrics.serving import serve  # noqa: PLC0415 - for those who want a port of its own

        serve(port, path=path, token=token, pages=pages)
        _served.add((port, path))
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
