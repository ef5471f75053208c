"""The two dashboards of the task platform that look at several packs."""

from __future__ import annotations

from vedette import Dashboard, Pack, Panel, Query, Row

__all__ = ["at_work", "overview"]

overview = Pack(
    "overview",
    title="Overview",
    panels=[
        Panel(
            "Request rate",
            "job:http_server_requests:rate5m",
            unit="requests/s",
            legend="{{job}}",
            description="Requests per second of each service, mean of 5 minutes. It follows the day.",
            minimum=0,
            width=8,
        ),
        Panel(
            "Error rate",
            "job:http_server_request_errors:ratio_rate5m",
            unit="ratio",
            legend="{{job}}",
            description="Share answered with 5xx. It lies on the floor; at the line somebody is paged.",
            thresholds={0.05: "critical"},
            minimum=0,
            width=8,
        ),
        Panel(
            "Latency",
            [
                Query(f"job:http_server_request_duration_seconds:p{percent}_5m", f"p{percent} of {{{{job}}}}")
                for percent in (50, 95, 99)
            ],
            unit="seconds",
            description="Half, 95 and 99 of 100 requests are faster than this.",
            thresholds={1: "high"},
            minimum=0,
            width=8,
        ),
        Panel(
            "Active pods",
            'sum by (job, namespace) (kube_pod_status_phase{phase="Running"})',
            unit="count",
            legend="{{namespace}}",
            description="Pods that run. A tooth is a release, a step down a node that is gone.",
            minimum=0,
            width=8,
        ),
        Panel(
            "WebSocket connections",
            "sum by (job) (job_side:websocket_connections:sum)",
            unit="count",
            legend="{{job}}",
            description="Clients that are connected. A cliff is a release or a proxy; they come back within a minute.",
            minimum=0,
            width=8,
        ),
        Panel(
            "Pool in use",
            "max by (job) (job_instance_pool:db_client_connections:used_ratio)",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="The fullest pool of each service. At 1 requests wait.",
            thresholds={0.9: "critical"},
            minimum=0,
            maximum=1,
            width=8,
        ),
        Panel(
            "Consumer lag",
            "job_group_topic:kafka_consumer_lag_messages:sum",
            unit="count",
            legend="{{job}} {{messaging_consumer_group_name}} {{messaging_destination_name}}",
            description="Messages that each agent has still to read. A ramp is an agent that does not keep up.",
            thresholds={1000: "high"},
            minimum=0,
            width=24,
        ),
        Row("Resources"),
        Panel(
            "Processors by pod",
            "sum by (job, namespace, pod) (job_instance_name:container_cpu_usage_seconds:rate5m)",
            unit="cores",
            legend="{{namespace}}/{{pod}}",
            description="Processors that the containers of each pod keep busy; 100 % is a whole one.",
            minimum=0,
            width=8,
        ),
        Panel(
            "Memory by pod",
            "sum by (job, namespace, pod) (job_instance_name:container_memory_working_set_bytes:max)",
            unit="bytes",
            legend="{{namespace}}/{{pod}}",
            description="Memory of each pod. A slope without end is a leak, a saw is one that is restarted.",
            minimum=0,
            width=8,
        ),
        Panel(
            "Share of what containers may have",
            [
                Query("max by (job) (job_instance_name:container_cpu:limit_ratio)", "processors"),
                Query("max by (job) (job_instance_name:container_memory:limit_ratio)", "memory"),
            ],
            unit="ratio",
            description="The container that is nearest to its limit. At 1 it waits, or is killed.",
            thresholds={0.8: "high"},
            minimum=0,
            width=8,
        ),
    ],
    dashboard=Dashboard(description="Is the platform well, and where not?", refresh="30s", tags=["overview"]),
)

at_work = Pack(
    "at_work",
    title="Agents at work",
    panels=[
        Panel(
            "Task operations",
            "sum by (job, operation, outcome) (rate(business_operations_total[5m]))",
            unit="operations/s",
            legend="{{operation}} {{outcome}}",
            description="Tasks created, changed, completed and removed, by whether it worked.",
            minimum=0,
            stack=True,
        ),
        Panel(
            "Reminders",
            "sum by (job, channel, outcome) (rate(reminder_deliveries_total[15m]))",
            unit="messages/s",
            legend="{{channel}} {{outcome}}",
            description="Reminders by channel. What fails is a colour of its own.",
            minimum=0,
            stack=True,
        ),
        Panel(
            "Reminders that arrive",
            "1 - max by (job) (job_channel:reminder_deliveries_failed:ratio_rate15m)",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="Share of the worst channel. Below the line its team is told.",
            thresholds={0.9: "high"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        Panel(
            "Audit writes",
            [
                Query("sum by (job, operation) (rate(audit_log_writes_total[5m]))", "{{operation}}"),
                Query("sum by (job, operation) (rate(audit_log_errors_total[5m]))", "{{operation}} failed"),
            ],
            unit="writes/s",
            description="Entries of the audit log. Any that fails is one too many.",
            minimum=0,
        ),
        Panel(
            "Recurring tasks",
            "sum by (job) (rate(recurring_tasks_generated_total[15m]))",
            unit="operations/s",
            legend="{{job}}",
            description="Tasks that were made by a schedule. It is even; none for an hour is wrong.",
            minimum=0,
        ),
        Panel(
            "WebSocket messages",
            "sum by (job, direction) (job_side_direction:websocket_messages:rate5m)",
            unit="messages/s",
            legend="{{direction}}",
            description="Messages to clients and from them.",
            minimum=0,
        ),
        Panel(
            "Agents",
            [
                Query("min by (job, agent) (agent_healthy)", "Healthy", unit="boolean"),
                Query("time() - max by (job, agent) (agent_heartbeat_timestamp_seconds)", "Last seen", unit="seconds"),
            ],
            kind="table",
            description="Each agent: whether it says that it is well, and how long ago it said anything.",
        ),
        Panel(
            "Lag by agent",
            "sum by (job) (kafka_consumer_lag_messages)",
            unit="count",
            legend="{{job}}",
            description="Messages that each agent has still to read, of all its topics.",
            thresholds={1000: "high"},
            minimum=0,
        ),
    ],
    dashboard=Dashboard(description="What do the four agents do, and does it work?", tags=["agents"]),
)
