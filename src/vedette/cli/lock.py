"""One running ``vedette up`` for each project, said by a lock file that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vedette.cli.state import prepare
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["held"]


@contextmanager
def held(state: Path) -> Iterator[Callable[[str], None]]:
    """Hold ``state/lock`` until the block ends; what is yielded takes the URL of the page, for others to be told.

    Raises:
        ConfigError: another process holds it (the message says which and where its page is), or it cannot be written.
    """
    path = state / "lock"
    try:
        prepare(state)
        file = path.open("a+")
    except OSError as error:
        raise ConfigError(
            f"{error.filename or path}: cannot be written: {error.strerror}; data, build output and the lock live there"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            try:
                holder = json.loads(file.read())
                who = f"pid {holder['pid']}, {holder['url']}"
            except (ValueError, KeyError):
                who = "it is just starting"
            raise ConfigError(
                f"this project is already being watched ({who}); open that page, or stop it with Ctrl-C where it runs"
            ) from None

        def tell(url: str) -> None:
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "url": url}))
            file.flush()

        tell("just starting")
        yield tell
        file.truncate(0)
