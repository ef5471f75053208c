"""The file behind a shared store of the extension in C: one for all processes. `twin.store` has the same for Python."""

from __future__ import annotations

import os

from vedette.instruments import guard
from vedette.instruments.metrics._core.extension import Store

__all__ = ["open_shared"]


def open_shared(path: str) -> Store:
    """The store in a file, which is made if need be.

    A file that is no segment, or one of another version, is set aside with a message.

    Raises:
        OSError: it cannot be opened, or there is no room for it.
    """
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
