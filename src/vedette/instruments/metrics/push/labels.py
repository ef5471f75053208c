"""What everything that is pushed is labelled with: no scrape is there to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

__all__ = ["checked_labels", "hostname"]


def checked_labels(what: str, labels: Mapping[str, str], *, taken: Container[str] = ()) -> dict[str, str]:
    """The labels, if they can be; ``what`` says in the message what they are.

    Raises:
        ConfigError: a name is no label's or is ``taken``, or a value is not a string.
    """
    for name, value in labels.items():
        if not isinstance(name, str) or not name.isascii() or not name.isidentifier() or name.startswith("__"):
            raise ConfigError(
                f"{what} has the label {name!r}; write letters, digits and underscores, not two underscores first"
            )
        if name in taken:
            raise ConfigError(f"{what} has the label {name!r}; give it as {name}=")
        if not isinstance(value, str):
            raise ConfigError(f"{what} has {name}={value!r}, which is not a string; write {str(value)!r}")
    return dict(labels)


def hostname() -> str:
    """What an instance is called that nobody has given a name."""
    import socket  # noqa: PLC0415 - only who pushes needs it

    return socket.gethostname()
