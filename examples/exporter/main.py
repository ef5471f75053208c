"""An exporter: it tells of a folder into which others put files, and of which a program takes them.

``python -m examples.exporter.main FOLDER`` serves http://127.0.0.1:9470/metrics. The folder is read when somebody
scrapes, so that what is told is true now, and nothing is done where nobody asks.
"""

from __future__ import annotations

import argparse
import signal
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from examples.exporter.observability import files, oldest, readable, size, taken

from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.serving import serve

__all__ = ["Inbox", "main"]


@dataclass
class Inbox:
    """A folder of folders with files in them."""

    path: Path
    known: dict[str, set[str]] = field(default_factory=dict)
    """Folder → the names that were in it when it was last read."""

    def read(self) -> None:
        """Tell what is there. One that cannot be read tells that, and nothing else that might be long past."""
        try:
            found = {folder.name: _files(folder) for folder in self.path.iterdir() if folder.is_dir()}
        except OSError:
            readable.set(0)
            for gauge in (files, size, oldest):
                gauge.clear()
            return
        readable.set(1)
        for name, there in found.items():
            files.set(len(there), name)
            size.set(sum(bytes_ for bytes_, _ in there.values()), name)
            if there:
                oldest.set(min(written for _, written in there.values()), name)
            else:
                oldest.remove(name)
            taken.inc(name, amount=len(self.known.get(name, set()) - set(there)))
        for gone in self.known.keys() - found.keys():
            for metric in (files, size, oldest, taken):
                metric.remove(gone)
        self.known = {name: set(there) for name, there in found.items()}


def _files(folder: Path) -> dict[str, tuple[int, float]]:
    """Name → size and time of writing. A file that is taken meanwhile is not there."""
    found: dict[str, tuple[int, float]] = {}
    for file in folder.iterdir():
        try:
            status = file.stat()
        except FileNotFoundError:
            continue
        found[file.name] = (status.st_size, status.st_mtime)
    return found


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Tell Prometheus what waits in the folders of FOLDER.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--port", type=int, default=9470)
    given = parser.parse_args()
    DEFAULT.before_scrape(Inbox(given.folder).read)
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    server = serve(given.port)
    over.wait()
    server.close()


if __name__ == "__main__":
    main()
