"""The names that link built files to one another: dashboard uids, panel ids and addresses."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.catalog import Environment

__all__ = ["dashboard_uid", "dashboard_url", "panel_id", "row_id", "runbook_url"]

_UID_LENGTH = 40  # Grafana's own limit


def panel_id(pack: str, title: str) -> int:
    """A panel's id: positive, 31 bits, from the names alone, so that links survive any rearrangement."""
    return _number(f"{pack}\0{title}")


def row_id(pack: str, title: str) -> int:
    """A row's id, of a space of its own."""
    return _number(f"{pack}\0row\0{title}")


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) & 0x7FFF_FFFF or 1


def dashboard_uid(stack: str, pack: str) -> str:
    """``<stack>-<pack>`` in the characters and the length that Grafana allows."""
    uid = re.sub(r"[^A-Za-z0-9_-]", "-", f"{stack}-{pack}")
    if len(uid) <= _UID_LENGTH:
        return uid
    return f"{uid[: _UID_LENGTH - 9]}-{hashlib.sha256(uid.encode()).hexdigest()[:8]}"


def dashboard_url(environment: Environment, uid: str) -> str:
    """Where a dashboard is shown, without a query."""
    return f"{environment.grafana_url or environment.external_url}/d/{uid}"


def runbook_url(environment: Environment, alert: str) -> str:
    """Where a runbook is shown."""
    return f"{environment.runbook_url or environment.external_url}/runbooks/{alert}"
