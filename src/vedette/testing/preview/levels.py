"""Tables of what is usual: how fast each kind of counter goes, what a gauge shows, how often something fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vedette.testing.preview.exporters import CHOSEN, CONSTANT, COUNTERS, STATES, WAVES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.instruments.metrics.description import Description

__all__ = ["MIDDLES", "Level", "level", "share"]

Shape = Literal[
    "wave", "constant", "chosen", "flag", "fault", "zero", "trouble", "working", "last", "next", "began", "replaced",
    "now", "sinking", "growing",
]  # fmt: skip
"""
How a value moves: with the day; not at all; 1 in the state that it is in; 1, and 0 during the incident; the opposite;
0; something only during the incident; 1 now and then; the time of the last of regular events; of the next; of a start
days ago; of one that was replaced just now; the present; slowly less, then more again; slowly more.
"""


@dataclass(frozen=True, slots=True)
class Level:
    """What is usual of one metric."""

    size: float
    """Of the first thing it tells of: events per second of a counter, the value of a gauge."""
    shape: Shape = "wave"
    period: float = 600.0
    """Seconds between regular events, or from now to a fixed time."""
    burst: float | None = None
    """Of a counter of faults alone: events per second during the incident."""


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

# The first pattern that is found in the name counts.
_COUNTERS: Final[tuple[tuple[str, float], ...]] = (
    ("^node_cpu_seconds", 1.0),
    ("^node_pressure", 0.03),
    ("^node_disk_.*time_seconds", 0.08),
    ("^node_disk_.*_bytes", 3e6),
    ("^node_disk", 60),
    ("^node_network_.*_bytes", 2e6),
    ("^node_network_.*_packets", 2500),
    ("event_loop_time_seconds", 1.0),
    ("cpu_seconds|cpu_usage_seconds", 0.3),
    ("gc_pause", 2),
    ("_gc_", 2),
    ("cost_dollars", 0.0004),
    ("^backup", 1 / (6 * _HOUR)),
    ("^migration", 1 / _DAY),
    ("^sync_records", 8),
    ("^(scheduled_job|sync|recurring)", 1 / (5 * _MINUTE)),
    ("^(agent|gen_ai)", 0.3),
    ("^(audit|authentication|authorization)", 1.2),
    ("^business_value", 0.6),
    ("^(business|reminder)", 0.4),
    ("^data_arrival", 1),
    ("^http_client", 8),
    ("^(http|nginx|traefik|envoy)", 25),
    ("^(cache|redis)_", 90),
    ("^(db_client|pg|postgres|mysql)", 40),
    ("^(kafka_consumer_rebalances)", 1 / (2 * _HOUR)),
    ("^(messaging|kafka|rabbitmq)", 5),
    ("^worker", 5),
    ("^websocket_connection", 0.5),
    ("^websocket", 40),
    ("^log_records", 15),
    ("^vedette_scrapes", 1),
    ("^vedette_deliveries", 0.02),
    ("^vedette_rule_evaluation", 0.2),
    ("^memory", 4),
    ("_bytes", 1e6),
    ("_seconds(_total)?$", 0.1),
)
_COUNTER = 2.0
_MESSAGE = 600
"""Bytes of one."""

# Of what goes wrong and has no counter of what goes well beside it: events a second usually, and in the incident.
_FAULTS: Final[tuple[tuple[str, float, float], ...]] = (
    ("^intrusion", 0, 0.003),
    ("^suspicious", 0.002, 0.05),
    ("^(rate_limited|authorization_denials)", 0.02, 0.4),
    ("^http_client_.*(retr|rate_limited)", 0.0003, 0.5),
    ("^(application_errors|http_server_exceptions|log_exceptions)", 0.01, 0.3),
    ("^db_client_operation_errors", 0.0003, 3),
    ("_unhandled_", 0, 0.0005),
    ("_handshake_", 0.0005, 0.02),
    ("audit_log_errors|timeouts_|instrumentation_failures|_lost_|_errs_", 0, 0.03),
    ("missed|restart|reboot|failover|deadlock|oom", 0, 0.002),
    ("evict|expired", 0.5, 5),
)

_GAUGES: Final[tuple[tuple[str, Level], ...]] = (
    ("^up$", Level(1, "constant")),
    ("^scrape_duration_seconds$", Level(0.02)),
    ("^scrape_series_added$", Level(0, "zero")),
    ("^scrape_samples", Level(400, "constant")),
    ("worker_start_time", Level(1, "replaced", 4 * _DAY)),
    ("(start|boot)_time_seconds$|_created$|_start_timestamp", Level(1, "began", 4 * _DAY)),
    ("expir|not_after", Level(1, "began", -70 * _DAY)),
    ("^node_time_seconds$", Level(1, "now")),
    ("heartbeat|last_seen$", Level(1, "last", 15)),
    ("last_(auto)?(vacuum|analyze)", Level(1, "last", 6 * _HOUR)),
    ("next.*timestamp", Level(1, "next", 15 * _MINUTE)),
    ("verified_timestamp", Level(1, "last", 7 * _DAY)),
    ("backup.*timestamp", Level(1, "last", 0.7 * _DAY)),
    ("migration.*timestamp", Level(1, "last", 3 * _DAY)),
    ("health_check.*timestamp", Level(1, "last", 30)),
    ("sync.*timestamp|scheduled_job.*timestamp", Level(1, "last", 15 * _MINUTE)),
    ("(newest|worker_data).*timestamp", Level(1, "last", 2 * _MINUTE)),
    ("timestamp(_seconds)?$|(last_.*|push_)time(_seconds)?$", Level(1, "last", 10 * _MINUTE)),
    ("reset_seconds$", Level(60)),
    ("_info$|_labels$|_owner$|_created$|uname", Level(1, "constant")),
    ("^pg_up$|^redis_up$|probe_success|(healthy|ready|success|status|connected|available)$", Level(1, "flag")),
    ("attached$|_leader$|in_recovery|replica_is", Level(1, "constant")),
    ("readonly|breaker|migrations_|rejected|blocked", Level(0, "zero")),
    ("overdue|pending_requests|deliveries_waiting", Level(6, "trouble")),
    ("waiting|pending|backlog|lag|queue_depth", Level(40, "trouble")),
    ("backup_runs_in_progress", Level(1, "working", 0.7 * _DAY)),
    ("(scheduled_job|sync)_runs_in_progress", Level(1, "working", 15 * _MINUTE)),
    ("findings|vedette_alerts", Level(2, "trouble")),
    ("^vedette_series", Level(3200)),
    ("^vedette_rules", Level(180, "constant")),
    ("^node_load", Level(0.9)),
    ("MemTotal", Level(8 * 2**30, "constant")),
    ("MemAvailable", Level(4.6 * 2**30, "sinking")),
    ("SwapTotal", Level(2 * 2**30, "constant")),
    ("SwapFree", Level(1.9 * 2**30, "sinking")),
    ("filesystem_size", Level(100 * 2**30, "constant")),
    ("filesystem_(avail|free)", Level(46 * 2**30, "sinking")),
    ("volume_stats_available", Level(8 * 2**30, "sinking")),
    ("filesystem_files$", Level(6.5e6, "constant")),
    ("filesystem_files_free", Level(5.1e6, "sinking")),
    ("filefd_maximum", Level(1e6, "constant")),
    ("filefd_allocated", Level(4200)),
    ("open_fds_ratio", Level(0.06)),
    ("max_fds", Level(1024, "constant")),
    ("open_fds", Level(60)),
    ("virtual_memory", Level(900 * 2**20)),
    ("resident_memory|working_set|rss", Level(180 * 2**20)),
    ("threads", Level(12)),
    ("process_workers", Level(4, "constant")),
    ("rate_limit_limit", Level(5000, "constant")),
    ("queue_capacity", Level(100, "constant")),
    ("rate_limit_remaining", Level(3800, "sinking")),
    ("backup_last_size", Level(12 * 2**30, "growing")),
    (
        "(_max|_maximum|_limit|_capacity|_total|_hard|_allocatable|_replicas|_desired|_size)(_bytes)?$",
        Level(20, "constant"),
    ),
    ("^kafka_.*_current_offset$", Level(4e8, "growing")),
    ("^kafka_.*_oldest_offset$", Level(3.9e8, "growing")),
    ("backup_last_run_duration", Level(900, "growing")),
    ("last_run_duration", Level(45, "growing")),
    ("runs_in_progress|tasks_in_progress", Level(1.6)),
    ("^business_active", Level(900)),
    ("^business_level", Level(320)),
    ("^memory_items", Level(24_000, "growing")),
    ("^db_client_connections", Level(7)),
    ("websocket_connections", Level(120)),
    ("connected_clients|connections|backends|activity_count", Level(14)),
    ("duration_seconds|latency|_seconds$", Level(0.06)),
    ("_ratio$", Level(0.35)),
    ("_bytes$", Level(300 * 2**20)),
)
_GAUGE = Level(8)

_FAULTY: Final = re.compile(
    r"error|fail|exception|timeouts?_|_lost|missed|rejected|drop|_errs|denial|suspicious|intrusion|oom|retr|deadlock"
    r"|rolled_back|rate_limited|refused|evict|aborted|conflict"
)
"""Counters of what goes wrong."""
_FAULT_SHARE = 0.004

_SHARES: Final[Mapping[str, float]] = {
    "failure": 0.004, "failed": 0.004, "error": 0.004, "err": 0.0, "500": 0.002, "503": 0.001, "critical": 0.000001,
    "lost": 0.01, "miss": 0.12, "rolled_back": 0.01, "cancelled": 0.002, "revoked": 0.002, "retry": 0.01,
    "retried": 0.01, "404": 0.02, "warning": 0.05, "debug": 0.0, "accepted": 0.25, "rejected": 0.15,
    "ignored": 0.3, "out": 0.7, "output": 0.3, "unknown": 0.0, "note": 3.0, "pending": 0.5, "1001": 0.3, "1006": 0.02,
    "received": 1.02, "started": 1.01, "1": 0.5, "2": 0.1, "used": 1.0, "false": 0.0, "Failed": 0.0,
    "user": 0.28, "system": 0.09, "iowait": 0.02, "softirq": 0.01, "nice": 0.004, "irq": 0.0, "steal": 0.003,
    "active": 0.3, "memory": 2.0**31,
}  # fmt: skip
"""Value of a label → how often it is, against the usual one; other values share what is left."""
_WRONG: Final = frozenset({"failure", "failed", "error", "500", "503", "lost", "critical", "rolled_back", "1006"})
"""Values of what goes wrong, and goes wrong more often during the incident."""

MIDDLES: Final[Mapping[str, float]] = {
    "asyncio_event_loop_lag_seconds": 0.003,
    "db_client_connection_wait_time_seconds": 0.002,
    "python_gc_pause_seconds": 0.0008,
    "scheduled_job_delay_seconds": 3,
    "websocket_connection_duration_seconds": 240,
}
"""Histogram → its median, where the middle of its buckets is not it."""

_CODES: Final = ("code", "http_response_status_code")
_PARTING = frozenset(
    {
        "code", "direction", "event", "gen_ai_token_type", "generation", "health", "http_response_status_code", "level",
        "mode", "outcome", "resource", "result", "severity", "state", "status",
    }
)  # fmt: skip


def level(metric: Description) -> Level:
    """What is usual of a metric."""
    name = metric.name
    if metric.type in ("info", "stateset"):
        return Level(1, "constant")
    if name in CHOSEN:
        return Level(1, "chosen")
    if name in STATES:
        return Level(1, "fault")
    if name in WAVES:
        return Level(WAVES[name])
    if name in CONSTANT:
        return Level(CONSTANT[name], "constant")
    if name in COUNTERS:
        return Level(COUNTERS[name])
    if metric.type == "gauge":
        return next((found for pattern, found in _GAUGES if re.search(pattern, metric.name)), _GAUGE)
    return _of_counter(name)


def _of_counter(name: str) -> Level:
    for pattern, usual, burst in _FAULTS:
        if re.search(pattern, name):
            return Level(usual, burst=burst)
    pace = next((found for pattern, found in _COUNTERS if re.search(pattern, name)), _COUNTER)
    # what is known of the messages says how many bytes there are
    return Level(pace * _MESSAGE if name.endswith("bytes_total") and pace < _MESSAGE else pace)


def share(metric: Description, at: int, labels: Mapping[str, str]) -> tuple[float, bool]:
    """How often this one of a metric's series is, against the usual one of the first thing; whether it is a fault."""
    if metric.name in CHOSEN:
        return float(any(one.items() <= labels.items() for one in CHOSEN[metric.name])), False
    found = (1.0, 0.55, 0.3)[at % 3]
    alone = metric.type != "gauge" and (metric.name in COUNTERS or level(metric).burst is not None)
    wrong = metric.type != "gauge" and (level(metric).burst is not None or bool(_FAULTY.search(metric.name)))
    if wrong and not alone:
        found *= _FAULT_SHARE
    for name, value in labels.items():
        if name in _CODES and value not in _SHARES and not value.startswith(("2", "1000")):
            found *= 0.002
            wrong = wrong or not value.startswith(("3", "4"))
        elif alone and name == "severity":
            found *= {"critical": 0.0005, "warning": 0.5}.get(value, 1.0)
        elif name in _PARTING and value in _SHARES:
            found *= _SHARES[value]
            wrong = wrong or (value in _WRONG and metric.type != "gauge")
        elif name == "error_type" and value and not wrong:
            found *= _FAULT_SHARE
            wrong = True
    return found, wrong
