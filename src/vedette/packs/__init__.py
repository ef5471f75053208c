"""Ready-made packs, one file a domain: content only. Each is a function whose parameters are its thresholds.

A file here imports the catalog as a whole (`from vedette import catalog`), which is loaded when the pack is made: the
integrations have the metrics of a pack without the price of its alerts and panels.
"""

from vedette.packs.database import database
from vedette.packs.http import http
from vedette.packs.instrumentation import instrumentation
from vedette.packs.process import process
from vedette.packs.watch import watch
from vedette.packs.worker import worker

__all__ = ["database", "http", "instrumentation", "process", "watch", "worker"]
