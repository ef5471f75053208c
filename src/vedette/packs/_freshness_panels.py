"""The panels of the freshness pack: which data set is oldest, and whether the source or the way is to blame."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{dataset=~"$dataset"}'


def panels(stale: float, behind: float, late: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Stalest data set",
            "max by (job) (job_dataset:data_last_update:age_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Since the update of the data set that has waited for longest.",
            thresholds={stale: "high"},
            overview=True,
            width=12,
            height=4,
        ),
        catalog.Panel(
            "Oldest newest entry",
            "max by (job) (job_dataset:data_newest:age_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Age of the newest entry, of the data set where that is oldest.",
            thresholds={behind: "medium"},
            width=12,
            height=4,
        ),
        catalog.Row("By data set"),
        catalog.Panel(
            "Since the last update",
            f"job_dataset:data_last_update:age_seconds{_OF}",
            unit="seconds",
            legend="{{job}} {{dataset}}",
            description="Small teeth are updates. A slope that goes on is an update that does not come.",
            thresholds={stale: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Age of the newest entry",
            f"job_dataset:data_newest:age_seconds{_OF}",
            unit="seconds",
            legend="{{job}} {{dataset}}",
            description="Rises while updates go on: then the source has nothing newer to give.",
            thresholds={behind: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Age on arrival",
            f"job_dataset:data_arrival_lag_seconds:p95_15m{_OF}",
            unit="seconds",
            legend="{{job}} {{dataset}}",
            description="95 % of the entries are younger than this when they arrive.",
            thresholds={late: "low"},
            minimum=0,
        ),
        catalog.Panel(
            "Arrivals",
            f"sum by (job, dataset) (rate(data_arrival_lag_seconds_count{_OF}[5m]))",
            unit="events/s",
            legend="{{job}} {{dataset}}",
            description="Entries per second. None for a data set that streams is a broken stream.",
            minimum=0,
        ),
    ]
