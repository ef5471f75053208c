"""A web framework: any ASGI application with PostgreSQL and Redis, its backups and its migrations.

What the team had, and what is it here. Where the team has left no number or name, ours is in brackets.

| the team's alert | severity | here | when | for |
|---|---|---|---|---|
| DatabaseConnectionPoolExhausted | critical | DatabasePoolExhausted | requests wait | [1m] |
| DatabaseConnectionPoolLeaks | critical | DatabaseConnectionsLeaked | a connection is out [over 5 min] | [1m] |
| DiskSpaceLow | critical | HostDiskSpaceLow | under 10 % free | [5m] |
| BackupFailed | critical | BackupFailed | the last run | [0s] |
| ServiceDown | critical | ServiceDown | no instance answers | [2m] |
| HighMemoryUsage | critical | HostMemoryHigh | [over 90 %] | [5m] |
| CacheConnectionErrors | critical | CacheConnectionErrors | [over 5 in 5 min] | [1m] |
| HealthCheckFailing | critical | HealthCheckFailing | a critical check | [1m] |
| DatabaseHighQueryLatency | high | DatabaseSlowQueries | p95 [over 1 s] | [5m] |
| HighHTTPErrorRate | high | HttpErrorRateHigh | [over 5 %] fail | [2m] |
| AuthenticationFailureSpike | high | AuthenticationFailureSpike | [5 times] as many as usual | [5m] |
| MigrationStuck | high | MigrationStuck | it runs | [15m] |
| [database errors] | high | DatabaseErrorRateHigh | [over 5 %] fail | [5m] |
| [latency] | high | HttpLatencyHigh | p95 [over 1 s] | [5m] |
| [inodes] | high | HostInodesLow | [under 10 % free] | [5m] |
| [processors] | high | HostCpuHigh | [over 80 %] | [10m] |
| [a check degraded] | high | HealthCheckDegraded | any | [5m] |
| [a small backup] | high | BackupShrunk | [under half] of the usual | [5m] |
| [many connections] | medium | DatabaseConnectionsHigh | [over 80] | [5m] |
| [cache hits] | medium | CacheHitsLow | [under 50 %] | [15m] |
| [migrations wait] | medium | MigrationPending | any | [30m] |
| [an unproven backup] | medium | BackupNotVerified | [30 days] | [0s] |
| [limits hit] | medium | RateLimitHitOften | [over 1 a second] | [5m] |
| [a slow migration] | low | MigrationSlow | [over 600 s] | [0s] |
| [our own instruments] | low | InstrumentationFailing | any | [10m] |

The packs bring more alerts than these. The checks of health (database, Redis and pool critical; disk, memory and errors
of the last minute warning) are the application's: ``vedette.health``. The mail catcher is a mail server as any other.
"""

from __future__ import annotations

from vedette import (
    Email,
    Environment,
    Mute,
    PagerDuty,
    Route,
    Service,
    Slack,
    Smtp,
    Stack,
    Teams,
    env,
)
from vedette.packs import (
    backup,
    business,
    cache,
    database,
    health,
    host,
    http,
    instrumentation,
    migration,
    postgresql,
    process,
    redis,
    security,
)

__all__ = ["stack"]

stack = Stack(
    name="web-framework",
    title="Web framework",
    services=[
        Service(
            "app",
            title="Application",
            team="framework",
            targets=["app:8000"],
            packs=[
                http,
                database,
                cache,
                security,
                health,
                business,
                backup,
                migration,
                process,
                instrumentation,
            ],
        ),
        Service(
            "node",
            title="Machines",
            team="ops",
            targets=["node-exporter:9100"],
            packs=[host(memory_high=0.9, memory_for="5m").with_severities({"HostMemoryHigh": "critical"})],
        ),
        Service("postgres", title="PostgreSQL", team="dba", targets=["postgres-exporter:9187"], packs=[postgresql]),
        Service("redis", title="Redis", team="ops", targets=["redis-exporter:9121"], packs=[redis]),
    ],
    notify=[
        PagerDuty(env("PAGERDUTY_CRITICAL"), severities=["critical"]),
        Slack(env("SLACK_WEBHOOK"), channel="#critical", severities=["critical"]),
        Slack(env("SLACK_WEBHOOK"), channel="#alerts", severities=["high", "medium"]),
        Teams(env("TEAMS_WORKFLOW"), severities=["critical"]),
        Email("oncall@framework.example.com", severities=["critical"]),
        Email("team@framework.example.com", severities=["high", "low"]),
        Route(
            {"pack": "security"},
            [
                PagerDuty(env("PAGERDUTY_SECURITY"), severities=["critical"]),
                Slack(env("SLACK_WEBHOOK"), channel="#security", severities=["critical", "high", "medium"]),
                Email("security@framework.example.com", severities=["critical", "high", "low"]),
            ],
        ),
        *(
            Route({"pack": pack}, [Email(address, severities=["critical", "high"])], also=True)
            for pack, address in (
                ("database", "dba@framework.example.com"),
                ("postgresql", "dba@framework.example.com"),
                ("backup", "ops@framework.example.com"),
                ("migration", "ops@framework.example.com"),
                ("host", "ops@framework.example.com"),
            )
        ),
    ],
    mutes=[
        Mute("nights", times=["22:00-07:00"], location="Europe/Berlin"),
        Mute("weekends", weekdays=["saturday", "sunday"], location="Europe/Berlin"),
    ],
    environments=[
        Environment("local", alertmanager="0.28"),
        Environment(
            "production",
            external_url="https://vedette.framework.example.com",
            secrets="/etc/vedette/secrets",
            alertmanager="0.28",
            smtp=Smtp("mail.framework.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
    ],
)
