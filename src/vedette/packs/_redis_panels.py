"""The panels of the redis pack: is it well, memory, clients, commands, keys, what is kept, replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._redis_kept_panels import kept
from vedette.packs._redis_recordings import SERVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_HERE = "{{job}} {{instance}}"


def panels(limits: Mapping[str, float]) -> Items:
    return [*_well(limits), *_memory(limits), *_clients(limits), *_work(limits), *kept(limits)]


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Answers",
            f"max by ({SERVER}) (redis_up)",
            kind="stat",
            unit="boolean",
            legend="{{instance}}",
            description="Yes where Redis answers its exporter. No: it is down, or refuses the password.",
            thresholds={1: "critical"},
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Memory taken",
            "max by (job) (job_instance:redis_memory:used_ratio)",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="Of maxmemory, on the server that has least left. A cache that may throw out any key is "
            "always full, and well.",
            thresholds={limits["memory"]: "high"},
            overview=True,
            minimum=0,
            maximum=1,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Commands a second",
            "sum by (job) (job_instance:redis_commands_processed:rate5m)",
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="All together. It follows the traffic; a fall to nearly nothing is an outage of its clients.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Busiest",
            "max by (job) (job_instance:redis_main_thread:busy_ratio)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Of the one processor that its main thread can use. Half is a good day, near 100 % is full.",
            thresholds={limits["busy"]: "high"},
            width=6,
            height=4,
        ),
    ]


def _memory(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Has it room?"),
        catalog.Panel(
            "Memory in use",
            "job_instance:redis_memory:used_ratio",
            unit="ratio",
            legend=_HERE,
            description="Of maxmemory; empty where there is no limit, and then the machine's is the limit. A line that "
            "only climbs: keys that never end.",
            thresholds={limits["memory"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Memory",
            [
                catalog.Query(f"max by ({SERVER}) (redis_memory_used_bytes)", "{{instance}} used"),
                catalog.Query(f"max by ({SERVER}) (redis_memory_used_rss_bytes)", "{{instance}} of the process"),
                catalog.Query(f"max by ({SERVER}) (redis_memory_used_peak_bytes)", "{{instance}} most ever"),
            ],
            unit="bytes",
            description="The process takes a little more than is used. Far more: fragmentation, or a save that copies "
            "what changes meanwhile.",
            minimum=0,
        ),
        catalog.Panel(
            "Evicted keys",
            "job_instance:redis_evicted_keys:rate5m",
            unit="events/s",
            legend=_HERE,
            description="Thrown out to make room. Zero for anything but a cache; a level in a cache is a cache that is "
            "too small.",
            thresholds={limits["evicted"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Fragmentation",
            f"max by ({SERVER}) (redis_mem_fragmentation_ratio)",
            unit="count",
            legend=_HERE,
            description="1 to 1.5, the line, is well; on a server that holds little it says nothing. Below 1 a "
            "part lies in swap, and Redis is slow.",
            thresholds={1.5: "low"},
            minimum=0,
        ),
    ]


def _clients(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Who asks"),
        catalog.Panel(
            "Clients in use",
            "job_instance:redis_clients:used_ratio",
            unit="ratio",
            legend=_HERE,
            description="Of maxclients. Level is well; a slope is connections that nobody closes.",
            thresholds={limits["clients"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Clients",
            [
                catalog.Query(f"max by ({SERVER}) (redis_connected_clients)", "{{instance}} connected"),
                catalog.Query(f"max by ({SERVER}) (redis_blocked_clients)", "{{instance}} waiting for work"),
            ],
            unit="count",
            description="Workers that wait for work are blocked and well: none of them waiting means that all have "
            "something to do.",
            minimum=0,
        ),
        catalog.Panel(
            "Refused connections",
            f"sum by ({SERVER}) (increase(redis_rejected_connections_total[5m]))",
            unit="count",
            legend=_HERE,
            description="Within 5 minutes. Always zero: each is an error for somebody.",
            thresholds={0: "critical"},
            minimum=0,
        ),
        catalog.Panel(
            "New connections",
            f"sum by ({SERVER}) (rate(redis_connections_received_total[5m]))",
            unit="operations/s",
            legend=_HERE,
            description="Few beside the commands: pools keep them. As many as commands: a connection for each request.",
            minimum=0,
        ),
    ]


def _work(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("What it does"),
        catalog.Panel(
            "Main thread",
            "job_instance:redis_main_thread:busy_ratio",
            unit="ratio",
            legend=_HERE,
            description="All commands run on it, one after another. Above the line every client waits for the others.",
            thresholds={limits["busy"]: "high"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Time by command",
            f"topk by ({SERVER}) (10, sum by (job, instance, cmd) "
            "(rate(redis_commands_duration_seconds_total[5m]))) > 0",
            unit="ratio",
            legend="{{instance}} {{cmd}}",
            description="What the main thread does. keys, smembers, hgetall or a script on top: something reads all "
            "of it at once.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Commands",
            f"topk by ({SERVER}) (10, sum by (job, instance, cmd) (rate(redis_commands_total[5m]))) > 0",
            unit="operations/s",
            legend="{{instance}} {{cmd}}",
            description="The ten most frequent. Many get where one mget would do: a loop in the application.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Time of one command",
            f"topk by ({SERVER}) (10, sum by (job, instance, cmd) (rate(redis_commands_duration_seconds_total[5m])) "
            "/ (sum by (job, instance, cmd) (rate(redis_commands_total[5m])) > 0))",
            unit="seconds",
            legend="{{instance}} {{cmd}}",
            description="The mean of the ten slowest, without the way over the network. Microseconds are usual; one "
            "of milliseconds holds up all the others.",
            minimum=0,
        ),
        catalog.Panel(
            "Found",
            "job_instance:redis_keyspace_hits:ratio_rate5m",
            unit="ratio",
            legend=_HERE,
            description="Share of the keys looked up that were there. It falls after a restart and climbs again; a "
            "step that stays came with a release.",
            thresholds={limits["hits"]: "medium"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Look-ups",
            "job_instance:redis_keyspace_lookups:rate5m",
            unit="reads/s",
            legend=_HERE,
            description="Keys that were looked up, there or not. Without any the share beside it is empty.",
            minimum=0,
        ),
        catalog.Panel(
            "Errors",
            [
                catalog.Query("sum by (job, instance, err) (rate(redis_errors_total[5m]))", "{{instance}} {{err}}"),
                catalog.Query(
                    "sum by (job, instance, cmd) (rate(redis_commands_failed_calls_total[5m])) > 0",
                    "{{instance}} {{cmd}} failed",
                ),
                catalog.Query(
                    "sum by (job, instance, cmd) (rate(redis_commands_rejected_calls_total[5m])) > 0",
                    "{{instance}} {{cmd}} refused",
                ),
            ],
            unit="events/s",
            description="OOM: no room to write. MISCONF: it cannot save and takes no writes. LOADING: it has just been "
            "started. READONLY: somebody writes to a replica.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes",
            [
                catalog.Query(f"sum by ({SERVER}) (rate(redis_net_{way}_bytes_total[5m]))", f"{{{{instance}}}} {way}")
                for way in ("input", "output")
            ],
            unit="bytes/s",
            description="A flat top is the network's limit. Far more out than in: large values that are read often.",
            minimum=0,
        ),
    ]
