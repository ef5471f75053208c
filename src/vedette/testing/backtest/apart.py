"""Loads samples in a process of its own, so that answers are read while rules are judged.

``serve`` is that process: it is told of a server, then of what to load, each as a pickle on standard input, and answers
with pickles of its own on standard output. Only the process that started it talks to it.
"""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any

from vedette.errors import VedetteError
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest.samples import Batch

__all__ = ["Apart", "serve"]

_LENGTH = struct.Struct("<Q")


class Apart:
    """A process that loads from one server.

    Args:
        url: of the server.
        token: that it wants to be shown, if any.
        seconds: that one answer may take.
    """

    def __init__(self, url: str, token: str, seconds: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        _write(self._to, (url, token, seconds))

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        """As ``Server.load``.

        Raises:
            ServerError: as ``Server.load``.
        """
        _write(self._to, ([(one.name, one.op, one.value) for one in matchers], after, until))
        found = _read(self._from)
        if isinstance(found, VedetteError):
            raise found
        batch: Batch = found
        return batch

    def close(self) -> None:
        """End it."""
        self._to.close()
        self._process.wait()
        self._from.close()


def _write(to: IO[bytes], what: Any) -> None:
    raw = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    to.write(_LENGTH.pack(len(raw)))
    to.write(raw)
    to.flush()


def _read(source: IO[bytes]) -> Any:
    """The next value.

    Raises:
        EOFError: there is none.
    """
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("the process that loads samples has ended")
    return pickle.loads(source.read(_LENGTH.unpack(head)[0]))  # noqa: S301 - from our own process


def serve() -> None:
    """Answer until nobody asks any more."""
    from vedette.testing.backtest.server import Server  # noqa: PLC0415 - which starts us

    source, to = sys.stdin.buffer, sys.stdout.buffer
    url, token, seconds = _read(source)
    server = Server(url, token, seconds=seconds, apart=False)
    while True:
        try:
            matchers, after, until = _read(source)
        except EOFError:
            return
        try:
            _write(to, server.load([Matcher(*one) for one in matchers], after, until))
        except VedetteError as problem:
            _write(to, problem)
