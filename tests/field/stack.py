"""What watches the field: a service with a database, a cache and a worker, its servers, its machine and its endpoints.

Thresholds are such that small faults cross them; ranges and waits are those of the packs, by the time scale.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from vedette import Email, Environment, Pack, Probe, Service, Smtp, Stack
from vedette.catalog import ProbeModule
from vedette.packs import backup, blackbox, cache, database, host, http, security, worker
from vedette.packs.postgresql import postgresql
from vedette.packs.redis import redis

__all__ = ["field"]

SCALE = 0.02
"""Five minutes are six seconds."""

UNCHECKED = ProbeModule(
    "unchecked", "http", {"preferred_ip_protocol": "ip4", "tls_config": {"insecure_skip_verify": True}}
)


def above_now() -> Pack:
    """What is a little more than the machine does now is too much."""
    memory = psutil.virtual_memory()
    processors = os.cpu_count() or 1
    opened, _, most = map(int, Path("/proc/sys/fs/file-nr").read_text().split())
    return host(
        cpu_high=0.97,
        load_high=os.getloadavg()[1] / processors + 0.5,
        memory_high=1 - 0.8 * memory.available / memory.total,
        memory_pressure_high=0.005,
        disk_pressure_high=0.02,
        files_high=(opened + 10_000) / most,
        full_within_hours=0.01,
        full_soon_for="3m",
    )


def seldom() -> Pack:
    """A backup is made every second: half a minute without one is long."""
    return backup(too_old_hours=20 / 3600, missing_for="5m", stuck_for="5m", unverified_days=20 / 86400)


def field(where: dict[str, list[str]], endpoints: list[str], mail: int, alertmanager: str, external_url: str) -> Stack:
    """The stack, with one environment.

    Args:
        where: service → its targets.
        endpoints: URLs to ask from outside.
        mail: the port of the mail server.
        alertmanager: ``host:port`` of the real one.
        external_url: where links lead.
    """
    return Stack(
        name="field",
        services=[
            Service(
                "orders",
                ["localhost:1"],
                packs=[
                    http(latency_high=0.2, latency_critical=0.3, no_traffic_for="5m"),
                    # at rest three customers hold three in each of two instances
                    database(slow=0.1, connections_high=7, pool_warn=0.7),
                    cache(slow=0.02, hit_ratio_for="5m"),
                    worker(
                        depth_high=20,
                        depth_critical=40,
                        silent=10,
                        waits_long=1,
                        slow=0.1,
                        slow_for="5m",
                        data_old=2,
                    ),
                    security(compared_to="10m", spike=2, denied_spike=2, suspicious_high=2, limited_high=0.5),
                ],
            ),
            Service("machine", ["localhost:1"], packs=[above_now()]),
            Service("database", ["localhost:1"], packs=[postgresql], scrape_interval="2s", scrape_timeout="2s"),
            Service("cache", ["localhost:1"], packs=[redis]),
            Service(
                "endpoints",
                ["localhost:1"],
                packs=[blackbox(slow_seconds=0.15, dns_slow_seconds=0.1)],
                probes=[*(Probe(url, UNCHECKED) for url in endpoints), Probe("127.0.0.1", "icmp")],
            ),
            Service("backups", ["localhost:1"], packs=[seldom()]),
        ],
        environments=[
            Environment(
                "field",
                targets=where,
                external_url=external_url,
                scrape_interval="1s",
                scrape_timeout="1s",
                evaluation_interval="1s",
                time_scale=SCALE,
                alertmanagers=[alertmanager],
                smtp=Smtp("127.0.0.1", mail, tls=False),
                notify=[Email("oncall@field.example")],
            )
        ],
    )
