"""A text of a receiver is no template that can run: the notification is not sent, or comes without its words.

Alertmanager runs the templates of a receiver only when it has something to tell. Braces without end, a function or a
field that does not exist (``.CommonLabel``), a template that no file defines: then it writes an error to its log and
sends nothing. Slack gets a message in which this text and those after it are empty. `amtool check-config` reads the
files that ``templates:`` names, and not the texts of receivers.

Looked at are the keys that Alertmanager expands, and the files that ``templates:`` names by a relative path. A template
that is not defined is told where all of these files are there.
https://prometheus.io/docs/alerting/latest/notifications/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.routing import at
from vedette.check.templating import correction, fails_always
from vedette.formats._alertmanager_keys import TEMPLATED
from vedette.formats._alertmanager_values import DEFAULT_HTML
from vedette.formats.gotemplate import Template, TemplateError, Time
from vedette.formats.notification_data import Alerts, KeyValues, TemplateAlert, TemplateData
from vedette.formats.template_functions import alertmanager_functions
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Routing
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import Receiver
    from vedette.formats.gotemplate.parse import Tree

__all__ = ["CHECK", "find"]

_INDEX: Final = re.compile(r"\[\d+\]")
_OWN: Final = re.compile(r"__\w+|\w+\.default\.\w+")
"""The names of the templates that Alertmanager brings with it."""
_NOT_DEFINED: Final = re.compile(r"template '(.*?)' not defined", re.DOTALL)
_FIELDS: Final = tuple(f".{name}" for name in TemplateData.go_names)


def find(facts: Facts) -> Iterator[Finding]:
    """Files that cannot be parsed, then texts that cannot be parsed or fail whatever the alerts are."""
    for routing in facts.routing:
        files = _Files(routing)
        for path, error in files.broken:
            yield CHECK.finding(
                Place(str(path), error.line, error.column),
                f"templates {path.name}",
                f"this file is no template, and Alertmanager does not start with it: {error.message}",
                _correction(error, files),
            )
        for receiver in routing.value.receivers:
            for text in _texts(receiver):
                problem = _problem(text.value, files)
                if problem is not None:
                    yield _told(routing, text, problem, files)


class _Text(NamedTuple):
    """A text that Alertmanager expands."""

    receiver: Receiver
    key: str
    """``slack_configs[0].title``."""
    value: str


class _Files:
    """The templates that the configuration names, as far as they are here."""

    def __init__(self, routing: Routing) -> None:
        self.definitions: dict[str, Tree] = {}
        self.broken: list[tuple[Path, TemplateError]] = []
        self.complete = True
        """Whether all of them are here and can be read."""
        for pattern in routing.value.templates:
            found = [] if Path(pattern).is_absolute() else _glob(Path(routing.place.file).parent, pattern)
            self.complete = self.complete and bool(found)
            for path in found:
                self._read(path)

    def _read(self, path: Path) -> None:
        try:
            parsed = Template.parse(path.read_text("utf-8"), str(path), functions=alertmanager_functions())
        except TemplateError as error:
            self.broken.append((path, error))
        except (OSError, UnicodeDecodeError):
            pass
        else:
            self.definitions |= parsed.definitions
            return
        self.complete = False


def _glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except (ValueError, OSError):  # such as a pattern with a null in it
        return []


def _texts(receiver: Receiver) -> Iterator[_Text]:
    """Those in which there is something to expand."""
    own: dict[str, object] = {
        "email_configs": [
            {"to": one.to, "from": one.from_, "headers": one.headers, "html": one.html, "text": one.text}
            for one in receiver.email_configs
        ],
        "webhook_configs": [{"url": one.url, **one.other} for one in receiver.webhook_configs],
    }
    for kind, items in {**own, **receiver.other}.items():
        for key, text in _within(items, kind) if kind in TEMPLATED else ():
            below = _INDEX.sub("", key).partition(".")[2]
            if "{{" in text and text != DEFAULT_HTML and _is_expanded(below, TEMPLATED[kind]):
                yield _Text(receiver, key, text)


def _is_expanded(key: str, keys: frozenset[str]) -> bool:
    parts = key.split(".")
    return any(".".join(parts[:end]) in keys for end in range(1, len(parts) + 1))


def _within(value: object, key: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield key, value
        case dict():
            for name, below in value.items():
                yield from _within(below, f"{key}.{name}")
        case list() | tuple():
            for index, below in enumerate(value):
                yield from _within(below, f"{key}[{index}]")
        case _:
            pass


def _problem(text: str, files: _Files) -> TemplateError | None:
    try:
        parsed = Template.parse(text, functions=alertmanager_functions(), definitions=files.definitions, missing="zero")
    except TemplateError as error:
        return error
    stubs: dict[str, Tree] = {}
    for data in (_data("firing"), _data("resolved")):
        while True:
            template = Template(parsed.tree, {**stubs, **parsed.definitions}, parsed.functions, parsed.missing)
            try:
                template.execute(data)
            except TemplateError as error:
                missing = _NOT_DEFINED.match(error.message)
                if missing is None:
                    if fails_always(error):
                        return error
                    break
                if files.complete and not _OWN.fullmatch(missing[1]):
                    return error
                stubs[missing[1]] = _NOTHING.tree
            else:
                break
    return None


_NOTHING: Final = Template.parse("")


def _data(status: str) -> TemplateData:
    """A notification of one alert."""
    labels = KeyValues({"alertname": "A", "severity": "high"})
    alert = TemplateAlert(
        status=status,
        labels=labels,
        annotations=KeyValues({"summary": "S"}),
        starts_at=Time.at(0),
        ends_at=Time.zero() if status == "firing" else Time.at(60_000),
        generator_url="http://localhost:9090/graph",
        fingerprint="0",
    )
    return TemplateData(
        receiver="team",
        status=status,
        alerts=Alerts([alert]),
        notification_reason="",
        group_labels=labels,
        common_labels=labels,
        common_annotations=KeyValues({"summary": "S"}),
        external_url="http://localhost:9093",
    )


def _told(routing: Routing, text: _Text, problem: TemplateError, files: _Files) -> Finding:
    slack = text.key.startswith("slack_configs")
    outcome = "it and others of the message come empty" if slack else "nothing is sent"
    where = f" (in {problem.name}:{problem.line})" if problem.name else ""
    message = problem.message.partition("; defined: ")[0]
    return CHECK.finding(
        _place(routing, text, problem),
        f"receiver {text.receiver.name}",
        f"{text.key} is no template that can run, so that {outcome}: {message}{where}",
        _correction(problem, files),
    )


def _place(routing: Routing, text: _Text, problem: TemplateError) -> Place:
    """The line of the mistake, where the text stands as it is written; else that of its key."""
    written = text.receiver.written.get(text.key)
    if written is None:
        return at(routing, text.receiver)
    lines = text.value.split("\n")
    line = lines[problem.line - 1] if not problem.name and problem.line <= len(lines) else ""
    start = written.text.find(line) if line.strip() else -1
    if start < 0:
        return written.place
    offset = start + problem.column - 1
    above = written.text.count("\n", 0, offset)
    column = offset - written.text.rfind("\n", 0, offset) if above else written.place.column + offset
    return Place(written.place.file, written.place.line + above, column)


def _correction(problem: TemplateError, files: _Files) -> str:
    missing = _NOT_DEFINED.match(problem.message)
    if missing is not None:
        return f"define it in a file that templates: names{nearest(missing[1], files.definitions)}"
    return correction(problem.message, functions=alertmanager_functions(), variables=(), fields=_FIELDS)


_FILE: Final = """\
route:
  receiver: team
receivers:
  - name: team
    slack_configs:
      - api_url_file: /etc/alertmanager/slack
        title: "{} of {{{{ .CommonLabels.service }}}}"{}
"""

CHECK = Check(
    code="receiver-template",
    about="routes",
    level="error",
    find=find,
    bad=Example("alertmanager.yml", _FILE.format("{{ .CommonLabel.alertname }}", "  # <-")),
    good=Example("alertmanager.yml", _FILE.format("{{ .CommonLabels.alertname }}", "")),
)
