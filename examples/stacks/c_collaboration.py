"""A collaboration product on FastAPI, found by Prometheus in Kubernetes or in a Docker Swarm.

The team has left no names and no numbers of its alerts; it had rules for the API, the database, the cache, the machine,
business and its own alerting. These are ours for the same:

| what the team watched | severity | here | when | for |
|---|---|---|---|---|
| [API] | critical | ServiceDown | no instance answers | [2m] |
| [API] | critical | HttpErrorRateCritical | [over 10 %] fail | [1m] |
| [API] | high | HttpLatencyHigh | p95 [over 1 s] | [5m] |
| [database] | critical | DatabasePoolExhausted | requests wait | [1m] |
| [database] | high | DatabaseSlowQueries | p95 [over 1 s] | [5m] |
| [cache] | critical | CacheConnectionErrors | [over 5 in 5 min] | [1m] |
| [cache] | medium | CacheHitsLow | [under 50 %] | [15m] |
| [processors] | high | HostCpuHigh | [over 80 %] | [10m] |
| [memory] | high | HostMemoryHigh | [over 80 %] | [10m] |
| [disk] | critical | HostDiskSpaceLow | [under 10 % free] | [5m] |
| [logins fail] | high | AuthenticationFailing | [over 30 %] | [5m] |
| [rate limiting] | medium | RateLimitHitOften | [over 1 a second] | [5m] |
| [intrusion] | critical | IntrusionSignal | any | [0s] |
| [intrusion] | high | SuspiciousRequests | [over 10 in 5 min] | [0s] |
| [health] | critical | HealthCheckFailing | a critical check | [1m] |
| [health] | high | HealthCheckDegraded | any | [5m] |
| [onboarding, collaboration, features] | high | BusinessEventStopped | none, where there were some | [30m] |
| [notification] | high | VedetteDeliveriesFailing | any | [0s] |
| [the rules] | high | VedetteRulesFailing | any | [5m] |

RED per endpoint with payload sizes and route templates is the http pack; onboarding, collaboration and the use of
features are events, funnels and features of the business pack. The eight categories of health are checks of the
application (``vedette.health``). Its pipeline of rules, notification and circuit breakers is Vedette's own; what it
counts of itself is the pack ``watch``. Correlation and escalation of what nobody acknowledges are no part of these
files yet.
"""

from __future__ import annotations

from vedette import Email, Environment, Inhibit, Kubernetes, PagerDuty, Route, Service, Slack, Smtp, Stack, Swarm, env
from vedette.packs import (
    business,
    cache,
    database,
    health,
    host,
    http,
    http_client,
    instrumentation,
    process,
    security,
    watch,
)

__all__ = ["stack"]

stack = Stack(
    name="collaboration",
    title="Collaboration",
    services=[
        Service(
            "server",
            title="Server",
            team="server",
            targets=["localhost:8000"],
            packs=[http, http_client, database, cache, security, business, health, process, instrumentation],
        ),
        Service("node", title="Machines", team="platform", targets=["localhost:9100"], packs=[host]),
        Service("vedette", title="Vedette", team="platform", targets=["127.0.0.1:7373"], packs=[watch]),
    ],
    notify=[
        PagerDuty(env("PAGERDUTY_KEY")),
        Slack(env("SLACK_WEBHOOK"), channel="#server-alerts"),
        Email("oncall@collaboration.example.com", severities=["critical"]),
        Email("team@collaboration.example.com", severities=["low"]),
        Route(
            {"pack": "security"},
            [
                Email("security@collaboration.example.com", severities=["critical", "high"]),
                Slack(env("SLACK_WEBHOOK"), channel="#security"),
            ],
            also=True,
        ),
    ],
    inhibitions=[Inhibit({"alertname": "ServiceDown"}, {"severity": ["high", "medium", "low"]})],
    environments=[
        Environment(
            "production",
            discovery={
                "server": Kubernetes(app="server", namespace="collaboration"),
                "node": Kubernetes(app="node-exporter", namespace="monitoring", adds=["node"]),
            },
            external_url="https://vedette.collaboration.example.com",
            external_labels={"cluster": "production-1"},
            secrets="/etc/vedette/secrets",
            smtp=Smtp("mail.collaboration.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
        Environment(
            "swarm",
            discovery={
                "server": Swarm(service="collaboration_server", port=8000, network="collaboration_watch"),
                "node": Swarm(service="collaboration_node-exporter", port=9100, network="collaboration_watch"),
            },
            external_url="https://vedette.collaboration.example.com",
            external_labels={"cluster": "swarm-1"},
            secrets="/run/secrets",
            smtp=Smtp("mail.collaboration.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
    ],
)
