"""What kind of file something is, told by its keys and not by its name."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.formats import yaml

__all__ = ["Kind", "is_ours", "kind_of", "objects"]


class Kind(Enum):
    """The kinds that are read, and one that is known and not read."""

    RULES = auto()
    RULE_OBJECT = auto()
    """A PrometheusRule of Kubernetes."""
    ALERTMANAGER = auto()
    PROMETHEUS = auto()
    DASHBOARD = auto()
    CONFIG_MAP = auto()
    """A ConfigMap of Kubernetes, which may hold files of the others."""
    OTHER = auto()
    """Tests of promtool, rules of Grafana's own alerting."""


_SCRAPING: Final = frozenset({"scrape_configs", "rule_files", "alerting", "scrape_config_files"})
_LOG_AGENT: Final = frozenset({"clients", "positions", "server", "target_config"})
_HEAD: Final = frozenset({"title", "schemaVersion", "templating", "uid", "time", "annotations", "version", "id"})
_YAML: Final = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:groups|receivers|scrape_configs|rule_files)[ \t]*:|^kind:[ \t]*[\"']?PrometheusRule"
    r"|^[ \t]*-[ \t]+(?:alert|record)[ \t]*:",
    re.MULTILINE,
)
_JSON: Final = re.compile(r"\"(?:panels|templating|schemaVersion)\"\s*:")


def kind_of(keys: Mapping[str, Any]) -> Kind | None:
    """The kind of a document by its top keys; values are those of JSON, or nodes of YAML. None for anything else."""
    names = set(keys)
    if "kind" in names and "apiVersion" in names and not _dashboard(keys):
        word = _text(keys["kind"])
        if word == "ConfigMap" and "data" in names:
            return Kind.CONFIG_MAP
        return Kind.RULE_OBJECT if word == "PrometheusRule" and "spec" in names else None
    if "tests" in names and names & {"rule_files", "evaluation_interval", "group_eval_order"}:
        return Kind.OTHER
    if "groups" in names:
        return Kind.OTHER if "apiVersion" in names else Kind.RULES
    if "receivers" in names and ("route" in names or not names & {"service", "exporters", "processors"}):
        return Kind.ALERTMANAGER
    if names >= {"route", "inhibit_rules"}:
        return Kind.ALERTMANAGER
    if names & _SCRAPING and not names & _LOG_AGENT:
        return Kind.PROMETHEUS
    if "global" in names and names <= {"global", "remote_write", "remote_read", "storage", "runtime", "otlp"}:
        return Kind.PROMETHEUS
    return Kind.DASHBOARD if _dashboard(keys) else None


def _dashboard(keys: Mapping[str, Any]) -> bool:
    inner = keys.get("dashboard")
    if isinstance(inner, dict) and inner.keys() & {"panels", "rows", "elements"}:
        return True
    if "spec" in keys and _text(keys.get("apiVersion")).startswith("dashboard.grafana.app/"):
        return True
    return ("elements" in keys and "layout" in keys) or (
        bool({"panels", "rows"} & set(keys)) and bool(_HEAD & set(keys))
    )  # fmt: skip


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "text", ""))


def objects(document: yaml.Node) -> Iterator[yaml.Node]:
    """The document, or what a Kubernetes list in it holds; mappings only."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if node.kind != "mapping":
            continue
        keys = {key.text: value for key, value in zip(node.children[::2], node.children[1::2], strict=True)}
        items = keys.get("items")
        if "kind" in keys and keys["kind"].text.endswith("List") and items is not None and items.kind == "list":
            waiting += reversed(items.children)
        else:
            yield node


def is_ours(text: str, *, json: bool = False) -> bool:
    """Whether a text that cannot be read was to be one of the kinds, by words in it."""
    return bool(_JSON.search(text) or (not json and _YAML.search(text)))
