"""Opens, reads and updates segments into which anything has been written: run as a script, which must simply end.

``python fuzz_segment.py SEED ROUNDS``.
"""

from __future__ import annotations

import os
import random
import struct
import sys
import tempfile
from pathlib import Path

from vedette.instruments.metrics import core
from vedette.instruments.metrics.description import describe
from vedette.instruments.metrics.family import Family
from vedette.place import Place

FORMATS = ("text", "openmetrics", "protobuf")
PLACE = Place(__file__, 1)
DESCRIPTIONS = [
    describe("counter", "a_total", "A.", place=PLACE, labels=["x", "y"]),
    describe("gauge", "b_depth", "B.", place=PLACE, labels=["x"], multiprocess_mode="sum"),
    describe("gauge", "c_depth", "C.", place=PLACE, multiprocess_mode="liveall"),
    describe("histogram", "d_seconds", "D.", place=PLACE, buckets=[0.1, 1, 10], native=True),
    describe("summary", "e_bytes", "E.", place=PLACE, labels=["x"], expires="1s"),
    describe("info", "f_info", "F.", place=PLACE, labels=["version"]),
    describe("stateset", "g_state", "G.", place=PLACE, states=["on", "off"]),
]


class Alone:
    """A registry for one store, as a family asks it."""

    def __init__(self, store: core.Store) -> None:
        self._store = store

    def store(self) -> core.Store:
        return self._store

    def overflowed(self, name: str) -> None: ...
    def keep_fresh(self) -> None: ...


def update(store: core.Store, choose: random.Random) -> None:
    """A little of everything that an application does."""
    counter, total, each, histogram, summary, info, states = [
        Family(description, Alone(store)) for description in DESCRIPTIONS
    ]
    for _ in range(6):
        value = str(choose.randrange(40))
        counter.handle((value, 'q"\\\n')).inc(choose.random(), exemplar={"trace_id": value})
        total.handle((value,)).inc()
        each.handle(()).set(choose.random())
        histogram.handle(()).observe(choose.expovariate(1) * 10 ** choose.randrange(-9, 9))
        summary.handle((value,)).observe(1)
        info.keep((value,))
        states.handle(()).switch(0, 1)
        counter.remove((str(choose.randrange(40)), 'q"\\\n'))
    store.sweep(choose.randrange(10**13))


def spoil(image: bytearray, choose: random.Random) -> None:
    """Write something somewhere, more often where it matters."""
    used = struct.unpack_from("<Q", image, 24)[0]
    for _ in range(choose.randrange(1, 12)):
        at = choose.randrange(max(16, min(used, len(image) - 8)))
        kind = choose.randrange(5)
        if kind == 0:
            image[at] = choose.randrange(256)
        elif kind == 1:
            image[at] ^= 1 << choose.randrange(8)
        else:
            at -= at % 8
            odd = (0, 1, 7, 8, used, used - 8, len(image), 2**32 - 1, 2**63, 2**64 - 1, 2**64 - 8)
            word = choose.choice((*odd, choose.randrange(used) // 8 * 8, choose.getrandbits(64)))
            struct.pack_into("<Q", image, at, word)


def main(seed: int, rounds: int) -> None:
    choose = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/segment"
        store = core.Store(os.open(path, os.O_RDWR | os.O_CREAT), path)
        for _ in range(8):
            update(store, choose)
        whole = Path(path).read_bytes()
        del store
        for number in range(rounds):
            image = bytearray(whole)
            spoil(image, choose)
            if choose.random() < 0.1:
                del image[choose.randrange(len(image)) :]
            broken = f"{folder}/{number}"
            Path(broken).write_bytes(image)
            fd = os.open(broken, os.O_RDWR)
            try:
                store = core.Store(fd, broken)
            except ValueError:
                os.close(fd)
            else:
                store.reap()
                for form in FORMATS:
                    store.render(form, ())
                store.snapshot(())
                update(store, choose)
                for form in FORMATS:
                    store.render(form, ())
                del store
            Path(broken).unlink()
    print(f"{rounds} segments")  # noqa: T201 - it has come to its end


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
