"""The panels of the migration pack: is something pending, does one run, how did the last go."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{database=~"$database"}'


def panels(slow: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Pending now",
            f"sum by (job) (max by (job, database) (migrations_pending{_OF}))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Migrations that the code has and the databases have not. Zero outside of a deployment.",
            thresholds={1: "medium"},
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Running",
            f"job_database:migrations_running:max{_OF}",
            kind="stat",
            unit="count",
            legend="{{database}}",
            description="Migrations that run now.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Since the last success",
            f"time() - max by (job, database) (migration_last_success_timestamp_seconds{_OF})",
            kind="stat",
            unit="seconds",
            legend="{{database}}",
            description="Since a migration last went well.",
            width=8,
            height=4,
        ),
        catalog.Row("Over time"),
        catalog.Panel(
            "Pending",
            f"max by (job, database) (migrations_pending{_OF})",
            unit="count",
            legend="{{job}} {{database}}",
            description="A short needle is a deployment. A plateau is a deployment whose migrations were forgotten.",
            minimum=0,
        ),
        catalog.Panel(
            "Runs by outcome",
            f"sum by (job, database, outcome) (increase(migration_runs_total{_OF}[15m]))",
            unit="count",
            legend="{{database}} {{outcome}}",
            description="Migrations that have ended within 15 minutes.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Duration",
            f"max by (job, database) (migration_last_run_duration_seconds{_OF})",
            unit="seconds",
            legend="{{job}} {{database}}",
            description="Time that the last one took. It grows with the tables that it touches.",
            thresholds={slow: "low"},
            minimum=0,
        ),
        catalog.Panel(
            "Since the last one began",
            f"time() - max by (job, database) (migration_started_timestamp_seconds{_OF})",
            unit="seconds",
            legend="{{job}} {{database}}",
            description="While one runs: how long it has been running.",
            minimum=0,
        ),
    ]
