"""Scripts of alerts over time, run on the step machine by a simulated clock."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.alerting.machine import Alerting, Delivered, Delivery, Outcome
from vedette.alerting.outbox import Outbox
from vedette.formats.alertmanager import read
from vedette.formats.alerts import Alert
from vedette.promql.labels import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BASE = 1_790_000_000_000
"""The simulated clock's zero, in milliseconds."""


@dataclass(frozen=True)
class Push:
    """At so many seconds, an alert with these labels is posted; ``start`` and ``end`` are seconds too."""

    at: float
    labels: dict[str, str]
    start: float | None = None
    end: float | None = None
    annotations: dict[str, str] | None = None

    def alert(self, base: int) -> Alert:
        return Alert(
            labels=labels(self.labels),
            annotations=self.annotations or {},
            starts_at=0 if self.start is None else base + round(self.start * 1000),
            ends_at=0 if self.end is None else base + round(self.end * 1000),
        )


@dataclass(frozen=True)
class Sent:
    """What left: seconds since the base, the receiver, the integration, the webhook's body."""

    at: float
    receiver: str
    integration: str
    body: dict[str, Any]

    def told(self) -> tuple[str, tuple[str, ...]]:
        """Status and, of each alert, its name and status."""
        return self.body["status"], tuple(
            f"{alert['labels'].get('n', alert['labels']['alertname'])}:{alert['status']}"
            for alert in self.body["alerts"]
        )


class Stage:
    """An `Alerting` under a simulated clock; deliveries arrive at once unless ``answer`` says otherwise."""

    def __init__(
        self,
        config: str,
        *,
        outbox: Outbox | None = None,
        start: float = 0,
        answer: Callable[[Delivery, float], Outcome] | None = None,
        external_url: str = "http://vedette.test",
    ) -> None:
        self.outbox = outbox or Outbox(":memory:")
        self.now = BASE + round(start * 1000)
        self.alerting = Alerting(
            read(config, "alertmanager.yml"),
            self.outbox,
            start=self.now,
            external_url=external_url,
            rng=random.Random(1),
        )
        self.answer = answer or (lambda _delivery, _at: Delivered())
        self.sent: list[Sent] = []
        self.attempts: list[tuple[float, str]] = []

    @property
    def at(self) -> float:
        return (self.now - BASE) / 1000

    def push(self, *pushes: Push) -> None:
        """Post now."""
        self.alerting.receive([push.alert(BASE) for push in pushes], self.now)

    def until(self, seconds: float) -> Stage:
        """Let time pass, step by step."""
        end = BASE + round(seconds * 1000)
        while (due := self.alerting.next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.step()
        self.now = end
        return self

    def step(self) -> None:
        for delivery in self.alerting.step(self.now):
            outcome = self.answer(delivery, self.at)
            self.attempts.append((self.at, delivery.id))
            if isinstance(outcome, Delivered) and delivery.channel == "webhook":
                body = json.loads(delivery.payload.body)
                self.sent.append(Sent(self.at, delivery.integration.receiver, delivery.integration.name, body))
            self.alerting.settle(delivery, outcome, self.now)

    def run(self, script: Sequence[Push], until: float) -> list[Sent]:
        """Post each at its time; gives what left."""
        for push in sorted(script, key=lambda push: push.at):
            self.until(push.at)
            self.push(push)
        self.until(until)
        return self.sent

    def told(self) -> list[tuple[float, str, tuple[str, ...]]]:
        """What left, short: seconds, status, alerts."""
        return [(sent.at, *sent.told()) for sent in self.sent]
