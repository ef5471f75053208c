"""An account manager: FastAPI, PostgreSQL, Redis, a CRM that is synchronised, and agents that work on accounts.

What the team had, and what is it here. Where the team has left no number or name, ours is in brackets.

| the team's alert | severity | here | when | for |
|---|---|---|---|---|
| ServiceDown | critical | ServiceDown | no instance answers | [2m] |
| HighErrorRate | critical | HttpErrorRateCritical | [over 10 %] fail | [1m] |
| APILatencyCritical | critical | HttpLatencyCritical | p95 [over 2.5 s] | [5m] |
| DatabaseConnectionPoolExhausted | critical | DatabasePoolExhausted | requests wait | [1m] |
| [database out of reach] | critical | DatabaseConnectionTimeouts | no connection in time | [0s] |
| [cache out of reach] | critical | CacheConnectionErrors | [over 5 in 5 min] | [1m] |
| [critical errors] | critical | CriticalErrors | any | [1m] |
| [disk almost full] | critical | HostDiskSpaceLow | [under 10 % free] | [5m] |
| HighCPUUsage | warning | HostCpuHigh | [over 80 %] | [10m] |
| HighMemoryUsage | warning | HostMemoryHigh | [over 80 %] | [10m] |
| LowCacheHitRate | warning | CacheHitsLow | [under 70 %] | [10m] |
| AgentProcessingBacklog | warning | AgentBacklog | [over 100 tasks] | [10m] |
| [agents fail] | warning | AgentTasksFailing | [over 10 %] | [10m] |
| [an agent is silent] | warning | AgentSilent | [300 s] | [0s] |
| [errors] | warning | HttpErrorRateHigh | [over 5 %] fail | [2m] |
| [latency] | warning | HttpLatencyHigh | p95 [over 1 s] | [5m] |
| [slow queries] | warning | DatabaseSlowQueries | p95 [over 1 s] | [5m] |
| [sync fails] | warning | SyncFailing | [over 50 %] of the runs | [10m] |
| [sync is stale] | warning | SyncStale | [over 2 h] | [0s] |
| [memory fails] | warning | MemoryFailing | [over 5 %] | [5m] |
| APIRateLimitApproaching | info | HttpClientRateLimitNear | [under 10 % left] | [1m] |
| the CRM's limit hit | info | HttpClientRateLimited | any | [0s] |
| [nobody accepts] | info | RecommendationsIgnored | [under 5 %] accepted | [1h] |
| [a new error] | info | NewKindOfError | never seen before | [0s] |

The packs bring more alerts than these. The team's *warning* is our high or medium, which one channel gets; *info* is
our low, a digest by mail. The memory of agents and the graph of accounts are the memory pack, the CRM is the sync pack.
Data is kept for 30 days: that is a flag of Prometheus (``--storage.tsdb.retention.time=30d``) and in none of its files.
"""

from __future__ import annotations

from vedette import (
    Dashboard,
    Email,
    Environment,
    Inhibit,
    Metric,
    Pack,
    PagerDuty,
    Panel,
    Probe,
    Query,
    Row,
    Service,
    Slack,
    Smtp,
    Stack,
    Timing,
    env,
)
from vedette.packs import (
    agents,
    blackbox,
    business,
    cache,
    containers,
    database,
    errors,
    health,
    host,
    http,
    http_client,
    memory,
    postgresql,
    process,
    redis,
    sync,
)

__all__ = ["stack"]

# What the team's dashboard of errors had beside the errors themselves.
exceptions = Pack(
    "exceptions",
    panels=[
        Row("On the way out"),
        Panel(
            "Exceptions of requests",
            "sum by (job, error_type) (rate(http_server_exceptions_total[5m]))",
            unit="events/s",
            legend="{{error_type}}",
            description="Exceptions that nobody caught, by class. None is well; a new colour came with a release.",
            minimum=0,
        ),
        Panel(
            "Requests that failed",
            "job:http_server_request_errors:ratio_rate5m",
            unit="ratio",
            legend="{{job}}",
            description="Share of requests answered with 5xx: what users see of the errors above.",
            thresholds={0.05: "high", 0.1: "critical"},
            minimum=0,
        ),
    ],
)


def _now(title: str, expr: str, unit: str, text: str, **more: object) -> Panel:
    return Panel(title, expr, kind="stat", unit=unit, legend="{{job}}", description=text, width=6, height=4, **more)  # type: ignore[arg-type]


overview = Pack(
    "overview",
    title="System overview",
    panels=[
        _now(
            "Services up",
            "min by (job) (up)",
            "boolean",
            "1 is a target that answers. Any 0 is where to begin.",
            thresholds={1: "critical"},
            below=True,
        ),
        _now(
            "Requests now", "job:http_server_requests:rate5m", "requests/s", "Requests per second, mean of 5 minutes."
        ),
        _now(
            "Errors now",
            "job:http_server_request_errors:ratio_rate5m",
            "ratio",
            "Share answered with 5xx.",
            thresholds={0.05: "high", 0.1: "critical"},
        ),
        _now(
            "Slowest of 20 now",
            "job:http_server_request_duration_seconds:p95_5m",
            "seconds",
            "95th percentile of the duration.",
            thresholds={1: "high", 2.5: "critical"},
        ),
        Row("Requests"),
        Panel(
            "Requests and errors",
            [
                Query("job:http_server_requests:rate5m", "requests of {{job}}"),
                Query(
                    'sum by (job) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))',  # noqa: E501 - as it is pasted
                    "5xx of {{job}}",
                ),
            ],
            unit="requests/s",
            description="The upper line follows the day; the lower one lies on the floor.",
            minimum=0,
        ),
        Panel(
            "Latency",
            [
                Query(f"job:http_server_request_duration_seconds:p{percent}_5m", f"p{percent} of {{{{job}}}}")
                for percent in (50, 95, 99)
            ],
            unit="seconds",
            description="Half, 95 and 99 of 100 are faster than this. Lines that part mean that some wait.",
            thresholds={1: "high", 2.5: "critical"},
            minimum=0,
        ),
        Row("Resources"),
        Panel(
            "Processors",
            "job_instance:node_cpu_seconds:busy_ratio",
            unit="ratio",
            legend="{{instance}}",
            description="Share that is busy. Above the line for ten minutes nobody is served as fast as usual.",
            thresholds={0.8: "high"},
            minimum=0,
            maximum=1,
        ),
        Panel(
            "Memory",
            "job_instance:node_memory:used_ratio",
            unit="ratio",
            legend="{{instance}}",
            description="Share that is not available. A slope is a leak.",
            thresholds={0.8: "high"},
            minimum=0,
            maximum=1,
        ),
        Panel(
            "Disks",
            "job_instance_mountpoint:node_filesystem:free_ratio",
            unit="ratio",
            legend="{{instance}} {{mountpoint}}",
            description="Share that is free.",
            thresholds={0.1: "critical"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        Panel(
            "Connections of the pool",
            "job_instance_pool:db_client_connections:used_ratio",
            unit="ratio",
            legend="{{job}} {{db_client_connection_pool_name}}",
            description="Share of the pool in use. At 1 requests wait for one another.",
            thresholds={0.9: "high"},
            minimum=0,
            maximum=1,
        ),
    ],
    dashboard=Dashboard(description="Is everything well, and where not?", refresh="30s", tags=["overview"]),
)

pushed = Pack(
    "pushed",
    title="Batch jobs",
    metrics=[
        Metric.foreign(
            "gauge",
            "push_time_seconds",
            exporter="pushgateway",
            labels=["job", "instance"],
            help="When a job has last pushed what it has to tell, in seconds since the epoch.",
        ),
    ],
    panels=[
        Panel(
            "Since the last push",
            "time() - max by (job, exported_job) (push_time_seconds)",
            unit="seconds",
            legend="{{exported_job}}",
            description="How long each batch job has told nothing. A saw is well; a ramp is one that runs no more.",
            minimum=0,
        ),
    ],
    dashboard=Dashboard(description="Which batch job has not run?", tags=["batch"]),
)

accounts = Service(
    "accounts",
    title="Account manager",
    team="accounts",
    targets=["accounts:8000"],
    scrape_interval="10s",
    packs=[
        overview,
        http,
        http_client,
        sync,
        memory,
        agents,
        business,
        database,
        cache(hit_ratio_low=0.7, hit_ratio_for="10m"),
        errors() + exceptions,
        health,
        process,
    ],
)

stack = Stack(
    name="account-manager",
    title="Account manager",
    services=[
        accounts,
        Service("node", title="Machines", team="platform", targets=["node-exporter:9100"], packs=[overview, host]),
        Service(
            "cadvisor", title="Containers", team="platform", targets=["cadvisor:8080"], packs=[overview, containers]
        ),
        Service(
            "pushgateway", title="Batch jobs", team="platform", targets=["pushgateway:9091"], packs=[overview, pushed]
        ),
        Service(
            "postgres",
            title="PostgreSQL",
            team="platform",
            targets=["postgres-exporter:9187"],
            scrape_interval="30s",
            packs=[overview, postgresql],
        ),
        Service(
            "redis",
            title="Redis",
            team="platform",
            targets=["redis-exporter:9121"],
            scrape_interval="30s",
            packs=[overview, redis],
        ),
        Service(
            "blackbox-http",
            title="Pages from outside",
            team="platform",
            targets=["blackbox-exporter:9115"],
            probes=[Probe("https://accounts.example.com/health")],
            packs=[overview, blackbox],
        ),
        Service(
            "blackbox-tcp",
            title="Ports from outside",
            team="platform",
            targets=["blackbox-exporter:9115"],
            probes=[Probe("postgres:5432", "tcp_connect"), Probe("redis:6379", "tcp_connect")],
            packs=[overview, blackbox],
        ),
    ],
    notify=[
        PagerDuty(env("PAGERDUTY_KEY"), severities=["critical"]),
        Slack(env("SLACK_WEBHOOK"), channel="#accounts-critical", severities=["critical"]),
        Slack(env("SLACK_WEBHOOK"), channel="#accounts-alerts", severities=["high", "medium"]),
        Email("oncall@accounts.example.com", severities=["critical"]),
        Email("team@accounts.example.com", severities=["low"]),
    ],
    inhibitions=[
        # a service that is down says all that is to be said of it
        Inhibit({"alertname": "ServiceDown"}, {"severity": ["high", "medium", "low"]}),
    ],
    timings={"high": Timing("30s", "5m", "4h"), "medium": Timing("30s", "5m", "4h")},
    environments=[
        Environment(
            "production",
            external_url="https://vedette.accounts.example.com",
            external_labels={"cluster": "accounts"},
            secrets="/etc/vedette/secrets",
            smtp=Smtp("mail.accounts.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
    ],
)
