"""The numbers that tell how a service is: the first query of each panel that its packs want on an overview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.build.derive import panels_of
from vedette.build.queries import limit_to, without_variables

if TYPE_CHECKING:
    from vedette.build.plan import Plan, Use
    from vedette.catalog import Panel, Query, Service
    from vedette.promql.ast import Expr

__all__ = ["ServiceSignal", "signals_of", "uses_of"]


@dataclass(frozen=True, slots=True)
class ServiceSignal:
    """A panel of a pack, its first query, and that over the one service, without variables."""

    use: Use
    panel: Panel
    query: Query
    tree: Expr


def signals_of(plan: Plan, service: Service) -> list[ServiceSignal]:
    """The signals of a service, in the order of its packs.

    Raises:
        RefusalError: a query is not PromQL, or uses what nobody declares.
    """
    found: list[ServiceSignal] = []
    for use in uses_of(plan, service):
        for panel in (panel for panel in panels_of(use.pack) if panel.overview):
            query = panel.query_list()[0]
            with plan.refusals.piece():
                tree = plan.parse(query.expr, query.place, f"panel {panel.title!r} of pack {use.pack.name!r}")
                found.append(ServiceSignal(use, panel, query, limit_to(without_variables(tree), [service])))
    return found


def uses_of(plan: Plan, service: Service) -> list[Use]:
    """The packs that a service has, with its parameters."""
    packs = plan.packs()
    return [use for pack in service.pack_list() for use in packs[pack.name] if service in use.services]
