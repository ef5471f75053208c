"""What counting log records adds to each: CPU, with a handler that writes to nowhere.

``python benchmarks/log_records.py [--json] [--rounds 100]``. A record is written bare, with ours, and with
OpenTelemetry's instrumentor, which puts the trace into it; these take turns, 200 records each, and the least of the
rounds counts, less that of bare logging. With an exception, its traceback is formatted each time, as a handler does.
"""

from __future__ import annotations

import argparse
import json
import logging
import time

from opentelemetry.instrumentation.logging import LoggingInstrumentor

from vedette.integrations import attached

RECORDS = 200


class Nowhere(logging.Handler):
    """Formats a record and drops it."""

    def emit(self, record) -> None:
        """Drop it."""
        self.format(record)


def fail(depth: int) -> None:
    if depth:
        fail(depth - 1)
    raise LookupError("no such order")


def write(log, count: int) -> None:
    for _ in range(count):
        log.info("order %s placed", 17)


def skip(log, count: int) -> None:
    for _ in range(count):
        log.debug("order %s placed", 17)


def write_exception(log, count: int) -> None:
    try:
        fail(8)
    except LookupError:
        for _ in range(count):
            log.exception("failed")


KINDS = {"record": write, "below_the_level": skip, "exception": write_exception}


def microseconds(kind, log) -> float:
    """CPU of a record."""
    began = time.process_time()
    kind(log, RECORDS)
    return (time.process_time() - began) / RECORDS * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=100)
    given = arguments.parse_args()

    log = logging.getLogger("shop.orders.checkout")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(Nowhere())
    theirs = LoggingInstrumentor()
    ways = {
        "bare": (lambda: None, lambda: None),
        "ours": (lambda: attached.attach("logging"), lambda: attached.detach("logging")),
        "opentelemetry": (lambda: theirs.instrument(inject_trace_context=True), theirs.uninstrument),
    }
    least = {(kind, way): float("inf") for kind in KINDS for way in ways}
    for _ in range(given.rounds):
        for way, (begin, end) in ways.items():
            begin()
            for kind, function in KINDS.items():
                function(log, 3)
                least[kind, way] = min(least[kind, way], microseconds(function, log))
            end()
    rows = {}
    for kind in KINDS:
        ours, theirs_adds = (least[kind, way] - least[kind, "bare"] for way in ("ours", "opentelemetry"))
        rows[f"log_{kind}"] = {
            "ours": round(ours, 2),
            "peer": round(theirs_adds, 2),
            "ratio": round(ours / theirs_adds, 3) if theirs_adds > 0.1 else None,
            "goal": 3.0 if kind == "record" else None,
            "unit": "µs CPU added to a record",
            "others": {"bare": round(least[kind, "bare"], 2)},
        }
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for kind, row in rows.items():
        print(
            f"{kind.removeprefix('log_'):<16} bare {row['others']['bare']:6.2f} µs; "
            f"added by ours {row['ours']:5.2f} µs, by OpenTelemetry {row['peer']:5.2f} µs"
        )


if __name__ == "__main__":
    main()
