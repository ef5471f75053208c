"""The scrape of a service that probes endpoints, and the modules that its blackbox_exporter needs.

https://prometheus.io/docs/guides/multi-target-exporter/: the exporter is asked once for each endpoint, which stands in
the parameter ``target`` and becomes the label ``instance``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.duration import milliseconds
from vedette.formats.blackbox import Module
from vedette.formats.prometheus import RelabelConfig, TargetGroup

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.catalog import Service

__all__ = ["groups", "modules", "relabelling"]


def groups(service: Service) -> tuple[TargetGroup, ...]:
    """The endpoints, those of one module together; none of a service that probes nothing."""
    names = dict.fromkeys(probe.how().name for probe in service.probes)
    return tuple(
        TargetGroup(
            targets=tuple(probe.target for probe in service.probes if probe.how().name == name),
            labels={**service.labels, "__param_module": name},
            place=service.place,
        )
        for name in names
    )


def relabelling(service: Service) -> tuple[RelabelConfig, ...]:
    """From the endpoint to the exporter that is to be asked for it."""
    if not service.probes:
        return ()
    return (
        RelabelConfig(source_labels=("__address__",), target_label="__param_target"),
        RelabelConfig(source_labels=("__param_target",), target_label="instance"),
        RelabelConfig(target_label="__address__", replacement=service.targets[0]),
    )


def modules(plan: Plan) -> dict[str, Module]:
    """Name → module, of all probes of the stack."""
    found = {probe.how().name: probe.how() for service in plan.services for probe in service.probes}
    return {
        name: Module(
            prober=module.prober,
            settings=module.settings,
            timeout=None if module.timeout is None else milliseconds(module.timeout),
        )
        for name, module in sorted(found.items())
    }
