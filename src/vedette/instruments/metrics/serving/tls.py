"""The certificate of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["tls_context"]


def tls_context(certfile: str | None, keyfile: str | None) -> SSLContext | None:
    """How connections are encrypted with this certificate; None without one.

    Raises:
        ConfigError: it cannot be used; the message says why.
    """
    if certfile is None:
        if keyfile is not None:
            raise ConfigError(f"keyfile={keyfile!r} was given without a certificate; give certfile=, too")
        return None
    for name, file in (("certfile", certfile), ("keyfile", keyfile)):
        if file is not None:
            _check(name, file)
    import ssl  # noqa: PLC0415 - for those who have a certificate

    def locked() -> str:
        raise ConfigError(f"the key in {keyfile or certfile} is locked with a password; give one that is not")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, locked)
    except ssl.SSLError as problem:
        if problem.reason == "KEY_VALUES_MISMATCH":
            why = f"the key in {keyfile or certfile} is not that of the certificate in {certfile}"
        elif keyfile is None:
            why = f"{certfile} does not hold a certificate and its key in PEM; if the key is elsewhere, give keyfile="
        else:
            why = f"{certfile} does not hold a certificate, or {keyfile} not its key, in PEM"
        raise ConfigError(why) from None
    return context


def _check(name: str, file: str) -> None:
    """See that a file can be read, which ssl does not tell by its name."""
    try:
        with open(file, "rb"):
            pass
    except OSError as problem:
        raise ConfigError(f"{name}={file!r} cannot be read: {problem.strerror}") from None
