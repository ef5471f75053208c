"""Health on a port of its own, for what is no web application or keeps it off its public port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.health.probes import Probes
from vedette.health.process import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.health.check import Check
    from vedette.instruments.metrics.serving.thread import MetricsServer

__all__ = ["serve"]


def serve(
    port: int,
    checks: Iterable[Check] = (),
    *,
    host: str = "127.0.0.1",
    path: str = "/health",
    token: str | None = None,
) -> MetricsServer:
    """Serve the health of this process, and its metrics, from a daemon thread.

    Args:
        port: 0 takes any that is free.
        checks: what must work, besides what is registered already.
        host: the address to listen on, ``"0.0.0.0"`` or ``"::"`` for all, where a kubelet has to reach it. Beyond this
            machine details are told to those who send the token, and so are the metrics.
        path: where the health is.
        token: to be sent as ``Authorization: Bearer <token>``.

    Raises:
        ConfigError: the port is taken, or the host is no address of this machine.
        DeclarationError: two checks have one name.
    """
    from vedette.instruments.metrics.serving import serve as serve_metrics  # noqa: PLC0415 - for those who want a port

    for check in checks:
        DEFAULT.add(check)
    return serve_metrics(port, host=host, token=token, pages=Probes(DEFAULT, path, token).page)
