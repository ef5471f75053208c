"""Pushing to a Pushgateway, which keeps what it is given until a scrape, and until somebody deletes it.

https://github.com/prometheus/pushgateway/blob/v1.11.2/README.md#api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from vedette.errors import ConfigError
from vedette.instruments.metrics.exposition import CONTENT_TYPES, protobuf
from vedette.instruments.metrics.push.address import address_of
from vedette.instruments.metrics.push.endpoint import Access, Endpoint
from vedette.instruments.metrics.push.labels import checked_labels
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pushgateway"]

# A path that is made simpler on its way would lose these.
_LOST = ("", ".", "..")


class Pushgateway:
    """A group of metrics in a Pushgateway.

    Sent is protobuf, not the text format: it alone carries native histograms and exemplars.

    Args:
        url: of the server, such as ``http://localhost:9091``; it may have a path, and a user and password.
        job: the label ``job`` of all that is pushed.
        grouping: more labels that tell this group from others.
        access: ``timeout`` of a whole push (``"10s"``), ``headers``, and ``token`` or ``basic_auth`` (user, password).

    Raises:
        ConfigError: the URL, a label, a header or the timeout cannot be.

    Example:
        >>> gateway = Pushgateway("http://localhost:9091", job="nightly", grouping={"shop": "rome/centre"})
        >>> gateway
        <Pushgateway http://localhost:9091/metrics/job/nightly/shop@base64/cm9tZS9jZW50cmU>
    """

    def __init__(
        self, url: str, *, job: str, grouping: Mapping[str, str] | None = None, **access: Unpack[Access]
    ) -> None:
        address, user = address_of(url)
        if not job:
            raise ConfigError(f"{address}: job={job!r}; a group needs a name")
        more = checked_labels(f"{address}: grouping", grouping or {}, taken=("job",))
        labels = checked_labels(str(address), {"job": job, **more})
        path = "".join(f"/{part}" for name, value in labels.items() for part in _segments(name, value))
        self._endpoint = Endpoint(address.below(f"/metrics{path}"), user, **access)

    def push(self, registry: Registry = DEFAULT) -> None:
        """Replace the whole group by what is exposed now.

        Raises:
            PushError: it was not taken.
        """
        self._send("PUT", registry)

    def add(self, registry: Registry = DEFAULT) -> None:
        """Replace the metrics that are exposed now, and leave what else is in the group.

        Raises:
            PushError: it was not taken.
        """
        self._send("POST", registry)

    def delete(self) -> None:
        """Delete the whole group.

        Raises:
            PushError: it was not done.
        """
        self._endpoint.send("DELETE", None, {})

    def _send(self, method: str, registry: Registry) -> None:
        self._endpoint.send(method, protobuf(registry), {"Content-Type": CONTENT_TYPES["protobuf"]})

    def __repr__(self) -> str:
        return f"<Pushgateway {self._endpoint.address}>"


def _segments(name: str, value: str) -> tuple[str, str]:
    """A label as two parts of a path."""
    if "/" in value or value in _LOST:
        from base64 import urlsafe_b64encode  # noqa: PLC0415 - few values need it

        return f"{name}@base64", urlsafe_b64encode(value.encode()).decode().rstrip("=") or "="
    from urllib.parse import quote  # noqa: PLC0415 - only who pushes needs it

    return name, quote(value, safe="")
