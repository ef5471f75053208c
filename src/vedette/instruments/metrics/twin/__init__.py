"""The metrics in Python, for where the extension in C could not be built; both pass the same tests.

A process writes its values into memory of its own, a slab (`slab`); where several share their metrics, whoever is
scraped reads the slabs of all and merges them (`merge`).
"""

from vedette.instruments.metrics.twin.exemplars import exemplar_source
from vedette.instruments.metrics.twin.family import Family
from vedette.instruments.metrics.twin.requests import Requests
from vedette.instruments.metrics.twin.responses import Responses
from vedette.instruments.metrics.twin.scope import Scope, set_clock
from vedette.instruments.metrics.twin.store import Store, open_shared
from vedette.instruments.metrics.twin.update import Instrument, accelerate

__all__ = [
    "Family",
    "Instrument",
    "Requests",
    "Responses",
    "Scope",
    "Store",
    "accelerate",
    "exemplar_source",
    "open_shared",
    "set_clock",
]
