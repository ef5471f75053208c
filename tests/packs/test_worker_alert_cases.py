"""When each alert of the worker pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, A, buckets, stack_of

from vedette.packs import worker
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(worker)

QUEUE = {**SHOP, "messaging_system": "celery", "messaging_destination_name": "mail"}
TASK = {**SHOP, "messaging_system": "celery", "task": "send"}
OF = 'messaging_system="celery",messaging_destination_name="mail"'
OTHER = 'messaging_system="celery",messaging_destination_name="events"'

# Time begins at zero here: a timestamp is a time of the test.


def waiting(values: str, room: str = "_x200") -> dict[str, str]:
    """Messages in the queue, and how many it has room for."""
    return {f"worker_queue_depth{{{OF}}}": values, f"worker_queue_capacity{{{OF}}}": room}


def tasks(state: str, values: str, queue: str = OF) -> dict[str, str]:
    """Tasks that have come into a state."""
    return {f'worker_tasks_total{{{queue},task="send",state="{state}"}}': values}


def taken(values: str) -> dict[str, str]:
    """Messages that were taken from the queue."""
    return {f"worker_dequeued_messages_total{{{OF}}}": values}


def beat(values: str, instance: str = "a:1") -> dict[str, str]:
    """When the worker was seen at work."""
    return {f'worker_heartbeat_timestamp_seconds{{instance="{instance}",messaging_system="celery"}}': values}


def ran(under: dict[str, str], ended: str) -> dict[str, str]:
    """Tasks by how long they ran."""
    found = buckets("messaging_process_duration_seconds", f'{OF},task="send"', under, under["+Inf"])
    return {**found, **tasks("succeeded", ended)}


def waited(under: dict[str, str]) -> dict[str, str]:
    """Tasks by how long they were in the queue."""
    return buckets("worker_queue_wait_seconds", OF, under, under["+Inf"])


SLOW = {"30": "0x160", "60": "0+94x160", "300": "0+100x160", "+Inf": "0+100x160"}

CASES = [
    alert_case(
        "WorkerSilent",
        "the worker is gone for ten minutes, then there is another one",
        {**beat("0+60x10 _x60"), **beat("_x30 1860+60x30", "b:1")},
        at("20m", "silent"),
        at("21m", "fires", {**SHOP, "messaging_system": "celery", "severity": "critical"}, count=1),
        at("32m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "WorkerSilent",
        "one of two goes on",
        {**beat("0x60"), **beat("0+60x60", "b:1")},
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerSilent",
        "five minutes at a time",
        beat("0x4 300x4 600x4 900x4 1200x4"),
        at("24m", "silent"),
        interval="1m",
    ),
    alert_case("WorkerSilent", "gone for a quarter of an hour", beat("0x20"), at("15m", "fires"), interval="1m"),
    alert_case(
        "WorkerInstanceSilent",
        "one of two hangs for ten minutes",
        {**beat("0x20 1260+60x30"), **beat("0+60x60", "b:1")},
        at("10m", "silent"),
        at("11m", "fires", {**A, "messaging_system": "celery", "severity": "high"}, count=1),
        at("22m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "WorkerInstanceSilent",
        "one of two hangs, the other was seen some minutes ago",
        {**beat("0x40"), **beat("0x12 780x30", "b:1")},
        at("22m", "fires", count=1),
        at("26m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerInstanceSilent",
        "the other was seen exactly ten minutes ago",
        {**beat("0x30"), **beat("300x30", "b:1")},
        at("15m", "fires", {"instance": "a:1"}, count=1),
        interval="1m",
    ),
    alert_case(
        "WorkerInstanceSilent",
        "both hang: that is another alert",
        {**beat("0x60"), **beat("0x60", "b:1")},
        at("30m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerInstanceSilent",
        "the worker of another system hangs: that is another alert",
        {
            **beat("0+60x60"),
            'worker_heartbeat_timestamp_seconds{instance="a:1",messaging_system="loop"}': "0x60",
        },
        at("30m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerStalled",
        "nothing is begun or ended for ten minutes, and then again",
        {**waiting("5x160"), **tasks("received", "0+1x160"), **tasks("succeeded", "0+1x40 40x40 41+1x80")},
        at("14m", "silent"),
        at("19m", "pending"),
        at("20m15s", "fires"),
        at("21m", "resolved"),
    ),
    alert_case(
        "WorkerStalled",
        "nothing was ever done",
        {**waiting("5x40 0x40"), **tasks("received", "0+1x80")},
        at("4m45s", "pending"),
        at("5m", "fires", {**QUEUE, "severity": "critical"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("WorkerStalled", "an empty queue", waiting("0x80"), at("15m", "silent")),
    alert_case("WorkerStalled", "tasks end", {**waiting("5x80"), **tasks("failed", "0+1x80")}, at("15m", "silent")),
    alert_case(
        "WorkerStalled",
        "messages are taken by a loop that tells of no task",
        {**waiting("5x80"), **taken("0+1x80")},
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerStalled",
        "another queue is worked on",
        {**waiting("5x80"), **tasks("succeeded", "0+1x80", OTHER)},
        at("15m", "fires"),
    ),
    alert_case(
        "WorkerQueueNearlyFull",
        "91 of 100, and then fewer",
        waiting("91x20 20x80", "100x100"),
        at("45s", "pending"),
        at("1m", "fires", {**QUEUE, "severity": "critical"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("WorkerQueueNearlyFull", "exactly 90 of 100", waiting("90x80", "100x80"), at("10m", "silent")),
    alert_case("WorkerQueueNearlyFull", "half full", waiting("5000x80", "10000x80"), at("10m", "silent")),
    alert_case("WorkerQueueNearlyFull", "it is full for a moment", waiting("100x2 0x80", "100x82"), at("5m", "silent")),
    alert_case("WorkerQueueNearlyFull", "there is always room", waiting("5000x80", "0x80"), at("10m", "silent")),
    alert_case(
        "WorkerQueueDepthCritical",
        "5,001, and then fewer",
        waiting("5001x20 20x80"),
        at("1m45s", "pending"),
        at("2m", "fires", {**QUEUE, "severity": "critical"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("WorkerQueueDepthCritical", "exactly 5,000", waiting("5000x80"), at("10m", "silent")),
    alert_case("WorkerQueueDepthCritical", "for a minute and a half", waiting("9000x6 20x80"), at("5m", "silent")),
    alert_case(
        "WorkerQueueDepthHigh",
        "1,001, and then fewer",
        waiting("1001x40 20x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**QUEUE, "severity": "high"}, count=1),
        at("12m", "resolved"),
    ),
    alert_case("WorkerQueueDepthHigh", "exactly 1,000", waiting("1000x80"), at("10m", "silent")),
    alert_case(
        "WorkerQueueDepthHigh",
        "two instances tell of one queue",
        {
            f'worker_queue_depth{{instance="a:1",{OF}}}': "600x80",
            f'worker_queue_depth{{instance="b:1",{OF}}}': "610x80",
        },
        at("10m", "silent"),
    ),
    alert_case("WorkerQueueDepthHigh", "for four minutes", waiting("9000x16 20x80"), at("8m", "silent")),
    alert_case(
        "WorkerQueueWaitLong",
        "a tenth waits for 5 to 15 minutes, and then none",
        waited({"60": "0x120", "300": "0+90x32 2980+100x87", "900": "0+100x120", "+Inf": "0+100x120"}),
        at("5m", "pending"),
        at("5m15s", "fires", {**QUEUE, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "WorkerQueueWaitLong",
        "95 % within five minutes",
        waited({"60": "0x120", "300": "0+19x120", "900": "0+20x120", "+Inf": "0+20x120"}),
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerQueueWaitLong",
        "all within one to five minutes",
        waited({"60": "0x120", "300": "0+100x120", "900": "0+100x120", "+Inf": "0+100x120"}),
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "6 % fail, and then none",
        {**tasks("succeeded", "0+94x120"), **tasks("failed", "0+6x40 240x80")},
        at("5m", "pending"),
        at("5m15s", "fires", {**TASK, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "exactly 5 % fail",
        {**tasks("succeeded", "0+95x80"), **tasks("failed", "0+5x80")},
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "none has failed yet",
        {**tasks("succeeded", "0+95x80"), **tasks("started", "0+95x80")},
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "4 % fail, and as many are called off",
        {**tasks("succeeded", "0+96x80"), **tasks("failed", "0+4x80"), **tasks("revoked", "0+20x80")},
        at("15m", "silent"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "one of 15 that end fails, of many that are begun",
        {**tasks("succeeded", "0+14x80"), **tasks("failed", "0+1x80"), **tasks("started", "0+30x80")},
        at("15m", "fires"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "half of few",
        {**tasks("succeeded", "0+0.25x80"), **tasks("failed", "0+0.25x80")},
        at("15m", "fires"),
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "of exactly one in fifty seconds",
        {**tasks("succeeded", "0x40"), **tasks("failed", "0+1x40")},
        at("15m", "silent"),
        interval="50s",
    ),
    alert_case(
        "WorkerErrorRateHigh",
        "of one a minute",
        {**tasks("succeeded", "0x40"), **tasks("failed", "0+1x40")},
        at("15m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerTasksSlow",
        "a tenth runs for one to five minutes, and then none",
        ran({**SLOW, "60": "0+94x72 6868+100x87"}, "0+100x160"),
        at("15m", "pending"),
        at("15m15s", "fires", {**TASK, "severity": "medium"}, count=1),
        at("30m", "resolved"),
    ),
    alert_case(
        "WorkerTasksSlow",
        "95 % within a minute",
        ran({"30": "0x160", "60": "0+19x160", "300": "0+20x160", "+Inf": "0+20x160"}, "0+100x160"),
        at("25m", "silent"),
    ),
    alert_case(
        "WorkerTasksSlow",
        "all within half a minute to one",
        ran({"30": "0x160", "60": "0+100x160", "300": "0+100x160", "+Inf": "0+100x160"}, "0+100x160"),
        at("25m", "silent"),
    ),
    alert_case("WorkerTasksSlow", "slow, of few runs", ran(SLOW, "0+0.5x160"), at("25m", "fires")),
    alert_case("WorkerTasksSlow", "slow, of one run a minute", ran(SLOW, "0+1x60"), at("25m", "silent"), interval="1m"),
    alert_case(
        "WorkerTasksSlow",
        "slow, of exactly one in fifty seconds",
        ran(SLOW, "0+1x60"),
        at("25m", "silent"),
        interval="50s",
    ),
    alert_case(
        "WorkerTasksSlow",
        "slow, of a few that end among many that are begun",
        {**ran(SLOW, "0+0.1x160"), **tasks("started", "0+30x160")},
        at("25m", "silent"),
    ),
    alert_case(
        "WorkerDataStale",
        "nothing newer for an hour, and then something",
        {f"worker_data_timestamp_seconds{{{OF}}}": "0x70 4200+60x30"},
        at("1h", "silent"),
        at("1h5m", "pending"),
        at("1h6m", "fires", {**QUEUE, "severity": "medium"}, count=1),
        at("1h15m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "WorkerDataStale",
        "as new as half an hour",
        {f"worker_data_timestamp_seconds{{{OF}}}": "0x30 0+60x150"},
        at("2h", "silent"),
        interval="1m",
    ),
    alert_case(
        "WorkerDataStale",
        "one instance has new data",
        {
            f'worker_data_timestamp_seconds{{instance="a:1",{OF}}}': "0x120",
            f'worker_data_timestamp_seconds{{instance="b:1",{OF}}}': "0+60x120",
        },
        at("1h50m", "silent"),
        interval="1m",
    ),
]
