"""A stack in one environment, resolved: which pack watches which services, and every series that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.build.derive import with_panels
from vedette.build.flow import Known, labels_of
from vedette.build.queries import Scale, known_series, limit_to, parse_checked, scaled
from vedette.duration import milliseconds

if TYPE_CHECKING:
    from vedette.catalog import Alert, Environment, Pack, Service, Stack
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

    def packs(self) -> dict[str, tuple[Use, ...]]:
        """Pack → its uses, in the order in which services name them."""
        found: dict[str, tuple[Use, ...]] = {}
        for use in self.uses:
            found[use.pack.name] = (*found.get(use.pack.name, ()), use)
        return found

    def parse(self, text: str, place: Place, owner: str) -> Expr:
        """The tree of an expression that has been declared, checked and scaled.

        Raises:
            DeclarationError: it is not PromQL, or uses what nobody declares.
        """
        return scaled(parse_checked(text, place, owner, self.known), self.scale)

    def alert_expr(self, alert: Alert, use: Use) -> Expr:
        """The query of an alert over the services that use its pack."""
        return limit_to(
            self.parse(alert.expr, alert.place, f"alert {alert.name!r} of pack {use.pack.name!r}"), use.services
        )

    def alert_labels(self, alert: Alert, use: Use) -> frozenset[str] | None:
        """The labels that the query of an alert leaves; None where that is not known."""
        return labels_of(self.alert_expr(alert, use), self.known)


def plan(stack: Stack, environment: Environment) -> Plan:
    """Resolve a stack in one environment.

    Raises:
        DeclarationError: an expression is not PromQL or uses what nobody declares.
    """
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
    for pack, _ in grouped:  # before panels are derived from them
        for alert in pack.alerts:
            parse_checked(alert.expr, alert.place, f"alert {alert.name!r} of pack {pack.name!r}", known)
    return Plan(
        stack=stack,
        environment=environment,
        services=services,
        uses=tuple(Use(with_panels(pack, known), tuple(users)) for pack, users in grouped),
        known=known,
        scale=Scale(environment.time_scale, 4 * milliseconds(environment.scrape_interval)),
    )
