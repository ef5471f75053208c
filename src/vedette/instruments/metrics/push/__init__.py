"""Pushing metrics to whoever does not scrape them: for jobs that end before a scrape would come."""

from vedette.instruments.metrics.push.endpoint import PushError
from vedette.instruments.metrics.push.otlp import Otlp
from vedette.instruments.metrics.push.pushgateway import Pushgateway
from vedette.instruments.metrics.push.remote_write import RemoteWrite

__all__ = ["Otlp", "PushError", "Pushgateway", "RemoteWrite"]
