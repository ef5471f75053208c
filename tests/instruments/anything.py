"""A program of chance that does anything one can do with metrics: run as a script, it prints the pages that came of it.

``python anything.py PROGRAMS``. With the same arguments it does the same, whatever implementation runs.
"""

from __future__ import annotations

import json
import random
import re
import sys

from vedette.instruments import clock, guard
from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry, StateSet, Summary
from vedette.instruments.metrics.exposition import openmetrics, protobuf, text
from vedette.instruments.metrics.protobuf import write_protobuf

VALUES = ["a", "b", "", "é", 'q"\\\n', "日本", "x" * 60, "_OTHER"]
FREE = {"x": None, "y": None}
BOUND = {"x": ["a", "b"], "y": None}


class Program:
    """One registry, and what is done to it."""

    def __init__(self, seed: int) -> None:
        self.choose = choose = random.Random(seed)
        self.registry = registry = Registry()
        self.now = 1_700_000_000.0
        labels = choose.choice([FREE, BOUND])
        limit = choose.choice([3, 1000])
        expires = choose.choice([None, "30s"])
        self.counter = Counter("a_total", "A \\ b.", labels, max_series=limit, expires=expires, registry=registry)
        self.plain = Counter("b_total", "B.", registry=registry)
        self.gauge = Gauge("c_depth", "C.", labels, registry=registry)
        self.level = Gauge("d_celsius", "D.", registry=registry)
        buckets = choose.choice([[0.1, 1, 10], [-5, 0, 5], [2**number for number in range(20)]])
        self.histogram = Histogram("e_seconds", "E.", labels, buckets=buckets, registry=registry, max_series=limit)
        self.native = Histogram("f_seconds", "F.", ["x"], buckets=buckets, native=True, registry=registry)
        self.summary = Summary("g_bytes", "G.", ["x"], registry=registry, expires=expires)
        self.info = Info("h_info", "H.", ["x"], registry=registry)
        self.states = StateSet("i_state", "I.", ["x"], states=["on", "off", 'o"dd'], registry=registry)
        self.kept = [self.counter.labels("a", "b"), self.gauge.labels("a", "b"), self.native.labels("a")]

    def number(self) -> float:
        choose = self.choose
        return choose.choice(
            [1, 0, 2, 0.1, choose.random(), choose.expovariate(1) * 10 ** choose.randrange(-20, 20), -1.5, float("inf")]
        )

    def value(self) -> str:
        return self.choose.choice(VALUES)

    def step(self) -> None:
        choose, number, pair = self.choose, self.number(), (self.value(), self.value())
        one = pair[:1]
        exemplar = choose.choice([None, None, {"trace_id": str(choose.randrange(100))}])
        kind = choose.randrange(17)
        if kind == 0:
            self.counter.inc(*pair, amount=number, exemplar=exemplar)
        elif kind == 1:
            self.plain.inc(abs(number) if number != float("inf") else 1)
        elif kind == 2:
            choose.choice([self.gauge.inc, self.gauge.dec])(*pair, amount=number if abs(number) < 1e9 else 1)
        elif kind == 3:
            self.gauge.set(number, *pair)
        elif kind == 4:
            self.level.set(number)
        elif kind == 5:
            self.histogram.observe(number, *pair, exemplar=exemplar)
        elif kind == 6:
            self.native.observe(number, *one, exemplar=exemplar)
        elif kind == 7:
            self.summary.observe(number, x=pair[0])
        elif kind == 8:
            self.info.set(*one)
        elif kind == 9:
            state = choose.choice(["on", "off", 'o"dd'])
            choose.choice([lambda: self.states.set(state, *one), lambda: self.states.switch(state, True, *one)])()
        elif kind == 10:
            metric = choose.choice([self.counter, self.gauge, self.histogram])
            metric.remove(*pair)
        elif kind == 11 and choose.random() < 0.1:
            choose.choice([self.counter, self.native, self.summary, self.states, self.level]).clear()
        elif kind == 12:
            self.gauge.set_function(choose.choice([lambda: 7, lambda: 1 / 0, None]), "a", "b")
        elif kind == 13:
            self.kept[0].inc()
            self.kept[1].inc(2)
            self.kept[2].observe(0.5)
        elif kind == 14:
            self.plain.mirror(choose.randrange(1000))
        elif kind == 15:
            with self.gauge.track(*pair), self.histogram.time(*pair):
                self.now += 0.25
        elif kind == 16:
            self.now += choose.choice([0.5, 20.0])
            self.native.labels("many").observe(1.05 ** choose.randrange(400))

    def pages(self) -> list[str]:
        registry = self.registry
        if protobuf(registry) != write_protobuf(registry.snapshot()):
            raise AssertionError("protobuf differs from that of the snapshot")
        values = [repr(family._replace(series=sorted(family.series))) for family in registry.snapshot()]
        pages = (text(registry).decode(), openmetrics(registry).decode(), "\n".join(values))
        return ["\n".join(sorted(NUMBER.sub(rounded, page).splitlines())) for page in pages]


# A counter of the extension adds whole numbers and others apart: what it shows may differ by the last bit.
NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?(e[+-]\d+)?(?![\w.])")


def rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.12g}"


def main(programs: int) -> None:
    guard.set_strict(False)
    for seed in range(programs):
        program = Program(seed)
        with clock.replaced(lambda program=program: program.now):
            found = []
            for turn in range(250):
                program.step()
                if turn % 50 == 49:
                    found.append(program.pages())
        print(json.dumps(found))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main(int(sys.argv[1]))
