"""What the five teams had, row by row: the example stacks are held to these tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["STACKS", "Alert", "Inhibited", "Job", "Table"]

PACK, SERVICE = "pack", "service"


class Alert(NamedTuple):
    """A row: the team's word for the severity and its name, ours, what is compared, for how long."""

    severity: str
    theirs: str
    ours: str
    compares: str
    holds: str
    pack: str = ""
    """Which pack has it, where several have routes of their own."""


class Inhibited(NamedTuple):
    """Labels of an alert that fires, of one that is muted by it, and of one that is not."""

    source: dict[str, str]
    target: dict[str, str]
    other: dict[str, str]


@dataclass(frozen=True)
class Job:
    """A scrape: how often, where its targets come from, the labels it adds, and how many endpoints it probes."""

    every: str
    found: str = "static"
    labels: dict[str, str] = field(default_factory=dict)
    probes: int = 0


@dataclass(frozen=True)
class Table:
    """One team."""

    module: str
    words: dict[str, tuple[str, ...]]
    """The team's severity → ours."""
    counts: dict[str, int]
    alerts: list[Alert]
    told: dict[tuple[str, str], set[str]]
    """Our severity, and the pack where it has a route of its own → who is told."""
    timings: dict[str, tuple[str, str]]
    """Our severity → how long the first message waits, and when it is repeated."""
    jobs: dict[str, Job]
    panels: dict[str, int]
    """Pack → how many panels its dashboard has at least."""
    metrics: int
    cluster: dict[str, str]
    """Labels on everything that leaves."""
    inhibited: list[Inhibited] = field(default_factory=list)
    muted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Our severity → the times at which it is muted."""
    evaluation: str = "15s"


def service(name: str, **labels: str) -> dict[str, str]:
    return {"service": name, **labels}


A = Table(
    module="a_account_manager",
    words={"critical": ("critical",), "warning": ("high", "medium"), "info": ("low",)},
    counts={"critical": 8, "warning": 12, "info": 4},
    alerts=[
        Alert("critical", "ServiceDown", "ServiceDown", "== 0", "2m"),
        Alert("critical", "HighErrorRate", "HttpErrorRateCritical", "> 0.1", "1m"),
        Alert("critical", "APILatencyCritical", "HttpLatencyCritical", "> 2.5", "5m"),
        Alert("critical", "DatabaseConnectionPoolExhausted", "DatabasePoolExhausted", "> 0", "1m"),
        Alert("critical", "", "DatabaseConnectionTimeouts", "> 0", "0s"),
        Alert("critical", "", "CacheConnectionErrors", "> 5", "1m"),
        Alert("critical", "", "CriticalErrors", "> 0", "1m"),
        Alert("critical", "", "HostDiskSpaceLow", "< 0.1", "5m"),
        Alert("warning", "HighCPUUsage", "HostCpuHigh", "> 0.8", "10m"),
        Alert("warning", "HighMemoryUsage", "HostMemoryHigh", "> 0.8", "10m"),
        Alert("warning", "LowCacheHitRate", "CacheHitsLow", "< 0.7", "10m"),
        Alert("warning", "AgentProcessingBacklog", "AgentBacklog", "> 100", "10m"),
        Alert("warning", "", "AgentTasksFailing", "> 0.1", "10m"),
        Alert("warning", "", "AgentSilent", "> 300", "0s"),
        Alert("warning", "", "HttpErrorRateHigh", "> 0.05", "2m"),
        Alert("warning", "", "HttpLatencyHigh", "> 1", "5m"),
        Alert("warning", "", "DatabaseSlowQueries", "> 1", "5m"),
        Alert("warning", "", "SyncFailing", "> 0.5", "10m"),
        Alert("warning", "", "SyncStale", "> 7200", "0s"),
        Alert("warning", "", "MemoryFailing", "> 0.05", "5m"),
        Alert("info", "APIRateLimitApproaching", "HttpClientRateLimitNear", "< 0.1", "1m"),
        Alert("info", "the CRM's limit hit", "HttpClientRateLimited", "> 0", "0s"),
        Alert("info", "", "RecommendationsIgnored", "< 0.05", "1h"),
        Alert("info", "", "NewKindOfError", "> 0", "0s"),
    ],
    told={
        ("critical", ""): {"PAGERDUTY_KEY", "#accounts-critical", "oncall@accounts.example.com"},
        ("high", ""): {"#accounts-alerts"},
        ("medium", ""): {"#accounts-alerts"},
        ("low", ""): {"team@accounts.example.com"},
    },
    timings={"critical": ("0s", "30m"), "high": ("30s", "4h"), "medium": ("30s", "4h"), "low": ("1h", "1d")},
    jobs={
        "accounts": Job("10s"),
        "node": Job("15s"),
        "cadvisor": Job("15s"),
        "pushgateway": Job("15s"),
        "postgres": Job("30s"),
        "redis": Job("30s"),
        "blackbox-http": Job("15s", probes=1),
        "blackbox-tcp": Job("15s", probes=2),
    },
    panels={"overview": 10, "agents": 7, "sync": 8, "errors": 10, "business": 12},
    metrics=40,
    cluster={"cluster": "accounts", "environment": "production"},
    inhibited=[
        Inhibited(
            service("accounts", alertname="ServiceDown", severity="critical", pack="http"),
            service("accounts", alertname="AgentSilent", severity="high", pack="agents"),
            service("node", alertname="HostCpuHigh", severity="high", pack="host"),
        ),
    ],
)

B_DATABASE = {"dba@framework.example.com"}
B_OPS = {"ops@framework.example.com"}
B_CRITICAL = {"PAGERDUTY_CRITICAL", "#critical", "TEAMS_WORKFLOW", "oncall@framework.example.com"}
B_HIGH = {"#alerts", "team@framework.example.com"}
B = Table(
    module="b_web_framework",
    words={"critical": ("critical",), "high": ("high",), "medium": ("medium",), "low": ("low",)},
    counts={"critical": 8, "high": 10, "medium": 5, "low": 2},
    alerts=[
        Alert("critical", "DatabaseConnectionPoolExhausted", "DatabasePoolExhausted", "> 0", "1m"),
        Alert("critical", "DatabaseConnectionPoolLeaks", "DatabaseConnectionsLeaked", ">= 1", "1m"),
        Alert("critical", "DiskSpaceLow", "HostDiskSpaceLow", "< 0.1", "5m"),
        Alert("critical", "BackupFailed", "BackupFailed", "== 0", "0s"),
        Alert("critical", "ServiceDown", "ServiceDown", "== 0", "2m"),
        Alert("critical", "HighMemoryUsage", "HostMemoryHigh", "> 0.9", "5m"),
        Alert("critical", "CacheConnectionErrors", "CacheConnectionErrors", "> 5", "1m"),
        Alert("critical", "HealthCheckFailing", "HealthCheckFailing", "< 0.5", "1m"),
        Alert("high", "DatabaseHighQueryLatency", "DatabaseSlowQueries", "> 1", "5m"),
        Alert("high", "HighHTTPErrorRate", "HttpErrorRateHigh", "> 0.05", "2m"),
        Alert("high", "AuthenticationFailureSpike", "AuthenticationFailureSpike", "> 5 * (avg_over_time", "5m"),
        Alert("high", "MigrationStuck", "MigrationStuck", "> 0", "15m"),
        Alert("high", "", "DatabaseErrorRateHigh", "> 0.05", "5m"),
        Alert("high", "", "HttpLatencyHigh", "> 1", "5m"),
        Alert("high", "", "HostInodesLow", "< 0.1", "5m"),
        Alert("high", "", "HostCpuHigh", "> 0.8", "10m"),
        Alert("high", "", "HealthCheckDegraded", "< 1", "5m"),
        Alert("high", "", "BackupShrunk", "< 0.5", "5m"),
        Alert("medium", "", "DatabaseConnectionsHigh", "> 80", "5m"),
        Alert("medium", "", "CacheHitsLow", "< 0.5", "15m"),
        Alert("medium", "", "MigrationPending", "> 0", "30m"),
        Alert("medium", "", "BackupNotVerified", "> 2.592e+06", "0s"),
        Alert("medium", "", "RateLimitHitOften", "> 1", "5m"),
        Alert("low", "", "MigrationSlow", "> 600", "0s"),
        Alert("low", "", "InstrumentationFailing", "> 0", "10m"),
    ],
    told={
        ("critical", ""): B_CRITICAL,
        ("high", ""): B_HIGH,
        ("medium", ""): {"#alerts"},
        ("low", ""): {"team@framework.example.com"},
        ("critical", "security"): {"PAGERDUTY_SECURITY", "#security", "security@framework.example.com"},
        ("high", "security"): {"#security", "security@framework.example.com"},
        ("medium", "security"): {"#security"},
        ("low", "security"): {"security@framework.example.com"},
        **{("critical", pack): B_CRITICAL | B_DATABASE for pack in ("database", "postgresql")},
        **{("high", pack): B_HIGH | B_DATABASE for pack in ("database", "postgresql")},
        **{("critical", pack): B_CRITICAL | B_OPS for pack in ("backup", "migration", "host")},
        **{("high", pack): B_HIGH | B_OPS for pack in ("backup", "migration", "host")},
    },
    timings={"critical": ("0s", "30m"), "high": ("1m", "4h"), "medium": ("5m", "12h"), "low": ("1h", "1d")},
    jobs={name: Job("15s") for name in ("app", "node", "postgres", "redis")},
    panels={
        "database": 8 + 4,
        "security": 4,
        "host": 6,
        "health": 4,
        "cache": 4,
        "business": 4,
        "backup": 5,
        "migration": 5,
    },
    metrics=38,
    cluster={"environment": "production"},
    muted={"medium": ("nights", "weekends"), "low": ("nights", "weekends")},
)

E = Table(
    module="e_event_analytics",
    words={"critical": ("critical",), "warning": ("high", "medium")},
    counts={"critical": 7, "warning": 8},
    alerts=[
        Alert("warning", "", "HttpErrorRateHigh", "> 0.05", "2m", "http"),
        Alert("critical", "", "HttpErrorRateCritical", "> 0.1", "1m", "http"),
        Alert("warning", "", "HttpLatencyHigh", "> 1", "5m", "http"),
        Alert("critical", "", "ServiceDown", "== 0", "1m", "http"),
        Alert("warning", "", "WorkerQueueDepthHigh", "> 1000", "5m"),
        Alert("critical", "", "WorkerQueueDepthCritical", "> 5000", "2m"),
        Alert("critical", "", "WorkerQueueNearlyFull", "> 0.9", "1m"),
        Alert("warning", "", "WorkerErrorRateHigh", "> 0.05", "5m"),
        Alert("critical", "", "WorkerStalled", "> 0", "5m"),
        Alert("warning", "", "DatabaseConnectionsHigh", "> 80", "5m", "database"),
        Alert("warning", "", "DatabaseSlowQueries", "> 1", "5m", "database"),
        Alert("critical", "", "PostgresqlDown", "== 0", "1m"),
        Alert("warning", "", "ProcessMemoryHigh", f"> {400 * 2**20:g}", "5m"),
        Alert("critical", "", "ProcessMemoryCritical", f"> {450 * 2**20:g}", "2m"),
        Alert("warning", "", "DataStale", "> 3600", "5m"),
    ],
    told={
        **{
            (severity, ""): {"oncall@analytics.example.com", "#analytics"}
            for severity in ("critical", "high", "medium")
        },
        ("low", ""): {"oncall@analytics.example.com"},
        **{
            (severity, pack): {f"{team}@analytics.example.com", f"#analytics-{team}"}
            for severity in ("critical", "high", "medium")
            for pack, team in (("http", "api"), ("database", "database"), ("postgresql", "database"))
        },
        ("low", "http"): {"api@analytics.example.com"},
        ("low", "database"): {"database@analytics.example.com"},
        ("low", "postgresql"): {"database@analytics.example.com"},
    },
    timings={"critical": ("10s", "30m"), "high": ("30s", "4h"), "medium": ("30s", "4h"), "low": ("1h", "1d")},
    jobs={"api": Job("10s"), "worker": Job("15s"), "postgres": Job("15s"), "redis": Job("15s")},
    panels={"http": 8, "worker": 10, "database": 10, "postgresql": 1, "redis": 1, "process": 2, "events": 2},
    metrics=15,
    cluster={"cluster": "analytics", "environment": "production"},
)

C_SECURITY = {"security@collaboration.example.com", "#security"}
C = Table(
    module="c_collaboration",
    words={"critical": ("critical",), "high": ("high",), "medium": ("medium",)},
    counts={"critical": 7, "high": 10, "medium": 2},
    alerts=[
        Alert("critical", "", "ServiceDown", "== 0", "2m"),
        Alert("critical", "", "HttpErrorRateCritical", "> 0.1", "1m"),
        Alert("high", "", "HttpLatencyHigh", "> 1", "5m"),
        Alert("critical", "", "DatabasePoolExhausted", "> 0", "1m"),
        Alert("high", "", "DatabaseSlowQueries", "> 1", "5m"),
        Alert("critical", "", "CacheConnectionErrors", "> 5", "1m"),
        Alert("medium", "", "CacheHitsLow", "< 0.5", "15m"),
        Alert("high", "", "HostCpuHigh", "> 0.8", "10m"),
        Alert("high", "", "HostMemoryHigh", "> 0.8", "10m"),
        Alert("critical", "", "HostDiskSpaceLow", "< 0.1", "5m"),
        Alert("high", "", "AuthenticationFailing", "> 0.3", "5m"),
        Alert("medium", "", "RateLimitHitOften", "> 1", "5m"),
        Alert("critical", "", "IntrusionSignal", "> 0", "0s"),
        Alert("high", "", "SuspiciousRequests", "> 10", "0s"),
        Alert("critical", "", "HealthCheckFailing", "< 0.5", "1m"),
        Alert("high", "", "HealthCheckDegraded", "< 1", "5m"),
        Alert("high", "", "BusinessEventStopped", "== 0", "30m"),
        Alert("high", "", "VedetteDeliveriesFailing", "> 0", "0s"),
        Alert("high", "", "VedetteRulesFailing", ">= 1", "5m"),
    ],
    told={
        ("critical", ""): {"PAGERDUTY_KEY", "#server-alerts", "oncall@collaboration.example.com"},
        ("high", ""): {"#server-alerts"},
        ("medium", ""): {"#server-alerts"},
        ("low", ""): {"team@collaboration.example.com"},
        ("critical", "security"): C_SECURITY | {"PAGERDUTY_KEY", "#server-alerts", "oncall@collaboration.example.com"},
        ("high", "security"): C_SECURITY | {"#server-alerts"},
        ("medium", "security"): {"#security", "#server-alerts"},
    },
    timings={"critical": ("0s", "30m"), "high": ("1m", "4h"), "medium": ("5m", "12h"), "low": ("1h", "1d")},
    jobs={
        "server": Job("15s", "kubernetes"),
        "node": Job("15s", "kubernetes"),
        "vedette": Job("15s"),
    },
    panels={"http": 8, "database": 8, "cache": 4, "security": 4, "business": 4, "health": 4, "watch": 5, "host": 4},
    metrics=25,
    cluster={"cluster": "production-1", "environment": "production"},
    inhibited=[
        Inhibited(
            service("server", alertname="ServiceDown", severity="critical", pack="http"),
            service("server", alertname="CacheHitsLow", severity="medium", pack="cache"),
            service("node", alertname="HostCpuHigh", severity="high", pack="host"),
        ),
    ],
)

D_CRITICAL = {"#alerts-critical", "oncall@tasks.example.com"}
D_TEAMS = {
    "database": "#team-database",
    "postgresql": "#team-database",
    "kafka": "#team-kafka",
    "audit": "#team-audit",
    "reminders": "#team-reminders",
}
D = Table(
    module="d_task_platform",
    words={"critical": ("critical",), "warning": ("high", "medium")},
    counts={"critical": 4, "warning": 9},
    alerts=[
        Alert("critical", "HighErrorRate", "HttpErrorRateHigh", "> 0.05", "5m"),
        Alert("critical", "PodDown", "PodDown", "== 1", "2m"),
        Alert("critical", "DatabaseConnectionPoolExhausted", "DatabasePoolNearExhaustion", "> 0.9", "2m"),
        Alert("critical", "AuditLogFailures", "AuditLogFailing", "> 0", "0s", "audit"),
        Alert("warning", "HighResponseTime", "HttpLatencyHigh", "> 1", "5m"),
        Alert("warning", "HighCPUUsage", "ContainerCpuHigh", "> 0.8", "10m"),
        Alert("warning", "HighMemoryUsage", "ContainerMemoryHigh", "> 0.8", "10m"),
        Alert("warning", "KafkaConsumerLag", "KafkaConsumerLagHigh", "> 1000", "5m", "kafka"),
        Alert("warning", "DiskSpaceLow", "HostDiskSpaceLow", "< 0.1", "5m"),
        Alert("warning", "PodRestartingTooOften", "PodRestartingTooOften", "> 0.1", "0s"),
        Alert("warning", "DeploymentReplicaMismatch", "DeploymentReplicaMismatch", "> 0", "10m"),
        Alert("warning", "HPAMaxedOut", "HPAMaxedOut", ">= 1", "15m"),
        Alert("warning", "ReminderDeliveryFailures", "ReminderDeliveryFailing", "> 0.1", "10m", "reminders"),
    ],
    told={
        ("critical", ""): D_CRITICAL,
        ("high", ""): {"#alerts"},
        ("medium", ""): {"#alerts"},
        ("low", ""): {"#alerts"},
        **{("critical", pack): D_CRITICAL | {channel} for pack, channel in D_TEAMS.items()},
        **{("high", pack): {"#alerts", channel} for pack, channel in D_TEAMS.items()},
        **{("medium", pack): {"#alerts", channel} for pack, channel in D_TEAMS.items()},
    },
    timings={"critical": ("0s", "30m"), "high": ("30s", "4h"), "medium": ("30s", "4h"), "low": ("30s", "1d")},
    jobs={
        name: Job("15s", "kubernetes")
        for name in (
            "backend", "frontend", "task-agent", "reminder-agent", "audit-agent", "websocket-agent",
            "kube-state-metrics", "kubelet", "node", "postgres", "redis",
        )
    },
    panels={"overview": 10, "at_work": 8, "database": 8, "postgresql": 8, "redis": 8, "kafka": 8, "host": 8},
    metrics=15,
    cluster={"cluster": "tasks", "environment": "production"},
    inhibited=[
        Inhibited(
            service("backend", alertname="HttpErrorRateHigh", severity="critical", pack="http"),
            service("backend", alertname="KafkaConsumerLagHigh", severity="high", pack="kafka"),
            service("frontend", alertname="HttpLatencyHigh", severity="high", pack="http"),
        ),
        Inhibited(
            service("kube-state-metrics", alertname="DeploymentReplicaMismatch", severity="high", pack="kubernetes",
                    namespace="tasks"),
            service("kube-state-metrics", alertname="PodDown", severity="critical", pack="kubernetes",
                    namespace="tasks"),
            service("kube-state-metrics", alertname="PodDown", severity="critical", pack="kubernetes",
                    namespace="others"),
        ),
        Inhibited(
            service("kube-state-metrics", alertname="PodRestartingTooOften", severity="high", pack="kubernetes",
                    namespace="tasks", pod="backend-1"),
            service("kubelet", alertname="ContainerCpuHigh", severity="high", pack="containers", namespace="tasks",
                    pod="backend-1"),
            service("kubelet", alertname="ContainerCpuHigh", severity="high", pack="containers", namespace="tasks",
                    pod="backend-2"),
        ),
    ],
)  # fmt: skip

STACKS = {table.module: table for table in (A, B, C, D, E)}
