"""Metrics: what is declared (`description`), and what is updated and shown (`core`, in C or Python)."""

from vedette.instruments.metrics.counter import Counter
from vedette.instruments.metrics.description import OVERFLOW
from vedette.instruments.metrics.gauge import Gauge
from vedette.instruments.metrics.histogram import Histogram, Summary
from vedette.instruments.metrics.metric import Metric
from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.instruments.metrics.state import Info, StateSet

__all__ = ["DEFAULT", "OVERFLOW", "Counter", "Gauge", "Histogram", "Info", "Metric", "Registry", "StateSet", "Summary"]
