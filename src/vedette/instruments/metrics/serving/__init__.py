"""Showing the metrics: what a request is answered, as an ASGI or WSGI application, or from a thread of its own."""

from vedette.instruments.metrics.serving.answer import Answer, answer
from vedette.instruments.metrics.serving.asgi import AsgiPage
from vedette.instruments.metrics.serving.thread import MetricsServer, serve
from vedette.instruments.metrics.serving.wsgi import WsgiPage

__all__ = ["Answer", "AsgiPage", "MetricsServer", "WsgiPage", "answer", "serve"]
