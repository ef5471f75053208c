"""The configuration of Alloy: what comes by OTLP, and what containers of Docker print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.telemetry import alloy

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["collected"]

_CONTAINERS: Final = """\
// What containers print. Their files are read, so that Docker's socket, which is root on the machine, stays outside.
local.file_match "containers" {
  path_targets = [{__path__ = "/var/lib/docker/containers/*/*-json.log"}]
}

loki.source.file "containers" {
  targets    = local.file_match.containers.targets
  forward_to = [loki.process.containers.receiver]
}

loki.process "containers" {
  // Docker's envelope; "attrs" is there where a container is started with the logging option "tag" or "labels".
  stage.json {
    expressions = {output = "log", stream = "stream", time = "time", attrs = "attrs"}
  }
  stage.json {
    source      = "attrs"
    expressions = {service_name = "tag"}
  }
  stage.timestamp {
    source = "time"
    format = "RFC3339Nano"
  }
  stage.labels {
    values = {service_name = "", stream = ""}
  }
  stage.label_drop {
    values = ["filename"]
  }
  stage.output {
    source = "output"
  }
  forward_to = [loki.write.loki.receiver]
}

loki.write "loki" {
  endpoint {
    url = "http://loki:3100/loki/api/v1/push"
  }LABELS
}
"""

_NODE: Final = """
  external_labels = {node = sys.env("NODE")}"""


def collected(prometheus: Sequence[str], *, by_node: bool = False) -> str:
    """``config.alloy``; by node, each line says where it was printed."""
    return alloy(prometheus) + _CONTAINERS.replace("LABELS", _NODE if by_node else "")
