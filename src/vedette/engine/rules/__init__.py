"""Recording and alerting rules as a step machine."""

from __future__ import annotations

from vedette.engine.rules.machine import RESEND_DELAY, Rules, Verdict
from vedette.engine.rules.status import ActiveAlert, AlertingStatus, Failure, GroupStatus, RecordingStatus, RuleStatus

__all__ = [
    "RESEND_DELAY",
    "ActiveAlert",
    "AlertingStatus",
    "Failure",
    "GroupStatus",
    "RecordingStatus",
    "RuleStatus",
    "Rules",
    "Verdict",
]
