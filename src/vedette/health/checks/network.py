"""The network: a port that is open, a name that can be resolved, a way to the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import DeclarationError
from vedette.health.check import Check, seconds
from vedette.health.outcome import Failed, Reading
from vedette.instruments import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["dns", "network", "tcp"]


def tcp(name: str, host: str, port: int, **settings: Unpack[Settings]) -> Check:
    """Whether a connection to a port can be opened; the reading is how long that takes.

    Args:
        name: of the check.
        host: name or address.
        port: of TCP.
        **settings: see `Check`.
    """
    limit = seconds(settings.get("timeout", 1))
    return Check(name, lambda: _connect(host, port, limit), **settings)


def dns(host: str, *, name: str = "dns", **settings: Unpack[Settings]) -> Check:
    """Whether a name has an address; the reading is how long it takes to find it. A warning if not said otherwise.

    Args:
        host: the name.
        name: of the check.
        **settings: see `Check`.
    """
    settings.setdefault("level", "warning")

    def ask() -> Reading:
        import socket  # noqa: PLC0415 - loaded by who checks

        before = clock.perf()
        socket.getaddrinfo(host, None)
        return Reading(clock.perf() - before, "s")

    return Check(name, ask, **settings)


def network(places: Sequence[tuple[str, int]], *, name: str = "network", **settings: Unpack[Settings]) -> Check:
    """Whether any of several places can be reached: if none can, it is our own network.

    A warning if not said otherwise.

    Args:
        places: hosts with ports that have nothing to do with one another.
        name: of the check; others name it in ``after``.
        **settings: see `Check`.

    Raises:
        DeclarationError: there is no place.
    """
    if not places:
        raise DeclarationError('network([]): name a place that should be reached, such as ("10.0.0.1", 443)')
    settings.setdefault("level", "warning")
    # each gets its share of the time
    limit = seconds(settings.get("timeout", 1)) / len(places)

    def ask() -> Reading:
        for host, port in places:
            try:
                return _connect(host, port, limit)
            except OSError:
                continue
        raise Failed(f"none of {len(places)} places can be reached")

    return Check(name, ask, **settings)


def _connect(host: str, port: int, limit: float) -> Reading:
    import socket  # noqa: PLC0415 - loaded by who checks

    before = clock.perf()
    with socket.create_connection((host, port), timeout=limit):
        return Reading(clock.perf() - before, "s")
