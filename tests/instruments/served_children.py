"""A program whose children count: ``python -m tests.instruments.served_children METHOD``, one of multiprocessing's.

It prints its page while they live and once they have ended, with a line of dashes between.
"""

from __future__ import annotations

import multiprocessing
import sys

from tests.instruments.served import act

from vedette.instruments.metrics.exposition import text


def work(there, end) -> None:
    for path in ("/hit", "/hit", "/say/4"):
        act(path)
    there.wait()
    end.wait()


def main(method: str) -> None:
    context = multiprocessing.get_context(method)
    there, end = context.Barrier(4), context.Event()
    children = [context.Process(target=work, args=(there, end)) for _ in range(3)]
    for child in children:
        child.start()
    there.wait()
    sys.stdout.write(text().decode())
    end.set()
    for child in children:
        child.join()
    sys.stdout.write("-----\n")
    sys.stdout.write(text().decode())


if __name__ == "__main__":
    main(sys.argv[1])
