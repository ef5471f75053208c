"""The panels of the business pack: what happens, against the time before; what fails; funnels and people."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{event=~"$event"}'


def panels(
    failed_ratio_high: float, accepted_low: float, compared_to: str
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Value today",
            "sum by (job, name, value_unit) (increase(business_value_total[1d]))",
            kind="stat",
            unit="count",
            legend="{{name}} in {{value_unit}}",
            description="What was earned, sold or moved within 24 hours.",
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Levels",
            "max by (job, name) (business_level)",
            kind="stat",
            unit="count",
            legend="{{name}}",
            description="How much there is now, such as active accounts.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Active users",
            "max by (job, window) (business_active_users)",
            kind="stat",
            unit="count",
            legend="within {{window}}",
            description="Users who have done something within the window.",
            width=8,
            height=4,
        ),
        catalog.Row("What happens"),
        catalog.Panel(
            "Events",
            f"job_event:business_events:rate15m{_OF}",
            unit="events/s",
            legend="{{event}}",
            description="Now and the same hour before. The two lines should have one shape.",
            compare=compared_to,
            minimum=0,
        ),
        catalog.Panel(
            "Value of an hour",
            "3600 * job_name:business_value:rate1h",
            unit="count",
            legend="{{name}} in {{value_unit}}",
            compare=compared_to,
            description="What the last hour was worth, beside the same hour before.",
            minimum=0,
        ),
        catalog.Panel(
            "Operations",
            "sum by (job, object, operation, outcome) (rate(business_operations_total[5m]))",
            unit="operations/s",
            legend="{{operation}} {{object}} {{outcome}}",
            description="What users do with the things of the application.",
            minimum=0,
            stack=True,
            width=8,
        ),
        catalog.Panel(
            "Failed operations",
            "job_object_operation:business_operations_failed:ratio_rate5m",
            unit="ratio",
            legend="{{operation}} {{object}}",
            description="Share that fails. Some always do: people try what cannot be.",
            thresholds={failed_ratio_high: "high"},
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Time of operations",
            "histogram_quantile(0.95, sum by (job, object, operation, le)"
            " (rate(business_operation_duration_seconds_bucket[5m])))",
            unit="seconds",
            legend="{{operation}} {{object}}",
            description="95 % take less.",
            minimum=0,
            width=8,
        ),
        catalog.Row("People"),
        catalog.Panel(
            "Steps of funnels today",
            "sum by (job, funnel, step) (increase(business_funnel_steps_total[1d]))",
            unit="count",
            legend="{{funnel}} {{step}}",
            description="How many have reached each step within 24 hours. The widest gap is where most give up.",
            minimum=0,
        ),
        catalog.Panel(
            "Accepted",
            "job_kind:business_recommendations_accepted:ratio_rate1d",
            unit="ratio",
            legend="{{kind}}",
            description="Share of a day's recommendations that were accepted.",
            thresholds={accepted_low: "low"},
            below=True,
            minimum=0,
        ),
        catalog.Panel(
            "Features",
            "topk by (job) (10, sum by (job, feature) (increase(business_feature_uses_total[1h])))",
            unit="count",
            legend="{{feature}}",
            description="The ten that were used most within an hour. One that vanishes after a release is broken.",
            minimum=0,
        ),
        catalog.Panel(
            "Activities",
            "sum by (job, activity) (rate(business_user_activities_total[15m]))",
            unit="events/s",
            legend="{{activity}}",
            description="What users do, per second. Follows the hour of the day.",
            minimum=0,
            stack=True,
        ),
    ]
