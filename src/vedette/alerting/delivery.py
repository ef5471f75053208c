"""What leaves the house: notifications, their rendered payloads, deliveries to attempt and how they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vedette.errors import VedetteError
from vedette.formats.alerts import Alert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.formats.alertmanager import EmailConfig, WebhookConfig
    from vedette.promql.labels import Labels

__all__ = [
    "AlertRecord",
    "Delivered",
    "Delivery",
    "Entry",
    "Failed",
    "Integration",
    "Notification",
    "Outcome",
    "Payload",
    "RenderError",
    "Retry",
    "State",
    "Try",
]

State = Literal["waiting", "delivered", "failed"]


class RenderError(VedetteError):
    """A notification cannot be written: a template fails, a needed setting is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """An alert as it is kept. Times are milliseconds since the epoch."""

    fingerprint: str
    labels: Labels
    annotations: Mapping[str, str]
    starts_at: int
    ends_at: int
    """It is resolved from this moment on; never 0."""
    updated_at: int
    timeout: bool = False
    """Nobody gave an end: ``ends_at`` is the resolve timeout."""
    generator_url: str = ""

    def resolved(self, now: int) -> bool:
        """Whether it has ended by ``now``."""
        return self.ends_at <= now

    @property
    def alert(self) -> Alert:
        """As the formats know it."""
        return Alert(
            labels=self.labels,
            annotations=self.annotations,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            generator_url=self.generator_url,
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side accepted it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It may work later. ``after`` (ms) is the other side's own wish and wins over the back-off."""

    error: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never work as it is."""

    error: str


Outcome = Delivered | Retry | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A notification as it is sent, without credentials: those are read at every attempt."""

    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    html: str = ""
    body: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One way of a receiver to be told: its kind and index name it within the receiver (``webhook/0``)."""

    receiver: str
    name: str
    config: EmailConfig | WebhookConfig
    target: str
    """For people; never holds a secret."""

    @property
    def channel(self) -> str:
        """``email`` or ``webhook``."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be told to one integration, before it is written in the channel's form."""

    id: str
    now: int
    receiver: str
    group_key: str
    group_labels: Labels
    alerts: tuple[AlertRecord, ...]
    """In the order in which they are told."""
    external_url: str
    reason: str
    """Why it is sent, in Alertmanager's words."""
    thread: str
    """Id of the first notification of the thread; the own id for the first."""

    @property
    def firing(self) -> tuple[AlertRecord, ...]:
        """Those that fire at the instant of the notification."""
        return tuple(alert for alert in self.alerts if not alert.resolved(self.now))

    @property
    def resolved(self) -> tuple[AlertRecord, ...]:
        """Those that have ended."""
        return tuple(alert for alert in self.alerts if alert.resolved(self.now))

    @property
    def status(self) -> str:
        """``firing`` while one of them fires, then ``resolved``."""
        return "firing" if self.firing else "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A payload to send now; the answer goes to ``Alerting.settle``."""

    id: str
    integration: Integration
    payload: Payload
    attempt: int
    """1 for the first."""
    timeout: int
    """Milliseconds after which the attempt counts as failed."""

    @property
    def channel(self) -> str:
        """``email`` or ``webhook``."""
        return self.integration.channel


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: when (ms), ``delivered``, ``retry`` or ``failed``, and the error."""

    time: int
    outcome: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the outbox, for reading."""

    id: str
    time: int
    """When it was written, in milliseconds."""
    group_key: str
    receiver: str
    integration: str
    target: str
    state: State
    attempts: int
    next_attempt_at: int
    settled_at: int
    error: str
    subject: str
    alerts: tuple[str, ...]
    """Names of the alerts it tells of."""
    firing: int
    resolved: int
    told_firing: tuple[str, ...] = ()
    told_resolved: tuple[str, ...] = ()
    payload: Payload = field(default_factory=Payload)
    tries: tuple[Try, ...] = ()

    @property
    def channel(self) -> str:
        """``email`` or ``webhook``."""
        return self.integration.partition("/")[0]
