"""A server that metrics are pushed to: its address, who asks, and what an answer means."""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, TypedDict

from vedette.errors import ConfigError, VedetteError
from vedette.instruments import clock
from vedette.instruments.metrics.protobuf import read_fields
from vedette.instruments.metrics.push.request import request
from vedette.instruments.metrics.push.retry import RETRIED, Outcome, attempted

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from vedette.duration import Duration
    from vedette.instruments.metrics.push.address import Address

__all__ = ["Access", "Endpoint", "PushError"]

# What is written by whoever makes the request.
_OURS = frozenset(
    ("content-type", "content-encoding", "content-length", "user-agent", "x-prometheus-remote-write-version")
)
_WORDS = (300, 200)  # characters of what a server says that are repeated, from its begin and its end
_SECRET = 4  # characters that a secret has at least; fewer would blot out the message


class PushError(VedetteError):
    """Metrics could not be pushed; the message says to where, what was answered, and what the server said."""


class Access(TypedDict, total=False):
    """How a server is reached: ``timeout`` (of a whole push), ``headers``, and ``token`` or ``basic_auth``."""

    timeout: Duration
    headers: Mapping[str, str]
    token: str
    basic_auth: tuple[str, str]


class Endpoint:
    """What a request needs.

    Args:
        address: where it goes.
        user: user and password, as the URL has them.
        timeout: how long one push may take, all attempts together.
        headers: to send besides.
        token: for ``Authorization: Bearer``.
        basic_auth: user and password, for ``Authorization: Basic``.

    Raises:
        ConfigError: the timeout or a header cannot be.
    """

    def __init__(
        self,
        address: Address,
        user: tuple[str, str] | None = None,
        *,
        timeout: Duration = "10s",
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        basic_auth: tuple[str, str] | None = None,
    ) -> None:
        self.address = address
        self._timeout = _seconds(address, timeout)
        self._headers = dict(headers or {})
        pairs = [pair for pair in (basic_auth, user) if pair is not None]
        if not all(isinstance(word, str) for word in (token or "", *chain.from_iterable(pairs))):
            raise ConfigError(
                f"{address}: the token or password is not a string; write for example os.environ['TOKEN']"
            )
        ways = [f"Bearer {token}"] if token is not None else []
        ways += [f"Basic {_encoded(':'.join(pair))}" for pair in pairs]
        if len(ways) + any(str(name).lower() == "authorization" for name in self._headers) > 1:
            raise ConfigError(f"{address}: who asks is said twice; give one of token=, basic_auth= and user:password@")
        if ways:
            self._headers["Authorization"] = ways[0]
        for name, value in self._headers.items():
            _check_header(address, name, value)
        told = [word for value in self._headers.values() for word in (value, value.rpartition(" ")[2])]
        told += [password for _, password in pairs]
        told += [address.query, *(value for _, _, value in (pair.partition("=") for pair in address.query.split("&")))]
        self._secrets = sorted({word for word in told if len(word) >= _SECRET}, key=len, reverse=True)
        self._lock = threading.Lock()
        self._moment = 0

    @contextmanager
    def turn(self) -> Iterator[int]:
        """One push at a time, and its moment in milliseconds: the samples of a series come in order, one at a time.

        Raises:
            PushError: another one takes too long.
        """
        if not self._lock.acquire(timeout=self._timeout):
            raise PushError(f"{self.address}: another push to it has not ended in time")
        try:
            self._moment = max(self._moment + 1, int(clock.now() * 1000))
            yield self._moment
        finally:
            self._lock.release()

    def send(
        self, method: str, body: bytes | None, headers: Mapping[str, str], *, retried: Container[int] = RETRIED
    ) -> Outcome:
        """The answer to a request.

        Raises:
            PushError: there is none, or it is no success.
        """
        sent = {**self._headers, **headers, "User-Agent": f"vedette/{_version()}"}
        outcome = attempted(
            lambda left: request(self.address.url, method, body, sent, left),
            timeout=self._timeout,
            retried=retried,
            pause=time.sleep,
            perf=time.monotonic,
            now=time.time,
            chance=random.random,
        )
        if outcome.status == 0:
            raise PushError(f"{self.address} does not answer: {self._without_secrets(outcome.reason)}")
        if not 200 <= outcome.status < 300:
            answer = f"{outcome.status} {self._without_secrets(outcome.reason)}"
            raise self.refusal(answer.strip(), _words(outcome))
        return outcome

    def refusal(self, answer: str, words: str) -> PushError:
        """The error to raise for an answer, with the server's own words."""
        said = " ".join(self._without_secrets(words).split())
        begin, end = _WORDS
        if len(said) > begin + end:
            said = f"{said[:begin]} … {said[-end:]}"
        return PushError(f"{self.address} answered {answer}{': ' if said else ''}{said}")

    def _without_secrets(self, text: str) -> str:
        """A server may repeat what it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _seconds(address: Address, timeout: Duration) -> float:
    from vedette.duration import milliseconds  # noqa: PLC0415 - loads a module that others do without

    try:
        found = milliseconds(timeout) / 1000
    except (TypeError, ValueError) as problem:
        raise ConfigError(f"{address}: timeout={timeout!r}: {problem}") from None
    if found <= 0:
        raise ConfigError(f"{address}: timeout={timeout!r}; write a time to wait, such as '10s'")
    return found


def _encoded(text: str) -> str:
    from base64 import b64encode  # noqa: PLC0415 - only where there is a password

    return b64encode(text.encode()).decode()


def _check_header(address: Address, name: str, value: str) -> None:
    """Refuse what cannot be sent here: there the message would show the value."""
    if not isinstance(name, str) or not isinstance(value, str):
        raise ConfigError(f"{address}: the header {name!r} is not a string; write strings")
    if name.lower() in _OURS:
        raise ConfigError(f"{address}: the header {name!r} says what is sent, which is not yours to choose; remove it")
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigError(f"{address}: {name!r} is not the name of a header; write letters, digits, '-' and '_'")
    if not value.isascii() or not value.isprintable():
        raise ConfigError(
            f"{address}: the value of the header {name!r} has a line break or another character that cannot be sent; "
            "strip() what was read from a file"
        )


def _words(outcome: Outcome) -> str:
    """What the server says; protobuf where OTLP has it, as a google.rpc.Status."""
    if outcome.headers.get("content-type", "").startswith("application/x-protobuf"):
        try:
            said = read_fields(outcome.body).get(2, b"")
        except ValueError:
            return ""
        return said.decode(errors="replace") if isinstance(said, bytes) else ""
    return outcome.body.decode(errors="replace")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - costs more than all the rest

    try:
        return version("vedette")
    except PackageNotFoundError:  # it is run from a folder
        return "0"
