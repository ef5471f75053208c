"""A stack in one environment, resolved: which pack watches which services, and every series that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.build.derive import with_panels
from vedette.build.queries import Scale, limit_to, parse_checked, parsed, scaled
from vedette.build.refusal import RefusalError, Refusals
from vedette.build.series import Known, known_series
from vedette.duration import milliseconds
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import possible

if TYPE_CHECKING:
    from vedette.catalog import Alert, Environment, Pack, Recording, Service, Stack
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = ["Plan", "Use", "plan"]


@dataclass(frozen=True, slots=True)
class Use:
    """One pack with one set of parameters, and the services that use it so."""

    pack: Pack
    services: tuple[Service, ...]


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
    known = known_series([pack for pack, _ in grouped], services)
    # before panels are derived from them
    grouped = [(_readable(pack, known, refusals), users) for pack, users in grouped]
    return Plan(
        stack=stack,
        environment=environment,
        services=services,
        uses=tuple(Use(with_panels(pack, known), tuple(users)) for pack, users in grouped),
        known=known,
        scale=Scale(environment.time_scale, 4 * milliseconds(environment.scrape_interval)),
        refusals=refusals,
    )


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
