"""A stack in one environment, resolved: which pack watches which services, and every series that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.build.derive import with_panels
from vedette.build.queries import Scale, limit_to, parse_checked, parsed, scaled
from vedette.build.refusal import RefusalError, Refusals
from vedette.build.series import Known, known_series
from vedette.build.slo import Objective, Where, objective_of
from vedette.build.slo.objective import INTERVAL
from vedette.build.slo.panels import with_objectives
from vedette.duration import milliseconds
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import possible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.catalog import Alert, Environment, Pack, Recording, Service, Stack
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = ["Plan", "Rules", "Use", "plan"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is evaluated together: one group of a rule file."""

    name: str
    """Behind that of the pack; empty of the pack's own rules."""
    recordings: tuple[Recording, ...]
    alerts: tuple[Alert, ...]
    interval: int | None
    """Milliseconds; None: as the environment has it."""
    place: Place


@dataclass(frozen=True, slots=True)
class Use:
    """One pack with one set of parameters, and the services that use it so.

    The alerts and panels of its objectives are among those of the pack.
    """

    pack: Pack
    services: tuple[Service, ...]
    objectives: tuple[Objective, ...] = ()
    rules: tuple[Rules, ...] = ()

    def objective_of(self, alert: str) -> Objective | None:
        """The objective that an alert is of."""
        return next((one for one in self.objectives if any(alert == own.name for own in one.alerts)), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the targets are built from."""

    stack: Stack
    environment: Environment
    services: tuple[Service, ...]
    uses: tuple[Use, ...]
    known: Known
    scale: Scale
    refusals: Refusals

    def packs(self) -> dict[str, tuple[Use, ...]]:
        """Pack → its uses, in the order in which services name them."""
        found: dict[str, tuple[Use, ...]] = {}
        for use in self.uses:
            found[use.pack.name] = (*found.get(use.pack.name, ()), use)
        return found

    def parse(self, text: str, place: Place, owner: str) -> Expr:
        """The tree of an expression that has been declared, checked and scaled; a lenient plan leaves the check out.

        Raises:
            RefusalError: it is not PromQL, or uses what nobody declares.
        """
        return scaled(_read(text, place, owner, self.known, self.refusals), self.scale)

    def alert_expr(self, alert: Alert, use: Use) -> Expr:
        """The query of an alert over the services that use its pack."""
        return limit_to(
            self.parse(alert.expr, alert.place, f"alert {alert.name!r} of pack {use.pack.name!r}"), use.services
        )

    def alert_labels(self, alert: Alert, use: Use) -> frozenset[str] | None:
        """The labels that the query of an alert leaves; None where that is not known."""
        return possible(analyse(self.alert_expr(alert, use), self.known.get).branches)


def plan(stack: Stack, environment: Environment, *, lenient: bool = False) -> Plan:
    """Resolve a stack in one environment.

    A lenient plan is for checks: what is not PromQL is left out and kept in ``refusals``, and what uses what nobody
    declares stays, for there is a check that finds it.

    Raises:
        DeclarationError: an expression is not PromQL or uses what nobody declares; not of a lenient plan.
    """
    refusals = Refusals(lenient)
    services = stack.services_in(environment)
    grouped: list[tuple[Pack, list[Service]]] = []
    for service in services:
        for pack in service.pack_list():
            same = next((users for known, users in grouped if known == pack), None)
            if same is None:
                grouped.append((pack, [service]))
            else:
                same.append(service)
    packs = [pack for pack, _ in grouped]
    known = known_series(packs, services)
    scale = Scale(environment.time_scale, 4 * milliseconds(environment.scrape_interval))
    objectives = [_objectives(pack, Where(users, environment, known, scale), refusals) for pack, users in grouped]
    if any(objectives):
        every = [one for found in objectives for one in found]
        recorded = [recording for one in every for recording in one.recordings]
        known = known_series(packs, services, recorded, [alert for one in every for alert in one.alerts])
    uses: list[Use] = []
    for (pack, users), found in zip(grouped, objectives, strict=True):
        countable = _countable(pack, found, known, refusals)
        # before panels are derived from them
        whole = with_objectives(with_panels(_readable(pack, known, refusals), known), countable)
        uses.append(Use(whole, tuple(users), countable, tuple(_rules(whole, countable, scale))))
    return Plan(
        stack=stack,
        environment=environment,
        services=services,
        uses=tuple(uses),
        known=known,
        scale=scale,
        refusals=refusals,
    )


def _objectives(pack: Pack, where: Where, refusals: Refusals) -> tuple[Objective, ...]:
    """The objectives of a pack whose events can be counted."""
    found: list[Objective] = []
    for slo in pack.slos:
        with refusals.piece():
            found.append(objective_of(slo, pack, where))
    return tuple(found)


def _countable(pack: Pack, found: Sequence[Objective], known: Known, refusals: Refusals) -> tuple[Objective, ...]:
    """The objectives, where all that they count is declared and has their labels."""
    kept: list[Objective] = []
    taken = {alert.name for alert in pack.alerts}
    for one in found:
        owner = f"objective {one.slo.name!r} of pack {pack.name!r}"
        with refusals.piece():
            for recording in one.counts:
                _read(recording.expr, recording.place, owner, known, refusals)
            if both := [alert.name for alert in one.alerts if alert.name in taken]:
                raise RefusalError(one.slo.place, owner, f" has the alert {both[0]!r}, which the pack has already",
                                   "rename one of them")  # fmt: skip
            kept.append(one)
    return tuple(kept)


def _rules(pack: Pack, objectives: Sequence[Objective], scale: Scale) -> Iterator[Rules]:
    """The groups of a pack: its own rules, and two for each objective."""
    derived = {alert.name for one in objectives for alert in one.alerts}
    own = tuple(alert for alert in pack.alerts if alert.name not in derived)
    if pack.recordings or own:
        yield Rules("", tuple(pack.recordings), own, None, pack.place)
    for one in objectives:
        # a difference of two offsets, so that what rounding makes of them it makes of the pace
        step = scale.of(one.pace.delay + one.pace.step) - scale.of(one.pace.delay)
        yield Rules(f"{one.slo.name} counts", one.counts, (), step, one.slo.place)
        yield Rules(one.slo.name, one.budget, one.alerts, scale.of(INTERVAL), one.slo.place)


def _read(text: str, place: Place, owner: str, known: Known, refusals: Refusals) -> Expr:
    return parsed(text, place, owner) if refusals.lenient else parse_checked(text, place, owner, known)


def _readable(pack: Pack, known: Known, refusals: Refusals) -> Pack:
    """The pack with the rules that can be read."""
    recordings: list[Recording] = []
    alerts: list[Alert] = []
    for recording in pack.recordings:
        owner = f"recording {recording.name!r} of pack {pack.name!r}"
        with refusals.piece():
            _read(recording.expr, recording.place, owner, known, refusals)
            recordings.append(recording)
        left = known[recording.name].labels
        if left.get("job").state == "never" and not refusals.lenient:
            raise RefusalError(
                recording.place, owner, " drops the label 'job', so nobody can tell whose it is",
                "aggregate by (job, …)",
            )  # fmt: skip
    for alert in pack.alerts:
        with refusals.piece():
            _read(alert.expr, alert.place, f"alert {alert.name!r} of pack {pack.name!r}", known, refusals)
            alerts.append(alert)
    if len(recordings) + len(alerts) == len(pack.recordings) + len(pack.alerts):
        return pack
    return replace(pack, recordings=recordings, alerts=alerts)
