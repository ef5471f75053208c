"""A runbook an alert: nine sections, from what was written by hand and what the declaration knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.alertmanager import takers
from vedette.build.derive import comparison
from vedette.build.links import dashboard_uid, dashboard_url, panel_id
from vedette.build.refusal import RefusalError
from vedette.build.slo.told import notice_table
from vedette.catalog import Email, PagerDuty, Route, Runbook, Slack, Teams, Webhook
from vedette.catalog.names import nearest
from vedette.duration import format_duration, milliseconds
from vedette.formats.template_words import in_words
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.build.plan import Plan, Use
    from vedette.catalog import Alert, Receiver, Severity

__all__ = ["SECTIONS", "runbooks"]

SECTIONS = (
    "Alert details",
    "Symptoms",
    "Impact",
    "Root causes",
    "Investigation",
    "Resolution",
    "Verification",
    "Escalation",
    "Post-incident and prevention",
)

# What may stand as a heading in a hand-written file → the section it is.
_HEADINGS = {section.lower(): section for section in SECTIONS[1:]} | {
    "causes": "Root causes",
    "prevention": "Post-incident and prevention",
    "post-incident": "Post-incident and prevention",
}

# Severity → who must have looked by when, and when it goes to the next person.
_LIMITS: Mapping[Severity, tuple[str, str]] = {
    "critical": ("at once, day and night", "15 minutes"),
    "high": ("within 15 minutes", "1 hour"),
    "medium": ("within the working day", "1 working day"),
    "low": ("within the week", "1 week"),
}

# Label → words in capitals that stand for it in the commands of runbooks, beside its own name.
_STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "instance": ("HOST", "PORT", "MACHINE", "TARGET"),
    "messaging_consumer_group_name": ("GROUP",),
    "messaging_destination_name": ("QUEUE", "TOPIC"),
    "relname": ("TABLE",),
    "server_address": ("HOST",),
    "check": ("NAME",),
    "daemonset": ("NAME",),
    "deployment": ("NAME",),
    "horizontalpodautoscaler": ("NAME",),
    "job_name": ("NAME",),
    "persistentvolumeclaim": ("NAME",),
    "statefulset": ("NAME",),
}
_SAID_AFTER = frozenset({"instance"})
"""Labels that say less than another one that the same word may stand for."""
_QUERY = re.compile(r"```promql\n.*?```", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
_NAMED = 2
"""More services than that a sentence does not name."""
_WORD = re.compile(r"\b[A-Z]{3,}\b")

_CASE = re.compile(
    r"(?!(?:Add|Block|Bring|Do|End|Find|Give|Go|Keep|Let|Make|Name|Put|Relieve|Remove|Renew|Run|Slow|Start|Stop|Switch"
    r"|Take|Tell|Undo) )"
    r"[^.:`]+: "
)
"""A case and what is done in it, as in "A leak: restart it", and not an order: "Start what sets it: `…`"."""

_HEADING = re.compile(r"^##[ \t]+(.+?)[ \t]*#*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")


@dataclass(slots=True)
class _Written:
    """What was written by hand: section → Markdown, and what stands under headings of its own."""

    sections: dict[str, str] = field(default_factory=dict)
    more: str = ""


def runbooks(plan: Plan) -> dict[str, str]:
    """Alert → its runbook in Markdown, sorted by name.

    Raises:
        DeclarationError: the file a runbook is in cannot be read, or is empty.
    """
    found: dict[str, str] = {}
    for uses in plan.packs().values():
        names = dict.fromkeys(alert.name for use in uses for alert in use.pack.alerts)
        for name in names:
            having = [(use, alert) for use in uses for alert in use.pack.alerts if alert.name == name]
            with plan.refusals.piece():
                found[name] = _runbook(plan, having)
    return dict(sorted(found.items()))


def _runbook(plan: Plan, having: Sequence[tuple[Use, Alert]]) -> str:
    use, alert = having[0]
    written = _written(alert)
    services = [service.name for use, _ in having for service in use.services]
    expr = show(plan.alert_expr(alert, use))
    sections = {
        "Alert details": _details(plan, having, written),
        "Symptoms": written.sections.get("Symptoms") or _symptoms(alert, services),
        "Impact": written.sections.get("Impact") or _not_written("who is harmed, and how"),
        "Root causes": written.sections.get("Root causes") or _not_written("what has caused it before"),
        "Investigation": written.sections.get("Investigation") or _investigation(plan, use, alert),
        "Resolution": written.sections.get("Resolution") or _not_written("what stops the harm, now and for good"),
        "Verification": _joined(written.sections.get("Verification"), _verification(alert)),
        "Escalation": _joined(written.sections.get("Escalation"), _escalation(plan, having)),
        "Post-incident and prevention": _joined(written.sections.get("Post-incident and prevention"), _after(alert)),
    }
    body = "\n\n".join(f"## {title}\n\n{text.strip()}" for title, text in sections.items())
    more = f"\n\n{written.more.strip()}" if written.more.strip() else ""
    text = f"# {alert.name}\n\n{body}{more}\n"
    pattern = "|".join(services)
    return text.replace("{expr}", expr).replace("{job}", pattern).replace("{alert}", alert.name)


def _joined(written: str | None, generated: str) -> str:
    if not written:
        return generated
    lists = written.strip().splitlines()[-1].lstrip().startswith("- ") and generated.startswith("- ")
    return written.strip() + ("\n" if lists else "\n\n") + generated


def _not_written(what: str) -> str:
    return f"Nobody has written yet {what}. The first who handles this alert does."


def _written(alert: Alert) -> _Written:
    if isinstance(alert.runbook, Runbook):
        return _Written(_of_value(alert.runbook))
    if alert.runbook is None:
        return _Written()
    path = Path(alert.place.file).parent / alert.runbook
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        near = nearest(path.name, [one.name for one in path.parent.glob("*.md")]) if path.parent.is_dir() else ""
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise RefusalError(
            alert.place,
            f"the runbook of alert {alert.name!r}",
            f": {path} cannot be read: {reason}",
            near.removeprefix("; "),
            code="runbook-not-there",
        ) from None
    if not text.strip():
        raise RefusalError(
            alert.place,
            f"the runbook of alert {alert.name!r}",
            f": {path} is empty",
            "write at least '## Investigation'",
            code="empty-runbook",
        )
    return _split(text)


def _split(text: str) -> _Written:
    """The parts of a file by its second-level headings; what stands before the first belongs to the symptoms."""
    written = _Written()
    section, heading, fenced = "Symptoms", "", False
    parts: dict[str, list[str]] = {}
    more: list[str] = []
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found:
            heading = found[1]
            section = _HEADINGS.get(heading.lower(), "")
            if not section:
                more.append(line)
        elif not fenced and line.startswith("# "):
            continue  # the title is ours
        elif section:
            parts.setdefault(section, []).append(line)
        else:
            more.append(line)
    written.sections = {name: "\n".join(lines).strip() for name, lines in parts.items() if "".join(lines).strip()}
    written.more = "\n".join(more)
    return written


def _of_value(runbook: Runbook) -> dict[str, str]:
    resolution = [
        f"### {title}\n\n{_bullets(points)}"
        for title, points in (("Now", runbook.resolution), ("Long-term", runbook.long_term))
        if points
    ]
    parts = {
        "Symptoms": runbook.symptoms,
        "Impact": runbook.impact,
        "Root causes": _numbered(runbook.causes),
        "Investigation": _numbered(runbook.investigation),
        "Resolution": "\n\n".join(resolution),
        "Verification": runbook.verification,
        "Escalation": runbook.escalation,
        "Post-incident and prevention": _bullets(runbook.prevention),
    }
    return {section: text for section, text in parts.items() if text.strip()}


def _bullets(points: Iterable[str]) -> str:
    return "\n".join(f"- {_indented(point, 2)}" for point in points)


def _numbered(points: Iterable[str]) -> str:
    return "\n".join(f"{index}. {_indented(point, 3)}" for index, point in enumerate(points, 1))


def _indented(text: str, by: int) -> str:
    first, *rest = text.strip().splitlines() or [""]
    return "\n".join([first, *(f"{' ' * by}{line}" if line else "" for line in rest)])


def _first(written: _Written) -> str:
    """What is done first, so that it stands on the first screen: the first point of the resolution.

    "A leak: restart it" is for one case of several, which alone at the top would read as what has happened.
    """
    now = f"\n{written.sections.get('Resolution', '')}".split("\n### Long-term")[0]
    found = re.search(r"^- (.+?)(?=\n- |\n\n|\n#|\n[ \t]*```|\Z)", now, re.MULTILINE | re.DOTALL)
    if not found:
        return ""
    one_of_several = len(re.findall(r"^- ", now, re.MULTILINE)) > 1 and _CASE.match(found[1])
    return f"**First{', if it fits' if one_of_several else ''}:** {' '.join(found[1].split())}"


def _words(plan: Plan, having: Sequence[tuple[Use, Alert]], written: _Written) -> str:
    """Which labels of the alert the words in capitals of its commands are."""
    code = _QUERY.sub("", "\n".join(written.sections.values()))
    there = {word for part in _CODE.findall(code) for word in _WORD.findall(part)}
    if not there:
        return ""
    known: frozenset[str] = frozenset({"service"})
    for use, alert in having:
        known |= plan.alert_labels(alert, use) or frozenset()
    found: dict[str, str] = {}
    for label in sorted(known, key=lambda one: (one in _SAID_AFTER, one)):
        for word in (label.upper(), *_STANDS_FOR.get(label, ())):
            if word in there:
                found.setdefault(word, label)
    return ", ".join(f"`{word}` is `{label}`" for word, label in found.items())


def _details(plan: Plan, having: Sequence[tuple[Use, Alert]], written: _Written) -> str:
    use, alert = having[0]
    look, next_person = _LIMITS[alert.severity]
    services = ", ".join(service.title for use, _ in having for service in use.services)
    uid = dashboard_uid(plan.stack.name, use.pack.name)
    link = f"{dashboard_url(plan.environment, uid)}?viewPanel={panel_id(use.pack.name, alert.panel)}"
    first, words = _first(written), _words(plan, having, written)
    lines = [
        _untold(_said(alert), [service.name for use, _ in having for service in use.services]),
        *(["", first] if first else []),
        "",
        "| | |",
        "|---|---|",
        f"| Severity | **{alert.severity}**: somebody looks {look} |",
        f"| Time limit | {next_person} without progress: call the next person |",
        f"| Services | {services} |",
        f"| Panel | [{alert.panel}]({link}) |",
        *([f"| In commands | the alert's labels: {words} |"] if words else []),
    ]
    for one, own in having:
        held = plan.scale.of(milliseconds(own.for_))
        when = f"for {format_duration(held)}" if held else "at the first evaluation"
        whose = f" ({', '.join(service.title for service in one.services)})" if len(having) > 1 else ""
        lines += ["", f"It fires when this has a value {when}{whose}:", "", "```promql"]
        lines += [show(plan.alert_expr(own, one)), "```"]
    objective = use.objective_of(alert.name)
    if objective is not None:
        lines += ["", f"How soon errors of the objective `{objective.id}` are noticed, in a window without others:", ""]
        lines.append(notice_table(objective.slo, objective.burns, objective.left_out))
    return "\n".join(lines).strip()


def _symptoms(alert: Alert, services: Sequence[str]) -> str:
    said = _untold(alert.description or alert.summary, services)
    return f"{said}\n\nThe panel linked above shows since when, and how far."


def _said(alert: Alert) -> str:
    """What the alert says: the description goes on from the summary."""
    return alert.description if alert.summary == alert.description else f"{alert.summary}. {alert.description}".strip()


def _untold(text: str, services: Sequence[str]) -> str:
    """A text of an alert before it fires: its templates by the names of what they will hold."""

    def name(what: str) -> str:
        return " or ".join(services) if what == "job" and len(services) <= _NAMED else f"`{what}`"

    return in_words(text, name)


def _investigation(plan: Plan, use: Use, alert: Alert) -> str:
    value = show(comparison(plan.alert_expr(alert, use)).expr)
    return f"""\
1. Look at the panel "{alert.panel}": a step is a change (release, configuration), a slope is growth or a leak.
2. What else fires for this service? The one that began first is nearest to the cause.
   ```promql
   ALERTS{{alertstate="firing", service=~"{{job}}"}}
   ```
3. Did the service start at that time?
   ```promql
   changes(up{{job=~"{{job}}"}}[1h])
   ```
4. What the alert measures, without its threshold:
   ```promql
   {value}
   ```"""


def _verification(alert: Alert) -> str:
    return f"""\
The alert resolves by itself, and its query has no value any more:
```promql
ALERTS{{alertname="{alert.name}", service=~"{{job}}"}}
```"""


def _after(alert: Alert) -> str:
    return f"""\
- Write down what it was, how it was found and what ended it, in the runbook of `{alert.name}`.
- Was the alert early enough, late, or noise? Change its threshold or its severity in the same change."""


def _escalation(plan: Plan, having: Sequence[tuple[Use, Alert]]) -> str:
    alert = having[0][1]
    owners = {service.name: one.team or service.team for use, one in having for service in use.services}
    contacts = [
        _contact(receiver)
        for use, one in having
        for service in use.services
        for receiver in _told(plan, use, one, {"service": service.name, "team": owners[service.name]})
    ]
    return "\n".join(
        [
            f"- Team: {', '.join(dict.fromkeys(owners.values()))}.",
            f"- {_LIMITS[alert.severity][1]} without progress: call the next person.",
            *([f"- Where it was announced: {', '.join(dict.fromkeys(contacts))}."] if contacts else []),
        ]
    )


def _told(plan: Plan, use: Use, alert: Alert, of: Mapping[str, str]) -> list[Receiver]:
    """Who is told of an alert of this service; a route by a label that only a firing alert has may be taken."""
    notify = plan.stack.notify if plan.environment.notify is None else plan.environment.notify
    labels = {"alertname": alert.name, "severity": alert.severity, "pack": use.pack.name, **of, **alert.labels}
    found: list[Receiver] = []
    for route in (item for item in notify if isinstance(item, Route)):
        unknown = route.match.keys() - labels.keys()
        if any(labels[name] != value for name, value in route.match.items() if name not in unknown):
            continue
        if unknown and not unknown <= (plan.alert_labels(alert, use) or frozenset()):
            continue
        found += takers(route.notify)[alert.severity]
        if not route.also and not unknown:
            return found
    return [*found, *takers([item for item in notify if not isinstance(item, Route)])[alert.severity]]


def _contact(receiver: Receiver) -> str:
    match receiver:
        case Email(to=to):
            return ", ".join(to)
        case Slack(channel=channel):
            return f"Slack {channel}"
        case PagerDuty():
            return "PagerDuty"
        case Teams():
            return "Teams"
        case Webhook():
            return "webhook"
