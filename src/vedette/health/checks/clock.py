"""The clock of the machine: whether it is right, by a server of the network time protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.health.check import Check, seconds
from vedette.health.checks.settings import above, in_order
from vedette.health.outcome import Failed
from vedette.instruments import clock

if TYPE_CHECKING:
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["clock_skew"]

# https://www.rfc-editor.org/rfc/rfc4330: a client asks with version 4, mode 3; time is counted from 1900
_QUESTION = b"\x23" + 47 * b"\0"
_EPOCH = 2_208_988_800


def clock_skew(
    server: str,
    port: int = 123,
    *,
    degraded: float = 1.0,
    failed: float = 30.0,
    name: str = "clock",
    **settings: Unpack[Settings],
) -> Check:
    """How far the clock is off, in seconds. A warning if not said otherwise.

    Args:
        server: one of the network time protocol that may be asked.
        port: of UDP.
        degraded: seconds that are degraded.
        failed: seconds that have failed.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")
    settings.setdefault("every", "5m")
    limit = seconds(settings.get("timeout", 1))

    def ask() -> Reading:
        off = abs(_offset(server, port, limit))
        return above("what it is off", round(off, 3), "s", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)


def _offset(server: str, port: int, limit: float) -> float:
    import socket  # noqa: PLC0415 - loaded by who checks

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(limit)
        asking.connect((server, port))
        sent = clock.now()
        asking.send(_QUESTION)
        answer = asking.recv(512)
        received = clock.now()
    if len(answer) < 48 or answer[0] & 7 != 4 or not answer[1]:
        raise Failed("the server does not know the time")
    theirs = (_time(answer[32:40]) + _time(answer[40:48])) / 2
    return theirs - (sent + received) / 2


def _time(stamp: bytes) -> float:
    return int.from_bytes(stamp[:4]) - _EPOCH + int.from_bytes(stamp[4:]) / 2**32
