"""A mailer: a Celery task a minute sends what waits. ``celery --app examples.mailer.main worker --beat`` runs it.

``MAILER_BUG`` puts one of the bugs in that its alert tests find: ``stuck`` (a run that was interrupted is never tried
again), ``greedy`` (a letter that bounces is tried for ever), ``silent`` (a run that fails says that it went well).
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, field

from celery import Celery
from examples.mailer.observability import duration, last_run, letters, waiting

__all__ = ["Office", "office", "queue", "send_letters"]

_AT_ONCE = 50
"""Letters of one run."""

queue = Celery("mailer", broker=os.environ.get("MAILER_BROKER", "memory://"))
queue.conf.beat_schedule = {"send": {"task": "send_letters", "schedule": 60.0}}


def _has(bug: str) -> bool:
    return os.environ.get("MAILER_BUG") == bug


class BounceError(Exception):
    """Nobody lives there."""


@dataclass
class Office:
    """Letters that wait, and the server that takes them."""

    letters: deque[str] = field(default_factory=deque)
    server_is_up: bool = True
    running: bool = False

    def put(self, address: str) -> None:
        """Another letter."""
        self.letters.append(address)
        waiting.set(len(self.letters))

    def deliver(self, address: str) -> None:
        """Hand a letter to the server.

        Raises:
            BounceError: the address does not exist.
            ConnectionError: the server does not answer.
        """
        time.sleep(0.2)
        if not self.server_is_up:
            raise ConnectionError("the mail server does not answer")
        if address.endswith("@nowhere.example"):
            raise BounceError(address)


office = Office()


@queue.task(name="send_letters")
def send_letters() -> None:
    """Send what waits, as much as one run may."""
    if office.running and _has("stuck"):
        return
    office.running = True
    failed = 0
    for _ in range(min(len(office.letters), _AT_ONCE)):
        failed += not _send(office.letters.popleft())
        waiting.set(len(office.letters))
    if failed and not _has("silent"):
        raise ConnectionError(f"{failed} letters were not sent")
    office.running = False
    last_run.set_to_current_time()


def _send(address: str) -> bool:
    """Send a letter; one that fails waits again. Whether it is done with."""
    try:
        with duration.time():
            office.deliver(address)
    except BounceError:
        letters.inc("bounced")
        if _has("greedy"):
            office.letters.append(address)
        return True
    except ConnectionError:
        letters.inc("failed")
        office.letters.append(address)
        return False
    letters.inc("sent")
    return True
