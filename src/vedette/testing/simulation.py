"""Drives a watch by a simulated clock: the same objects as ``vedette up``, hours in seconds, no sockets.

Between two scrapes nothing can be observed, so the simulation jumps from one due moment to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.engine.collect.collector import Scrape
    from vedette.engine.collect.http import FetchedPage
    from vedette.server.watch import Watch

__all__ = ["Simulation", "Unreachable"]


class Unreachable(Exception):  # noqa: N818 - what a page function raises to say so, not a failure of ours
    """The target does not answer; the text is the scrape's error."""


class Simulation:
    """One watch and what surrounds it.

    Args:
        watch: made with ``start`` equal to this one's.
        start: the simulated time to begin at, milliseconds since the epoch.
        page: what a target answers to a scrape at this moment; raises ``Unreachable`` when it is down.
        deliver: what becomes of a notification sent at this moment.
        advance: brings the application to a simulated time before anything is observed at it.
    """

    def __init__(
        self,
        watch: Watch,
        *,
        start: int,
        page: Callable[[Scrape], FetchedPage],
        deliver: Callable[[Delivery, int], Outcome],
        advance: Callable[[int], None],
    ) -> None:
        self._watch = watch
        self._now = start
        self._page = page
        self._deliver = deliver
        self._advance = advance

    @property
    def now(self) -> int:
        """The simulated time, milliseconds since the epoch."""
        return self._now

    def run(self, until: int) -> None:
        """Step through every due moment up to and including ``until``."""
        while (due := max(self._watch.next_due(), self._now)) <= until:
            self._now = due
            self._advance(due)
            work = self._watch.step(due)
            for scrape in work.scrapes:
                self._scrape(scrape)
            for delivery in work.deliveries:
                self._watch.settle(delivery, self._deliver(delivery, due), due)
        self._now = until
        self._advance(until)

    def leap(self, until: int) -> None:
        """As ``run``, but scrape all the way first and then judge the whole stretch at once: hours in a second.

        Right as long as the application does not change because of what was judged: the verdicts and notifications
        are those of ``run``.
        """
        began = self._now
        collector = self._watch.collector
        while (due := collector.next_due()) is not None and due <= until:
            self._now = max(due, self._now)
            self._advance(self._now)
            for scrape in collector.step(self._now):
                self._scrape(scrape)
        self._watch.judge(began, until, self._deliver)
        self._now = until
        self._advance(until)

    def _scrape(self, scrape: Scrape) -> None:
        try:
            page = self._page(scrape)
        except Unreachable as error:
            self._watch.unreachable(scrape, str(error), 0.0)
        else:
            self._watch.scraped(scrape, page.body, page.content_type, 0.0)
