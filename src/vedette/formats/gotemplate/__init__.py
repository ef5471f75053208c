"""Go's ``text/template`` language, as Prometheus and Alertmanager use it: parse once, execute on plain values.

The functions that Prometheus and Alertmanager add live in ``formats/template_functions.py``.
"""

from __future__ import annotations

from vedette.formats.gotemplate.chrono import GoDuration, Time
from vedette.formats.gotemplate.execute import Template
from vedette.formats.gotemplate.parse import TemplateError
from vedette.formats.gotemplate.printf import sprint, sprintf, sprintln
from vedette.formats.gotemplate.values import GoNamed, SafeHtml, StringMap

__all__ = [
    "GoDuration",
    "GoNamed",
    "SafeHtml",
    "StringMap",
    "Template",
    "TemplateError",
    "Time",
    "sprint",
    "sprintf",
    "sprintln",
]
