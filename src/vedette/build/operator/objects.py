"""What every object has: a name that Kubernetes takes, the namespace, and the labels by which the servers choose."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["NAMESPACE", "Names", "name_of"]

NAMESPACE: Final = "monitoring"
"""Where the objects live. A role in another namespace must say so, therefore it is one of theirs and not kubectl's."""

_LONGEST: Final = 63  # of a label's value, and of a Service
_LONGEST_SERVER: Final = 40  # the operator writes prometheus-<name>-<hash> into a label
_HASH: Final = 8


def name_of(text: str, longest: int = _LONGEST) -> str:
    """A name in small letters, digits and ``-``; one that is not so by itself ends in a hash, so that none is taken."""
    found = re.sub(r"[^a-z0-9-]", "-", text.lower()).strip("-")
    if found == text and len(found) <= longest:
        return found
    return f"{found[: longest - _HASH - 1].strip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:_HASH]}".strip("-")


@dataclass(frozen=True, slots=True)
class Names:
    """What the objects of one stack are called."""

    stack: str
    server: str = field(init=False)
    """Of the stack itself: its Prometheus and its Alertmanager."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", name_of(self.stack, _LONGEST_SERVER))

    @property
    def secrets(self) -> str:
        """The Secret that holds one key for each secret of the stack; whoever deploys makes it."""
        return f"{self.server}-secrets"

    @property
    def account(self) -> str:
        """The service account of Prometheus, and its Service."""
        return f"prometheus-{self.server}"

    @property
    def alertmanager(self) -> str:
        """The Service of Alertmanager."""
        return f"alertmanager-{self.server}"

    @property
    def labels(self) -> dict[str, str]:
        """On every object; what Prometheus reads is chosen by it."""
        return {"app.kubernetes.io/part-of": self.server}

    def of(self, name: str) -> str:
        """The name of something that several stacks may have, for example the rules of a pack."""
        return name_of(f"{self.stack}-{name}")

    def object(
        self,
        kind: str,
        name: str,
        *,
        version: str = "v1",
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        """One object; ``body`` is what stands beside its metadata."""
        metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE, "labels": {**self.labels, **(labels or {})}}
        if annotations:
            metadata["annotations"] = annotations
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}
