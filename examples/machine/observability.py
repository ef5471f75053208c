"""Everything that watches machines: here the one it runs on, in production those with a node_exporter.

``vedette up --stack examples.machine.observability:stack --environment local`` needs no service and no exporter.
"""

from __future__ import annotations

from vedette import Email, Environment, Service, Stack
from vedette.packs import host

__all__ = ["stack"]

stack = Stack(
    name="machine",
    title="Machines",
    services=[Service("node", title="Machines", team="hosting", targets=["localhost:9100"], packs=[host])],
    notify=[Email("hosting@example.com")],
    environments=[Environment("production", targets={"node": ["web1.example:9100", "db1.example:9100"]})],
)
