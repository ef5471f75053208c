"""Business: events, values, funnels, recommendations, features and the activity of users. Never an identity."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram

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


@catalog.parametric
def business() -> catalog.Pack:
    """What the business does and how much."""
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
    )
