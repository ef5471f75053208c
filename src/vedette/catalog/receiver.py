"""Who is told, one kind a class. A value that opens a door (a URL with a key in it, a token) is a `Secret`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_severity, fail
from vedette.catalog.secret import Secret
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.catalog.severity import Severity

__all__ = ["KINDS", "Email", "PagerDuty", "Receiver", "Slack", "Teams", "Webhook"]

_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")
_URL = re.compile(r"https?://(?:(?P<user>[^/?#@]*)@)?(?P<host>[^/?#@\s]+)\S*", re.ASCII)


def _severities(place: Place, owner: str, given: Sequence[Severity]) -> tuple[Severity, ...]:
    if isinstance(given, str):
        raise fail(place, f"{owner} has severities={given!r}; write a list: severities=[{given!r}]")
    for severity in given:
        check_severity(place, owner, severity)
    return tuple(given)


def _secret(place: Place, owner: str, what: str, given: object) -> None:
    if not isinstance(given, Secret):
        raise fail(
            place, f"{owner} needs its {what} as a secret: write env('NAME') and keep the value in that variable"
        )


@dataclass(frozen=True, slots=True)
class Email:
    """Mail to one or more addresses, through the server of the `Environment`.

    Args:
        to: an address, or a list of them.
        severities: which alerts it gets; by default critical and high at once and low as an hourly digest.
        resolved: also tell when it is over.

    Raises:
        DeclarationError: there is no address, or one is not an address.
    """

    to: str | Sequence[str]
    severities: Sequence[Severity] = field(default=(), kw_only=True)
    resolved: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        addresses = (self.to,) if isinstance(self.to, str) else tuple(self.to)
        if not addresses:
            raise fail(self.place, "Email has no address; write for example Email('oncall@example.com')")
        for address in addresses:
            if not isinstance(address, str) or _ADDRESS.fullmatch(address) is None:
                raise fail(
                    self.place,
                    f"Email has {address!r}, which is not one address; write for example 'oncall@example.com'",
                )
        object.__setattr__(self, "to", addresses)
        object.__setattr__(self, "severities", _severities(self.place, "Email", self.severities))


@dataclass(frozen=True, slots=True)
class Webhook:
    """A POST with the alerts as JSON.

    Args:
        url: http or https; as ``env("NAME")`` where it contains a key.
        token: sent as ``Authorization: Bearer …``.
        severities: which alerts it gets; by default all.
        resolved: also tell when it is over.

    Raises:
        DeclarationError: the URL is none, or carries a password in clear.
    """

    url: str | Secret
    token: Secret | None = field(default=None, kw_only=True)
    severities: Sequence[Severity] = field(default=(), kw_only=True)
    resolved: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.url, Secret):
            parts = _URL.fullmatch(self.url) if isinstance(self.url, str) else None
            if parts is None:
                raise fail(self.place, f"Webhook has {self.url!r}; write a URL that begins with http:// or https://")
            if parts["user"] is not None:
                raise fail(
                    self.place, "Webhook has a password in its URL; write env('NAME') and keep the URL in that variable"
                )
        if self.token is not None:
            _secret(self.place, "Webhook", "token", self.token)
        object.__setattr__(self, "severities", _severities(self.place, "Webhook", self.severities))


@dataclass(frozen=True, slots=True)
class Slack:
    """A message to a Slack channel, through an incoming webhook.

    Args:
        url: the webhook's address, a secret.
        channel: with its ``#`` (or ``@`` for a person).
        severities: which alerts it gets; by default critical, high and medium.
        resolved: also tell when it is over.

    Raises:
        DeclarationError: the address stands in clear, or the channel has no ``#``.
    """

    url: Secret
    channel: str = field(kw_only=True)
    severities: Sequence[Severity] = field(default=(), kw_only=True)
    resolved: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        _secret(self.place, "Slack", "webhook address", self.url)
        if not isinstance(self.channel, str) or not self.channel.startswith(("#", "@")) or len(self.channel) < 2:
            raise fail(self.place, f"Slack has channel={self.channel!r}; write it with its #, for example '#shop'")
        object.__setattr__(self, "severities", _severities(self.place, "Slack", self.severities))


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """A page through PagerDuty's Events API v2.

    Args:
        key: the integration key of the service, a secret.
        severities: which alerts it gets; by default critical.
        resolved: also resolve the incident when it is over.

    Raises:
        DeclarationError: the key stands in clear.
    """

    key: Secret
    severities: Sequence[Severity] = field(default=(), kw_only=True)
    resolved: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        _secret(self.place, "PagerDuty", "integration key", self.key)
        object.__setattr__(self, "severities", _severities(self.place, "PagerDuty", self.severities))


@dataclass(frozen=True, slots=True)
class Teams:
    """A card in a channel of Microsoft Teams, through a workflow that takes webhooks; needs Alertmanager 0.28.

    Args:
        url: the workflow's address, a secret.
        severities: which alerts it gets; by default critical, high and medium.
        resolved: also tell when it is over.

    Raises:
        DeclarationError: the address stands in clear.
    """

    url: Secret
    severities: Sequence[Severity] = field(default=(), kw_only=True)
    resolved: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        _secret(self.place, "Teams", "workflow's address", self.url)
        object.__setattr__(self, "severities", _severities(self.place, "Teams", self.severities))


Receiver = Email | Webhook | Slack | PagerDuty | Teams
"""Anything that can be told."""

KINDS = "Email, Webhook, Slack, PagerDuty or Teams"
"""How a message names them all."""
