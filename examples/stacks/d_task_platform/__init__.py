"""A task platform on Kubernetes: back end, front end and four agents in TypeScript, PostgreSQL, Redis, Kafka.

The services name their metrics themselves (prom-client); ``names=`` says what each is in our packs.

| the team's alert | severity | here | when | for |
|---|---|---|---|---|
| HighErrorRate | critical | HttpErrorRateHigh | over 5 % fail | 5m |
| PodDown | critical | PodDown | it has failed, or nobody knows | 2m |
| DatabaseConnectionPoolExhausted | critical | DatabasePoolNearExhaustion | over 90 % in use | [2m] |
| AuditLogFailures | critical | AuditLogFailing | any | [0s] |
| HighResponseTime | warning | HttpLatencyHigh | p95 over 1 s | [5m] |
| HighCPUUsage | warning | ContainerCpuHigh | over 80 % of what it may have | 10m |
| HighMemoryUsage | warning | ContainerMemoryHigh | over 80 % of what it may have | 10m |
| KafkaConsumerLag | warning | KafkaConsumerLagHigh | over 1,000 | [5m] |
| DiskSpaceLow | warning | HostDiskSpaceLow | under 10 % free | [5m] |
| PodRestartingTooOften | warning | PodRestartingTooOften | over 0.1 in 15 min | [0s] |
| DeploymentReplicaMismatch | warning | DeploymentReplicaMismatch | any is missing | [10m] |
| HPAMaxedOut | warning | HPAMaxedOut | as many as it may make | 15m |
| ReminderDeliveryFailures | warning | ReminderDeliveryFailing | over 10 % fail | [10m] |

The packs bring more alerts than these. The team's two levels are critical, and warning, which is our high and medium.
Its ``http_requests_total`` is in the histogram of the same requests. ``reminder_delivery_total`` counts those that went
out. Jaeger, Loki and Promtail stand where the cluster's parts are declared, as do the 30 and 31 days that data is kept.
"""

from __future__ import annotations

from examples.stacks.d_task_platform.dashboards import at_work, overview
from examples.stacks.d_task_platform.names import AGENT, DATABASE, HTTP, KAFKA, REMINDERS, TASKS, WEBSOCKET

from vedette import (
    Email,
    Environment,
    Inhibit,
    Kubernetes,
    KubernetesNodes,
    Pack,
    Renamed,
    Route,
    Service,
    Slack,
    Smtp,
    Stack,
    Timing,
    env,
)
from vedette.packs import (
    agents,
    audit,
    business,
    containers,
    database,
    host,
    http,
    kafka,
    kubernetes,
    postgresql,
    process,
    redis,
    reminders,
    websocket,
)

__all__ = ["stack"]

_requests = http(error_for_high="5m").with_severities({"HttpErrorRateHigh": "critical", "HttpErrorRateCritical": None})
_pool = database().with_severities({"DatabasePoolNearExhaustion": "critical"})
_machines = host().with_severities({"HostDiskSpaceLow": "high"})


def _agent(name: str, title: str, packs: list[Pack], names: dict[str, str | Renamed]) -> Service:
    return Service(
        name,
        title=title,
        team="agents",
        targets=[f"{name}:9464"],
        packs=[overview, at_work, agents(), _pool, kafka(), process(), *packs],
        names={**AGENT, **DATABASE, **KAFKA, **names},
    )


_SERVICES = ("backend", "frontend", "task-agent", "reminder-agent", "audit-agent", "websocket-agent")


def _told(channel: str, pack: str) -> Route:
    """The team's channel hears its alerts, too."""
    return Route(
        {"pack": pack},
        [Slack(env("SLACK_WEBHOOK"), channel=channel, severities=["critical", "high", "medium"])],
        also=True,
    )


stack = Stack(
    name="task-platform",
    title="Task platform",
    services=[
        Service(
            "backend",
            title="Back end",
            team="backend",
            targets=["backend:9464"],
            packs=[overview, at_work, _requests, _pool, business, kafka, process],
            names={**HTTP, **DATABASE, **KAFKA, **TASKS},
        ),
        Service(
            "frontend",
            title="Front end",
            team="frontend",
            targets=["frontend:9464"],
            packs=[overview, _requests, process],
            names=HTTP,
        ),
        _agent("task-agent", "Task agent", [business()], TASKS),
        _agent("reminder-agent", "Reminder agent", [reminders()], REMINDERS),
        _agent("audit-agent", "Audit agent", [audit()], {}),
        _agent("websocket-agent", "WebSocket agent", [websocket()], WEBSOCKET),
        Service(
            "kube-state-metrics",
            title="Cluster",
            team="platform",
            targets=["kube-state-metrics:8080"],
            packs=[overview, kubernetes],
        ),
        Service(
            "kubelet",
            title="Containers",
            team="platform",
            targets=["kubelet:10250"],
            scheme="https",
            metrics_path="/metrics/cadvisor",
            packs=[overview, containers(kubernetes=True)],
        ),
        Service("node", title="Machines", team="platform", targets=["node-exporter:9100"], packs=[_machines]),
        Service(
            "postgres", title="PostgreSQL", team="database", targets=["postgres-exporter:9187"], packs=[postgresql]
        ),
        Service("redis", title="Redis", team="database", targets=["redis-exporter:9121"], packs=[redis]),
    ],
    notify=[
        Slack(env("SLACK_WEBHOOK"), channel="#alerts-critical", severities=["critical"]),
        Email("oncall@tasks.example.com", severities=["critical"]),
        Slack(env("SLACK_WEBHOOK"), channel="#alerts", severities=["high", "medium", "low"]),
        _told("#team-database", "database"),
        _told("#team-database", "postgresql"),
        _told("#team-kafka", "kafka"),
        _told("#team-audit", "audit"),
        _told("#team-reminders", "reminders"),
    ],
    inhibitions=[
        Inhibit({"severity": "critical"}, {"severity": ["high", "medium"]}),
        Inhibit(
            {"alertname": ["DeploymentDown", "DeploymentReplicaMismatch"]},
            {"alertname": ["PodDown", "PodNotReady"]},
            equal=["namespace"],
        ),
        Inhibit({"alertname": "PodRestartingTooOften"}, {"alertname": "ContainerCpuHigh"}, equal=["namespace", "pod"]),
    ],
    timings={"high": Timing("30s", "5m", "4h"), "medium": Timing("30s", "5m", "4h"), "low": Timing("30s", "5m", "1d")},
    environments=[
        Environment(
            "production",
            discovery={
                **{name: Kubernetes(app=name, namespace="tasks") for name in _SERVICES},
                "kube-state-metrics": Kubernetes(
                    app="kube-state-metrics", namespace="kube-system", port="http-metrics", adds=[]
                ),
                "kubelet": KubernetesNodes(),
                "node": Kubernetes(app="node-exporter", namespace="monitoring", adds=["node"]),
                "postgres": Kubernetes(app="postgres-exporter", namespace="tasks", adds=[]),
                "redis": Kubernetes(app="redis-exporter", namespace="tasks", adds=[]),
            },
            external_url="https://vedette.tasks.example.com",
            external_labels={"cluster": "tasks"},
            secrets="/etc/vedette/secrets",
            smtp=Smtp("mail.tasks.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
    ],
)
