"""Where a server listens, and who else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["SERVER", "Address", "address", "is_local_name", "is_one_of_ours"]

SERVER = "vedette"
"""What a server of ours calls itself."""


class Address(NamedTuple):
    """Where to listen."""

    family: int
    place: tuple[Any, ...]
    is_local: bool
    """Whether only this machine reaches it."""


def address(host: str, port: int) -> Address:
    """What a host and a port stand for; ``""`` for all addresses of this machine.

    Raises:
        ConfigError: the host has no address, or the port is none.
    """
    import socket  # noqa: PLC0415 - a server is for those who ask for one
    from ipaddress import ip_address  # noqa: PLC0415

    if not 0 <= port <= 65535:  # else it is taken modulo 65536
        raise ConfigError(f"metrics cannot be served on {host}:{port}: a port is a number up to 65535")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as problem:
        raise ConfigError(
            f"metrics cannot be served on {host}:{port}: {problem.strerror}; give an address of this machine as host="
        ) from None
    # Of several the IPv4 one: whoever says localhost may mean 127.0.0.1.
    family, _, _, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    return Address(family, place, ip_address(str(place[0]).partition("%")[0]).is_loopback)


def is_local_name(host: str) -> bool:
    """Whether a request's header ``Host`` names this machine as only this machine knows it; it may say nothing."""
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name in ("", "localhost", "[::1]") or (name.startswith("127.") and name.replace(".", "").isdecimal())


def is_one_of_ours(there: Address, context: SSLContext | None) -> bool:
    """Whether it is a server like this one that listens there."""
    import http.client  # noqa: PLC0415 - for a process that finds its port taken
    import ssl  # noqa: PLC0415

    host, port = there.place[:2]
    if context is None:
        asked = http.client.HTTPConnection(host, port, timeout=2)
    else:
        # It is told nothing, so it need not prove who it is.
        blind = ssl._create_unverified_context()  # noqa: S323, SLF001
        asked = http.client.HTTPSConnection(host, port, timeout=2, context=blind)
    try:
        asked.request("HEAD", "/")
        return asked.getresponse().headers.get("server") == SERVER
    except TimeoutError:
        return True  # it is starting still, as this one is
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
