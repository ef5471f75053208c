"""Business: events, values, funnels, recommendations, features and the activity of users. Never an identity."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._business_panels import panels

__all__ = [
    "active_users",
    "activities",
    "business",
    "events",
    "features",
    "funnel_steps",
    "level",
    "operation_duration",
    "operations",
    "recommendations",
    "value",
]

_SECONDS = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)

events = Counter(
    "business_events_total", help="What has happened in the business, such as an account opened.", labels=["event"]
)
value = Counter(
    "business_value_total",
    help="What the business has earned, sold or moved, by name and the unit it is told in.",
    labels=["name", "value_unit"],
)
level = Gauge(
    "business_level",
    help="How much there is of something now, such as accounts that are active.",
    labels=["name"],
    multiprocess_mode="max",
)
operations = Counter(
    "business_operations_total",
    help="What was done with the things that the application is about, such as tasks created.",
    labels={"object": None, "operation": None, "outcome": ["success", "failure", "cancelled"]},
)
operation_duration = Histogram(
    "business_operation_duration_seconds",
    help="Time that an operation took.",
    labels=["object", "operation"],
    buckets=_SECONDS,
)
funnel_steps = Counter(
    "business_funnel_steps_total",
    help="Steps of a funnel, such as an onboarding or a checkout, that somebody has reached.",
    labels=["funnel", "step"],
)
recommendations = Counter(
    "business_recommendations_total",
    help="Recommendations that were made, and what became of them.",
    labels={"kind": None, "outcome": ["made", "accepted", "rejected", "ignored"]},
)
features = Counter("business_feature_uses_total", help="Times that a feature was used.", labels=["feature"])
activities = Counter(
    "business_user_activities_total", help="What users have done, such as a login or a search.", labels=["activity"]
)
active_users = Gauge(
    "business_active_users",
    help="How many users were active within a window, such as 5m or 1d.",
    labels=["window"],
    multiprocess_mode="max",
)


_EVENTS = "job_event:business_events:rate15m"
_FAILED = "job_object_operation:business_operations_failed:ratio_rate5m"
_OPERATIONS = "job_object_operation:business_operations:rate5m"
_ACCEPTED = "job_kind:business_recommendations_accepted:ratio_rate1d"


@catalog.parametric
def business(
    *,
    silent_for: str = "30m",
    min_rate: float = 0.005,
    drop_to: float = 0.3,
    drop_for: str = "1h",
    compared_to: str = "1w",
    failed_ratio_high: float = 0.05,
    failed_for: str = "5m",
    accepted_low: float = 0.05,
) -> catalog.Pack:
    """What the business does and how much: whether it goes on as at the same hour before.

    Args:
        silent_for: how long an event that used to happen at this hour may not happen.
        min_rate: events or operations per second below which nothing is concluded.
        drop_to: share of the value of the same hour before under which it is a drop.
        drop_for: how long it must hold.
        compared_to: how far back it is compared: the same hour of last week (1w) or of yesterday (1d).
        failed_ratio_high: share of a kind of operation that fails which is high.
        failed_for: how long it must hold.
        accepted_low: share of a day's recommendations that are accepted which is low.
    """
    check_ratio(drop_to=drop_to, failed_ratio_high=failed_ratio_high, accepted_low=accepted_low)
    check_above_zero(min_rate=min_rate)
    return catalog.Pack(
        "business",
        title="Business",
        metrics=[
            events,
            value,
            level,
            operations,
            operation_duration,
            funnel_steps,
            recommendations,
            features,
            activities,
            active_users,
        ],
        recordings=[
            catalog.Recording(
                _EVENTS, "sum by (job, event) (rate(business_events_total[15m]))", description="Events per second."
            ),
            catalog.Recording(
                "job_name:business_value:rate1h",
                "sum by (job, name, value_unit) (rate(business_value_total[1h]))",
                description="Value per second, mean of an hour.",
            ),
            catalog.Recording(
                _OPERATIONS,
                "sum by (job, object, operation) (rate(business_operations_total[5m]))",
                description="Operations per second.",
            ),
            catalog.Recording(
                _FAILED,
                'sum by (job, object, operation) (rate(business_operations_total{outcome="failure"}[5m]))'
                f" / ({_OPERATIONS} > 0)",
                description="Share of operations that fail; absent without any.",
            ),
            catalog.Recording(
                _ACCEPTED,
                'sum by (job, kind) (rate(business_recommendations_total{outcome="accepted"}[1d]))'
                ' / (sum by (job, kind) (rate(business_recommendations_total{outcome="made"}[1d])) > 0)',
                description="Share of the recommendations of a day that were accepted; absent without any.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "BusinessEventStopped",
                f"{_EVENTS} == 0 and avg_over_time({_EVENTS}[1h] offset {compared_to}) > {min_rate:g}",
                for_=silent_for,
                severity="high",
                summary="No {{ $labels.event }} in {{ $labels.job }} any more",
                description=f"At this hour {compared_to} ago there were some. People cannot, or do not want to.",
                runbook="runbooks/business-event-stopped.md",
                panel="Events",
            ),
            catalog.Alert(
                "BusinessValueDrop",
                "job_name:business_value:rate1h"
                f" < {drop_to:g} * (job_name:business_value:rate1h offset {compared_to} > 0)",
                for_=drop_for,
                severity="high",
                summary="{{ $labels.name }} of {{ $labels.job }} has dropped to {{ $value | humanize }} a second",
                description=f"That is under {100 * drop_to:g} % of the same hour {compared_to} ago.",
                runbook="runbooks/business-value-drop.md",
                panel="Value of an hour",
            ),
            catalog.Alert(
                "BusinessOperationFailing",
                f"{_FAILED} > {failed_ratio_high:g} and {_OPERATIONS} > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of {{ $labels.operation }} {{ $labels.object }} fail",
                description="Users of {{ $labels.job }} cannot do what they came for.",
                runbook="runbooks/business-operation-failing.md",
                panel="Failed operations",
            ),
            catalog.Alert(
                "RecommendationsIgnored",
                f"{_ACCEPTED} < {accepted_low:g}",
                for_="1h",
                severity="low",
                summary="{{ $value | humanizePercentage }} of the {{ $labels.kind }} recommendations are accepted",
                description="Over a day, in {{ $labels.job }}. What is recommended does not fit, or is not seen.",
                runbook="runbooks/business-recommendations.md",
                panel="Accepted",
            ),
        ],
        panels=panels(failed_ratio_high, accepted_low, compared_to),
        dashboard=catalog.Dashboard(
            description="Does the business go on as it should at this hour?",
            variables=[catalog.Variable("event", "business_events_total", "event", "Event")],
            range="1d",
            tags=["business"],
        ),
    )
