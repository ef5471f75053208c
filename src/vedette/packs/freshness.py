"""Freshness of data: when a data set was last brought up to date, and how old what arrives is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Gauge, Histogram
from vedette.packs._freshness_panels import panels

__all__ = ["freshness", "lag", "newest", "updated"]

_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)

updated = Gauge(
    "data_last_update_timestamp_seconds",
    help="When a data set was last brought up to date, in seconds since the epoch.",
    labels=["dataset"],
    multiprocess_mode="max",
)
newest = Gauge(
    "data_newest_timestamp_seconds",
    help="The time that the newest entry of a data set is about, in seconds since the epoch.",
    labels=["dataset"],
    multiprocess_mode="max",
)
lag = Histogram(
    "data_arrival_lag_seconds",
    help="How old an entry was when it arrived.",
    labels=["dataset"],
    buckets=_SECONDS,
)


_AGE = "job_dataset:data_last_update:age_seconds"
_BEHIND = "job_dataset:data_newest:age_seconds"
_LAG = "job_dataset:data_arrival_lag_seconds:p95_15m"


@catalog.parametric
def freshness(
    *, stale: float = 3600, stale_for: str = "5m", behind: float = 7200, late: float = 900, late_for: str = "15m"
) -> catalog.Pack:
    """How fresh data is: when it was last brought up to date, and how old what arrives is.

    Args:
        stale: seconds without an update after which a data set is stale.
        stale_for: how long it must hold.
        behind: age in seconds of the newest entry that is too old, though updates go on.
        late: 95th percentile of the age of entries when they arrive, in seconds, that is late.
        late_for: how long it must hold.
    """
    check_above_zero(stale=stale, behind=behind, late=late)
    return catalog.Pack(
        "freshness",
        title="Data freshness",
        metrics=[updated, newest, lag],
        recordings=[
            catalog.Recording(
                _AGE,
                "time() - max by (job, dataset) (data_last_update_timestamp_seconds)",
                description="Seconds since a data set was last brought up to date.",
            ),
            catalog.Recording(
                _BEHIND,
                "time() - max by (job, dataset) (data_newest_timestamp_seconds)",
                description="Age of the newest entry of a data set in seconds.",
            ),
            catalog.Recording(
                _LAG,
                "histogram_quantile(0.95, sum by (job, dataset, le) (rate(data_arrival_lag_seconds_bucket[15m]))) >= 0",
                description="95th percentile of the age of entries when they arrive; absent without arrivals.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "DataStale",
                f"{_AGE} > {stale:g}",
                for_=stale_for,
                severity="high",
                summary="No update of {{ $labels.dataset }} in {{ $labels.job }} for {{ $value | humanizeDuration }}",
                description="Whoever reads it decides on what was true then.",
                runbook="runbooks/freshness-stale.md",
                panel="Since the last update",
            ),
            catalog.Alert(
                "DataBehind",
                f"{_BEHIND} > {behind:g} and {_AGE} <= {stale:g}",
                for_="5m",
                severity="medium",
                summary="The newest {{ $labels.dataset }} of {{ $labels.job }} is {{ $value | humanizeDuration }} old",
                description="Updates go on and bring old entries only: the source is late, or a backlog is worked off.",
                runbook="runbooks/freshness-behind.md",
                panel="Age of the newest entry",
            ),
            catalog.Alert(
                "DataArrivesLate",
                f"{_LAG} > {late:g}",
                for_=late_for,
                severity="low",
                summary="{{ $labels.dataset }} reaches {{ $labels.job }} after {{ $value | humanizeDuration }}",
                description="One of 20 is older than this when it arrives.",
                runbook="runbooks/freshness-late.md",
                panel="Age on arrival",
            ),
        ],
        panels=panels(stale, behind, late),
        dashboard=catalog.Dashboard(
            description="How old is what we know?",
            variables=[catalog.Variable("dataset", "data_last_update_timestamp_seconds", "dataset", "Data set")],
            range="6h",
            tags=["freshness"],
        ),
    )
