"""Instrumentation itself: which libraries of the application are instrumented, and where measuring has failed."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge

__all__ = ["attached", "failures", "instrumentation"]

attached = Gauge(
    "vedette_integration_attached",
    help="1 for a library that is instrumented, 0 for one that was found and could not be.",
    labels=["library", "version"],
    multiprocess_mode="max",
)
failures = Counter(
    "vedette_instrumentation_failures_total",
    help="Times that measuring failed and was skipped, by what was measured; the application was not disturbed.",
    labels=["part"],
)


@catalog.parametric
def instrumentation(*, failing_for: str = "10m") -> catalog.Pack:
    """The instrumentation of a service: what is not measured, though it was meant to be.

    Args:
        failing_for: how long measuring must fail.
    """
    return catalog.Pack(
        "instrumentation",
        title="Instrumentation",
        metrics=[attached, failures],
        alerts=[
            catalog.Alert(
                "InstrumentationFailing",
                "sum by (job, part) (rate(vedette_instrumentation_failures_total[5m])) > 0",
                for_=failing_for,
                severity="low",
                summary="{{ $labels.job }} is not measured in full: {{ $labels.part }} fails",
                description="The service works; what Vedette says of it lacks what could not be measured.",
                runbook="runbooks/instrumentation.md",
                panel="Failures",
            ),
        ],
        panels=[
            catalog.Panel(
                "Libraries",
                catalog.Query("max by (job, library, version) (vedette_integration_attached)", "measured"),
                kind="table",
                unit="boolean",
                description="1 for a library that is instrumented, 0 for one that could not be.",
            ),
            catalog.Panel(
                "Failures",
                "sum by (job, part) (60 * rate(vedette_instrumentation_failures_total[5m]))",
                unit="operations/min",
                legend="{{job}} {{part}}",
                description="Times a minute that measuring failed and was skipped; above zero it is a bug.",
                minimum=0,
            ),
        ],
        dashboard=catalog.Dashboard(description="Is everything measured that should be?", tags=["instrumentation"]),
    )
