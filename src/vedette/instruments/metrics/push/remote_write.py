"""Prometheus' remote write, to Prometheus itself or whatever else takes it.

https://prometheus.io/docs/specs/prw/remote_write_spec/ and https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from vedette.errors import ConfigError
from vedette.instruments.metrics.push.address import address_of
from vedette.instruments.metrics.push.endpoint import Access, Endpoint
from vedette.instruments.metrics.push.labels import checked_labels, hostname
from vedette.instruments.metrics.push.rows import NativeRow, rows_of
from vedette.instruments.metrics.push.snappy import compress
from vedette.instruments.metrics.push.write_request import write_v1, write_v2
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.instruments.metrics.push.rows import Row

__all__ = ["RemoteWrite"]

_CONTENT_TYPES = {1: "application/x-protobuf", 2: "application/x-protobuf;proto=io.prometheus.write.v2.Request"}
_VERSIONS = {1: "0.1.0", 2: "2.0.0"}
_WRITERS = {1: write_v1, 2: write_v2}
_WRITTEN = "x-prometheus-remote-write-"


class RemoteWrite:
    """A server that takes remote write.

    A classic histogram is sent as the series of its buckets, one with ``native=True`` as a native histogram only; a
    server that takes none refuses it.

    Args:
        url: whole, such as ``http://localhost:9090/api/v1/write``.
        job: the label ``job`` of all that is pushed.
        instance: the label ``instance``; by default the machine's name, and ``""`` leaves it out.
        labels: more labels for all that is pushed; where a series has one itself, that stays.
        version: of the protocol: 1 for what any server takes, 2 for what tells the type, unit and help of a series
            with it.
        access: ``timeout`` of a whole push (``"10s"``), ``headers``, and ``token`` or ``basic_auth`` (user, password).

    Raises:
        ConfigError: the URL, a label, the version, a header or the timeout cannot be.

    Example:
        >>> RemoteWrite("http://localhost:9090/api/v1/write", job="nightly", instance="")
        <RemoteWrite 1.0 http://localhost:9090/api/v1/write>
    """

    def __init__(
        self,
        url: str,
        *,
        job: str,
        instance: str | None = None,
        labels: Mapping[str, str] | None = None,
        version: Literal[1, 2] = 1,
        **access: Unpack[Access],
    ) -> None:
        address, user = address_of(url)
        if version not in _VERSIONS:
            raise ConfigError(f"{address}: version={version!r}; remote write has the versions 1 and 2")
        if not job:
            raise ConfigError(f"{address}: job={job!r}; say what the series belong to")
        more = checked_labels(f"{address}: labels", labels or {}, taken=("job", "instance"))
        own = {"job": job, "instance": hostname() if instance is None else instance}
        self._labels = checked_labels(str(address), {**more, **own})
        self._version = version
        self._endpoint = Endpoint(address, user, **access)
        self._told = 0.0

    def push(self, registry: Registry = DEFAULT) -> None:
        """Send a sample of every series that is exposed now.

        Raises:
            PushError: it was not taken, or not all of it.
        """
        with self._endpoint.turn() as ms:
            rows = [self._fresh(row) for row in rows_of(registry.snapshot(), self._labels)]
            if rows:
                self._send(compress(_WRITERS[self._version](rows, ms)))
                self._told = max(self._told, _latest(rows))

    def _send(self, body: bytes) -> None:
        headers = {
            "Content-Type": _CONTENT_TYPES[self._version],
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": _VERSIONS[self._version],
        }
        answer = self._endpoint.send("POST", body, headers)
        # A server of 1.0 that does not look at the type finds nothing in the message, and is content.
        if self._version == 2 and not any(name.startswith(_WRITTEN) for name in answer.headers):
            raise self._endpoint.refusal(
                f"{answer.status}, but not what it has written", "it knows remote write 1.0 only; use version=1"
            )

    def _fresh(self, row: Row) -> Row:
        """A series without the exemplars of earlier pushes: in a native histogram's, an older one is an error."""
        if not isinstance(row.value, NativeRow):
            return row
        return row._replace(exemplars=[one for one in row.exemplars if one.timestamp > self._told])

    def __repr__(self) -> str:
        return f"<RemoteWrite {self._version}.0 {self._endpoint.address}>"


def _latest(rows: Sequence[Row]) -> float:
    natives = (row for row in rows if isinstance(row.value, NativeRow))
    return max((one.timestamp for row in natives for one in row.exemplars), default=0.0)
