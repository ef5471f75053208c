"""OpenTelemetry's protocol over HTTP, to a collector, to Prometheus, or whatever else takes it.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from vedette.errors import ConfigError
from vedette.instruments.metrics.protobuf import read_fields
from vedette.instruments.metrics.push.address import address_of
from vedette.instruments.metrics.push.endpoint import Access, Endpoint
from vedette.instruments.metrics.push.export_request import AttributeValue, write_request
from vedette.instruments.metrics.push.labels import hostname
from vedette.instruments.metrics.push.started import started
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.instruments.metrics.push.retry import Outcome

__all__ = ["Otlp"]

# All others must not be repeated: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
_RETRIED = frozenset((0, 429, 502, 503, 504))


class Otlp:
    """A server that takes OTLP over HTTP.

    Names stay as they are, so that what asks for a metric finds it however it came.

    Args:
        url: of the server; ``/v1/metrics`` is added where it has no path, as to ``OTEL_EXPORTER_OTLP_ENDPOINT``.
        service: the resource's ``service.name``, which is the label ``job`` in Prometheus.
        instance: its ``service.instance.id``, the label ``instance``; by default the machine's name, and ``""`` leaves
            it out.
        attributes: more attributes of the resource, such as ``{"deployment.environment.name": "production"}``.
        access: ``timeout`` of a whole push (``"10s"``), ``headers``, and ``token`` or ``basic_auth`` (user, password).

    Raises:
        ConfigError: the URL, an attribute, a header or the timeout cannot be.

    Example:
        >>> Otlp("http://localhost:4318", service="nightly")
        <Otlp http://localhost:4318/v1/metrics>
    """

    def __init__(
        self,
        url: str,
        *,
        service: str,
        instance: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        **access: Unpack[Access],
    ) -> None:
        address, user = address_of(url)
        if address.path in ("", "/"):
            address = address._replace(path="/v1/metrics")
        if not service:
            raise ConfigError(f"{address}: service={service!r}; say what the metrics belong to")
        own = {"service.name": service, "service.instance.id": hostname() if instance is None else instance}
        resource = {**(attributes or {}), **own}
        if len(resource) < len(own) + len(attributes or {}):
            raise ConfigError(f"{address}: {' and '.join(own)} are given as service= and instance=")
        for name, value in resource.items():
            if not isinstance(value, str | bool | int | float):
                raise ConfigError(f"{address}: the attribute {name!r} is {value!r}; write a string or a number")
        self._resource = {name: value for name, value in resource.items() if value != ""}
        self._endpoint = Endpoint(address, user, **access)
        self._started = started()

    def push(self, registry: Registry = DEFAULT) -> None:
        """Send what every series says now.

        Raises:
            PushError: it was not taken, or not all of it.
        """
        with self._endpoint.turn() as ms:
            families = registry.snapshot()
            if families:
                self._send(write_request(families, self._resource, ms, self._started))

    def _send(self, body: bytes) -> None:
        import zlib  # noqa: PLC0415 - only who pushes needs it

        deflate = zlib.compressobj(wbits=31)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        answer = self._endpoint.send("POST", deflate.compress(body) + deflate.flush(), headers, retried=_RETRIED)
        self._see_whether_all_was_taken(answer)

    def _see_whether_all_was_taken(self, answer: Outcome) -> None:
        try:
            partial = read_fields(answer.body).get(1, b"")
            found = read_fields(partial) if isinstance(partial, bytes) else {}
        except ValueError:
            return  # a success in other words
        rejected, words = found.get(1, 0), found.get(2, b"")
        if rejected and isinstance(rejected, int) and isinstance(words, bytes):
            raise self._endpoint.refusal(
                f"{answer.status} and has left out {rejected} data points", words.decode(errors="replace")
            )

    def __repr__(self) -> str:
        return f"<Otlp {self._endpoint.address}>"
