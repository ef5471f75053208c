"""A URL to push to, apart from who asks: a password or what stands in a query is never shown."""

from __future__ import annotations

from typing import NamedTuple

from vedette.errors import ConfigError

__all__ = ["Address", "address_of"]


class Address(NamedTuple):
    """A URL without user and password: ``str()`` is what may be shown of it, ``url`` is all."""

    scheme: str
    host: str
    path: str
    query: str

    @property
    def url(self) -> str:
        """What to ask for."""
        return f"{self.scheme}://{self.host}{self.path or '/'}{'?' if self.query else ''}{self.query}"

    def below(self, path: str) -> Address:
        """The address of a path below this one."""
        return self._replace(path=self.path.rstrip("/") + path)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}{'?…' if self.query else ''}"

    def __repr__(self) -> str:
        return f"<{self}>"


def address_of(url: str) -> tuple[Address, tuple[str, str] | None]:
    """The address of a URL, and the user and password in it.

    Raises:
        ConfigError: it is no URL for HTTP.
    """
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - only who pushes needs it

    try:
        parts = urlsplit(url if _is_plain(url) else "")
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what it says may repeat a part of a password
        good = False
    if not good:
        shown = repr(url) if isinstance(url, str) and not set(url) & set("@?") else "what was given"
        raise ConfigError(f"{shown} is no URL to push to; write for example 'http://localhost:9091'")
    who, _, host = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    return Address(parts.scheme, host, parts.path, parts.query), (unquote(user), unquote(password)) if who else None


def _is_plain(url: object) -> bool:
    """Whether it is a text without blanks, and what is not ASCII is written with ``%``."""
    return isinstance(url, str) and all("!" <= character <= "~" for character in url)
