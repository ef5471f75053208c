"""Ready-made packs, one file a domain: content only. Each is a function whose parameters are its thresholds."""

from vedette.packs.database import database
from vedette.packs.http import http
from vedette.packs.process import process

__all__ = ["database", "http", "process"]
