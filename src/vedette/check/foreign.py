"""Facts from anybody's files: what kind each is, is told by what stands in it; what cannot be read is a finding.

Read are rule files, PrometheusRule objects, ``alertmanager.yml``, ``prometheus.yml`` and Grafana dashboards, also rule
files and dashboards within a ConfigMap. Tests of promtool, and what Grafana and the operator keep besides, are passed
over.
"""

from __future__ import annotations

import glob
import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.check.facts import Facts, Group, Recording, Routing
from vedette.check.foreign_dashboards import dashboard_of
from vedette.check.foreign_rules import groups_of
from vedette.check.guess import Recorded, known_for
from vedette.check.kinds import Kind, is_ours, kind_of, objects
from vedette.check.mending import documents, template
from vedette.check.problems import Problems
from vedette.errors import ConfigError
from vedette.formats import alertmanager, prometheus
from vedette.formats._yaml_text import Inner, Source
from vedette.formats.json_value import Where, parse, whole_characters
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vedette.check.facts import Dashboard
    from vedette.check.finding import Finding
    from vedette.formats import yaml
    from vedette.formats.prometheus import PrometheusConfig

__all__ = ["MAX_SIZE", "facts_of_paths", "facts_of_texts"]

MAX_SIZE: Final = 8_000_000
"""Bytes of a file that is read; that much takes seconds, and a few hundred megabytes of memory."""
_SUFFIXES: Final = (".yml", ".yaml", ".json")
_PASSED: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip


def facts_of_texts(texts: Mapping[str, str]) -> tuple[Facts, list[Finding]]:
    """The facts in files given as name → text, and what cannot be read of them."""
    reading = _Reading()
    for file, text in texts.items():
        reading.text(file, text, named=True)
    return reading.facts(()), reading.findings


def facts_of_paths(paths: Sequence[Path]) -> tuple[Facts, list[Finding]]:
    """The facts in files and folders, and what cannot be read of them.

    Folders are walked for YAML and JSON. What is none of the kinds that are read is passed over there, and told where
    it is named itself. Rule files that a ``prometheus.yml`` names by a relative path are read too.
    """
    reading = _Reading()
    named = {path for path in paths if not path.is_dir()}
    waiting = deque(_walked(paths))
    seen: set[str] = set()
    while waiting:
        path = waiting.popleft()
        real = os.path.realpath(path)
        if real in seen:
            continue
        seen.add(real)
        count = len(reading.scraping)
        reading.file(path, named=path in named)
        for config in reading.scraping[count:]:
            waiting.extend(_rule_files(path, config))
    folders = tuple(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))
    return reading.facts(folders), reading.findings


def _walked(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, files in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith(".") and name not in _PASSED)
            found = (
                Path(folder, name) for name in sorted(files) if name.endswith(_SUFFIXES) and not name.startswith(".")
            )
            # a pipe would never end, and what leads nowhere is told
            yield from (path for path in found if path.is_file() or not path.exists())


def _rule_files(path: Path, config: PrometheusConfig) -> Iterator[Path]:
    for pattern in config.rule_files:
        if not pattern.startswith("/") and "\0" not in pattern:
            found = sorted(glob.glob(str(path.parent / pattern)))  # noqa: PTH207 - as Prometheus matches it
            yield from (Path(name) for name in found if Path(name).is_file())


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.scraping: list[PrometheusConfig] = []
        self._groups: list[Group] = []
        self._dashboards: list[Dashboard] = []
        self._routing: list[Routing] = []
        self._recorded: dict[str, list[Recording]] = {}
        self._lost: dict[str, Place] = {}
        self._known = known_for(self._recorded, self._lost)

    def facts(self, folders: tuple[Path, ...]) -> Facts:
        """All of it."""
        for group in self._groups:
            for rule in group.rules:
                if isinstance(rule, Recording):
                    self._recorded.setdefault(rule.name, []).append(rule)
        scraped = [
            prometheus.resolved(job, one.global_).scrape_interval or 0
            for one in self.scraping
            for job in one.scrape_configs
        ] or [one.global_.scrape_interval for one in self.scraping]
        return Facts(
            kind="foreign",
            groups=tuple(self._groups),
            dashboards=tuple(self._dashboards),
            routing=tuple(self._routing),
            scraping=tuple(self.scraping),
            known=self._known,
            series=Recorded(self._known),
            scrape_interval=max(scraped, default=None),
            evaluation_interval=max((one.global_.evaluation_interval for one in self.scraping), default=None),
            folders=folders,
        )

    def file(self, path: Path, *, named: bool) -> None:
        """Read a file; ``named``: somebody asks for this very file."""
        problems = Problems(str(path))
        start = Place(str(path), 1, 1)
        try:
            size = path.stat().st_size
            raw = path.read_bytes() if size <= MAX_SIZE else b""
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            problems.add(start, str(path), f"it cannot be read: {why}", "name a file or folder that can be read")
            self.findings += problems.found
            return
        if size > MAX_SIZE:
            if named or is_ours(_beginning(path)):
                self._too_large(problems, size)
                self.findings += problems.found
            return
        mark = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
        if mark:
            problems.add(start, str(path), f"it is {mark}, which is not read here", "save it as UTF-8", level="warning")
            self.findings += problems.found
            return
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            text = raw.decode(errors="replace")
            if named or is_ours(text):
                place = Source(str(path), raw[: error.start].decode()).end
                what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
                problems.add(place, str(path), what, "save the file as UTF-8")
        self.findings += problems.found
        self.text(str(path), text, named=named)

    def text(self, file: str, text: str, *, named: bool) -> None:
        """Read what stands in a file."""
        problems = Problems(file)
        text = text.removeprefix("\ufeff")
        if len(text) > MAX_SIZE:
            self._too_large(problems, len(text))
            found = True
        elif "\0" in text:
            place = Source(file, text).place(text.index("\0"))
            problems.add(place, file, "a zero byte: this is no text", "name a text file")
            found = False
        else:
            found = self._read(Source(file, text), problems)
        if not found and named and not problems.found:
            problems.add(
                Place(file, 1, 1),
                file,
                "it is empty" if not text.strip() else "it is nothing that is read here",
                "name rule files, PrometheusRule objects, an alertmanager.yml, a prometheus.yml or Grafana dashboards",
                level="warning",
            )
        if named or found or is_ours(text):
            self.findings += problems.found

    def _too_large(self, problems: Problems, size: int) -> None:
        message = f"it has {size / 1e6:.0f} MB, and no more than {MAX_SIZE / 1e6:.0f} are read"
        problems.add(Place(problems.file, 1, 1), problems.file, message, "split it into several files", level="warning")

    def _read(self, source: Source, problems: Problems) -> bool:
        """Whether a text is of a kind that is known."""
        text = source.text
        start = text.lstrip()[:2]
        if start[:1] == "{" and start != "{{" and (known := self._json(source, problems)) is not None:
            return known
        at = template(text, broken=False)
        if at is None:
            tried = Problems(problems.file)
            found, lost = documents(source, tried)
            at = template(text, broken=True) if tried.found else None
        if at is not None:
            problems.add(
                source.place(at),
                problems.file,
                "it is a template, of which only what it makes can be checked",
                "render it, for example by `helm template`, and check what comes out",
                level="warning",
            )
            return is_ours(text)
        problems.found += tried.found
        self._lost.update({name: source.place(0) for name in lost if name})
        read = [self._document(one, source, problems) for document in found for one in objects(document)]
        return any(read)

    def _json(self, source: Source, problems: Problems) -> bool | None:
        """The same of a text that may be JSON; None where it is to be read as YAML."""
        text = whole_characters(source.text)
        try:
            document = parse(text, problems.file)
        except ConfigError as error:
            if not problems.file.endswith(".json") and not is_ours(text, json=True):
                return None
            problems.take(error, source=source)
            return False
        kind = kind_of(document.values)
        if kind is not Kind.DASHBOARD:
            return None if kind is not None else False
        where = Where(source)
        try:
            self._dashboards.append(dashboard_of(text, where, problems, self._known))
        except ConfigError as error:  # of another schema, which Grafana reads and nothing here does
            problems.take(error, level="warning", source=source)
        else:
            for path, place in where.twice():
                what = f"{path} is written twice, and only the second counts"
                problems.add(place, problems.file, what, "remove one of them", level="warning")
        return True

    def _document(self, node: yaml.Node, source: Source, problems: Problems) -> bool:
        """Whether a document is of a kind that is known."""
        keys = {key.text: value for key, value in zip(node.children[::2], node.children[1::2], strict=True)}
        kind = kind_of(keys)
        if kind is Kind.RULES:
            self._groups += groups_of(_groups_in(node, problems), problems, self._known, self._lost)
        elif kind is Kind.RULE_OBJECT:
            self._groups += groups_of(_groups_in(keys["spec"], problems), problems, self._known, self._lost)
        elif kind is Kind.CONFIG_MAP:
            texts = [value for value in keys["data"].children[1::2] if value.kind == "text" and is_ours(value.text)]
            return any([self._read(value.inner(), problems) for value in texts])  # noqa: C419 - every one is read
        elif kind is Kind.ALERTMANAGER and not isinstance(source, Inner):
            routing, errors = alertmanager.read_all(source.text, problems.file)
            problems.take_all(errors)
            if routing is not None:
                self._routing.append(Routing(value=routing, place=routing.place or node.place))
        elif kind is Kind.PROMETHEUS and not isinstance(source, Inner):
            config, errors = prometheus.read_all(source.text, problems.file)
            problems.take_all(errors)
            if config is not None:
                self.scraping.append(config)
        return kind is not None


def _groups_in(node: yaml.Node, problems: Problems) -> list[yaml.Node]:
    """The groups of a file or object, also where ``groups`` stands twice, which is told."""
    found: list[yaml.Node] = []
    try:
        node.section()
    except ConfigError as error:
        problems.take(error)
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if key.text == "groups":
            try:
                found += value.named("groups").items()
            except ConfigError as error:
                problems.take(error)
    return found


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(65_536).decode(errors="replace")
