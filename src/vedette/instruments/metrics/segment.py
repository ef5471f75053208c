"""The file behind a shared store of the extension in C: one for all processes. `twin.slab` has the same for Python."""

from __future__ import annotations

import os
from contextlib import suppress

from vedette.instruments import guard
from vedette.instruments.metrics._core.extension import Store

__all__ = ["files_of", "open_shared", "remove_shared"]


def open_shared(path: str, *, fresh: bool) -> Store:
    """The store in a file, which is made if need be; ``fresh``: what is in it is nobody's any more.

    A file that is no segment, or one of another version, is set aside with a message.

    Raises:
        OSError: it cannot be opened, or there is no room for it.
    """
    if fresh:
        remove_shared(path)
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            return Store(fd, path)
        except ValueError as problem:
            os.close(fd)
            aside = f"{path}.set-aside"
            os.replace(path, aside)
            guard.warn(("segment", path), f"{path} was set aside as {aside}: {problem}; a new one is begun")
        except OSError:
            os.close(fd)
            raise


def files_of(path: str) -> list[str]:
    """The files that processes hold locks on."""
    return [path]


def remove_shared(path: str) -> None:
    """Remove it; who uses it goes on to."""
    with suppress(FileNotFoundError):
        os.unlink(path)
