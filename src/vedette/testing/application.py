"""An application and the watch over it under one simulated clock, and what a test can say of its alerts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration, milliseconds
from vedette.instruments.metrics import DEFAULT
from vedette.promql.labels import get
from vedette.testing import failure, wrong
from vedette.testing.driver import Driver
from vedette.testing.handlers import Request, handler_of
from vedette.testing.patching import patched
from vedette.testing.timeline import Track, tracks
from vedette.testing.world import World

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from vedette.duration import Duration
    from vedette.formats.rules import AlertingRule
    from vedette.testing.captured import Notification
    from vedette.testing.world import Declared

__all__ = ["Application", "Firing"]

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fired, or has ended: when, counted from the beginning of the block, and its labels."""

    after: timedelta
    labels: Mapping[str, str]


class Application:
    """What the fixture ``vedette_app`` gives; use it in a ``with`` block elsewhere.

    Args:
        declared: the stack, built.
        app: an ASGI or WSGI application; None where only functions are called.
        project: the folder of the code that is tested.
        progress: told the milliseconds that have passed, at every scrape.
    """

    def __init__(
        self, declared: Declared, app: Any = None, *, project: Path, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        for family in DEFAULT.families():
            family.restart()
        self._world = World(declared, progress=progress)
        self._project = project
        self._driver = Driver(self._world.clock, None if app is None else handler_of(app))
        self._since = self._world.clock.now
        self._travelling = False
        self._idle = False

    def __repr__(self) -> str:
        return f"<{self._world.declared.service.name}, {format_duration(self._world.clock.now - self._world.start)}>"

    def serve(self, app: Any) -> Self:
        """Take this ASGI or WSGI application, where neither a mark nor the project's settings name it."""
        self._driver.handler = handler_of(app)
        return self

    # Time

    @contextmanager
    def time_travel(self) -> Iterator[Self]:
        """A block in which time is simulated: it passes where something waits, and nowhere else.

        What assertions say ``within`` counts from the beginning of the last block. The world goes on from block to
        block: the first may be the healthy hour, the second the one that breaks.
        """
        if self._travelling:
            yield self
            return
        self._since, self._travelling = self._world.clock.now, True
        try:
            with patched(self._world.clock, self._project):
                yield self
        finally:
            self._travelling = False

    @property
    def now(self) -> timedelta:
        """How much time was simulated since the beginning of the test."""
        return timedelta(milliseconds=self._world.clock.now - self._world.start)

    def idle(self, during: Duration) -> None:
        """Let time pass in which nobody asks for anything."""
        self._idle = True
        with self.time_travel():
            self._driver.pass_time(self._end(during))

    @contextmanager
    def down(self) -> Iterator[None]:
        """A block in which nobody answers a scrape, as when the process has died."""
        self._idle = True
        self._world.is_down, before = True, self._world.is_down
        try:
            yield
        finally:
            self._world.is_down = before

    # Work

    def load(self, request: str | Request | Sequence[str | Request], *, rate: float, during: Duration) -> Counter[int]:
        """Ask the application, so many times a second; several requests take turns. Statuses of its answers.

        Raises:
            LookupError: every answer was 404 or 405, so the path or the method is wrong; or there is no application.
            ValueError: a request, a rate or a duration that is none.
        """
        if not rate > 0:
            raise ValueError(f"rate={rate!r}; write how many requests are made a second, for example 10")
        given = [request] if isinstance(request, str | Request) else list(request)
        turns = [Request.of(one) if isinstance(one, str) else one for one in given]
        with self.time_travel():
            start, until = self._world.clock.ns, self._end(during)
            count = int((until - start) * rate / 1e9)
            times = ((start + round(at * 1e9 / rate), turns[at % len(turns)]) for at in range(count))
            answers = self._driver.ask(times, until)
        if answers and not set(answers) - {404, 405}:
            asked = ", ".join(str(one) for one in turns)
            raise LookupError(f"{asked}: every answer was {' or '.join(map(str, answers))}; is there such a route?")
        return answers

    def request(self, request: str | Request) -> int:
        """Make one request now; its status."""
        with self.time_travel():
            asked = Request.of(request) if isinstance(request, str) else request
            (status,) = self._driver.ask([(self._world.clock.ns, asked)], self._world.clock.ns)
        return status

    def call(
        self,
        function: Callable[[], Any],
        *,
        every: Duration,
        during: Duration,
        raises: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> Counter[str]:
        """Call a function, plain or async, at an interval: a job, a worker's step, an eager task, a client of your own.

        Args:
            function: what is called, without arguments.
            every: from the beginning of one call to that of the next; a call that takes longer delays it.
            during: how long.
            raises: exceptions that are expected of it; any other ends the test.

        Returns:
            How often it ``returned``, and how often each exception was raised, by its name.
        """
        with self.time_travel():
            start, until, step = self._world.clock.ns, self._end(during), milliseconds(every) * _MS
            if step <= 0:
                raise ValueError(f"every={every!r}; write a time above zero, for example '30s'")
            kinds = raises if isinstance(raises, tuple) else (raises,)
            return self._driver.call(function, range(start, until, step), until, kinds)

    # What is said of it

    @property
    def notifications(self) -> list[Notification]:
        """Everything that anybody was told, in order of time."""
        self._world.judge()
        return list(self._world.notifications)

    def fires(self, alert: str, *, within: Duration | None = None, labels: Mapping[str, str] | None = None) -> Firing:
        """See that an alert begins to fire in the last block.

        Args:
            alert: its name.
            within: counted from the beginning of the block, and no more than was simulated; the whole block if not
                given.
            labels: those that it must have; others may be there besides.

        Returns:
            When, and all its labels.

        Raises:
            AssertionError: it does not; the message draws what happened.
            LookupError: there is no such alert; or it reads what the application does not export, or nothing was asked
                of the application.
            TypeError, ValueError: it cannot have such labels; or ``within`` is longer than what was simulated.
        """
        __tracebackhide__ = True
        found, until = self._look(alert, within, labels)
        begun = [
            (span.first, track) for track in found for span in track.firing() if self._since <= span.first <= until
        ]
        if begun:
            at, track = min(begun, key=lambda one: one[0])
            return Firing(timedelta(milliseconds=at - self._since), dict(track.labels))
        before = any(span.first < self._since <= span.last for track in found for span in track.firing())
        problem = "was firing already when the block began" if before else f"did not fire{self._by(until)}"
        raise AssertionError(self._message(alert, f"{_shown(alert, labels)} {problem}", found))

    def resolves(
        self, alert: str, *, within: Duration | None = None, labels: Mapping[str, str] | None = None
    ) -> Firing:
        """See that an alert that fires ends in the last block, and with it all its alerts that have these labels.

        Arguments, and what is raised, are those of `fires`.
        """
        __tracebackhide__ = True
        found, until = self._look(alert, within, labels)
        fired = [track for track in found if track.firing()]
        if not fired:
            raise AssertionError(self._message(alert, f"{_shown(alert, labels)} has not fired at all", found))
        interval = self._world.declared.intervals[alert]
        ends = [track.firing()[-1].last + interval for track in fired]
        if all(end <= until for end in ends) and max(ends) >= self._since:
            latest = max(range(len(ends)), key=ends.__getitem__)
            return Firing(timedelta(milliseconds=ends[latest] - self._since), dict(fired[latest].labels))
        problem = "had ended before the block began" if max(ends) < self._since else f"still fired{self._by(until)}"
        raise AssertionError(self._message(alert, f"{_shown(alert, labels)} {problem}", found))

    def assert_notified(
        self, to: str, *, within: Duration | None = None, alert: str | None = None, resolved: bool = False
    ) -> Notification:
        """See that somebody is told in the last block; what is returned can be asked for its subject, text and links.

        Args:
            to: a mail address, the channel of Slack, the URL of a webhook, or ``"pagerduty"``.
            within: as in `fires`.
            alert: the alert that they are told of; any if not given.
            resolved: that it has ended, instead of that it fires.

        Raises:
            AssertionError: they are not.
            LookupError: nobody can be told there, or there is no such alert, or it could not fire.
            ValueError: ``within`` is longer than what was simulated.
        """
        __tracebackhide__ = True
        wrong.check_address(to, self._world.capture.addresses)
        if alert is not None:
            found, until = self._look(alert, within, None)
        else:
            found, until = [], self._until(within)
            self._check_moved()
            self._world.judge()
        for one in self._world.notifications:
            about = alert is None or alert in one.alerts
            if self._since <= one.at <= until and to in one.to and about and one.resolved == resolved:
                return one
        what = f"{'the end of ' if resolved else ''}{alert or 'any alert'}"
        problem = f"{to} was not told of {what}{self._by(until)}"
        if alert is None:
            raise AssertionError("\n".join([problem, *self._context()]))
        raise AssertionError(self._message(alert, problem + self._world.inhibited(alert), found))

    def assert_no_alerts(
        self,
        *alerts: str,
        load: str | Request | Sequence[str | Request] | None = None,
        rate: float = 1,
        during: Duration | None = None,
    ) -> None:
        """See that nothing fires in the last block: none of these alerts, or none at all.

        Args:
            alerts: their names; all alerts of this service if not given.
            load: requests to make first, `rate` of them a second, in a block of their own.
            rate: requests a second.
            during: how long.

        Raises:
            AssertionError: something fires.
            LookupError: there is no such alert; or it reads what the application does not export, or nothing was asked
                of the application.
            ValueError: less time was simulated than an alert that is named needs to fire.
        """
        __tracebackhide__ = True
        if (load is None) != (during is None):
            raise TypeError("assert_no_alerts: load= and during= go together")
        for alert in alerts:
            wrong.find_alert(alert, self._world.declared.rules)
        if load is not None and during is not None:
            self.load(load, rate=rate, during=during)
        for alert in alerts:
            self._look(alert, None, None)
            rules = wrong.find_alert(alert, self._world.declared.rules)
            wrong.check_long_enough(rules, self._world.clock.now - self._since)
        self._check_moved()
        self._world.judge()
        fired = [
            track
            for track in self.tracks()
            if (track.name in alerts or not alerts)
            and any(span.last >= self._since for span in track.firing())
            and get(track.labels, "job") in ("", self._world.declared.service.name)
        ]
        if fired:
            first = min(fired, key=lambda track: track.firing()[0].first)
            raise AssertionError(self._message(first.name, f"{first} fired", [first]))

    def timeline(self) -> str:
        """A picture of the whole test: a line for each alert that was pending or fired."""
        return failure.picture(self.tracks(), self._world.start, self._world.clock.now)

    def tracks(self) -> list[Track]:
        """When each alert was pending and firing in the whole test, by its labels."""
        self._world.judge()
        world = self._world
        return tracks(world.watch.head, world.start, world.clock.now, interval=world.declared.intervals)

    def export(self) -> bytes:
        """The page of metrics as the last scrape read it."""
        return self._world.page

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the application and give back what is held."""
        with self.time_travel():
            self._driver.close()
        self._world.close()

    # How it is found out

    def _end(self, during: Duration) -> int:
        passed = milliseconds(during)
        if passed <= 0:
            raise ValueError(f"during={during!r}; write a time above zero, for example '10m'")
        return self._world.clock.ns + passed * _MS

    def _until(self, within: Duration | None) -> int:
        __tracebackhide__ = True
        simulated = self._world.clock.now - self._since
        if within is not None:
            wrong.check_simulated(milliseconds(within), simulated)
        elif simulated <= 0:
            raise ValueError("no time was simulated; let it pass with load(), call() or idle()")
        return self._since + (simulated if within is None else milliseconds(within))

    def _look(self, alert: str, within: Duration | None, labels: Mapping[str, str] | None) -> tuple[list[Track], int]:
        """The alerts of this name and these labels, and until when they are looked at."""
        __tracebackhide__ = True
        declared = self._world.declared
        rules = wrong.find_alert(alert, declared.rules)
        wrong.check_labels(labels or {}, rules, declared.plan, declared.service.targets[0])
        until = self._until(within)
        self._check_moved()
        self._world.judge()
        self._check_exported(rules)
        return [one for one in self.tracks() if one.name == alert and one.has(labels or {})], until

    def _check_moved(self) -> None:
        __tracebackhide__ = True
        if not self._idle and not self._world.has_moved:
            raise LookupError(
                "nothing that the application counts has changed: no request has reached it; use load(), call() or a "
                "client of its own within time_travel(), or say with idle() that nobody asks for anything"
            )

    def _check_exported(self, rules: Sequence[AlertingRule]) -> None:
        """See that what an alert reads was there at some time."""
        __tracebackhide__ = True
        exported = set(self._world.watch.head.label_values("__name__"))
        here = {
            one: family.description.place for family in DEFAULT.families() for one in family.description.sample_names
        }
        wrong.check_exported(rules, self._world.declared.built.rules, exported, here)

    # What is told

    def _by(self, until: int) -> str:
        return f" within {format_duration(until - self._since)}"

    def _message(self, alert: str, problem: str, found: Sequence[Track]) -> str:
        world = self._world
        rules = [rule for rule in world.declared.rules if rule.alert == alert]
        drawn = [failure.describe(world.watch.head, rule, found, self._since, world.clock.now) for rule in rules]
        return "\n".join([problem, *drawn, *self._context(but=alert)])

    def _context(self, but: str = "") -> list[str]:
        others = [track for track in self.tracks() if track.name != but]
        told = [one for one in self._world.notifications if one.at >= self._since]
        return [failure.others(others, self._since, but), failure.told(told, self._since)]


def _shown(alert: str, labels: Mapping[str, str] | None) -> str:
    if not labels:
        return alert
    return f"{alert}{{{', '.join(f'{name}={value!r}' for name, value in labels.items())}}}"
