"""Grafana dashboards in anybody's files as facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.check.facts import Dashboard, Panel, PanelQuery, Query, Text
from vedette.formats import grafana
from vedette.formats.grafana_query import tree
from vedette.promql.lexer import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vedette.check.problems import Problems
    from vedette.formats.json_value import Where
    from vedette.place import Place
    from vedette.promql.flow import Known

__all__ = ["LOGS", "dashboard_of"]

_PROMETHEUS: Final = frozenset(
    {"prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource"}
)
_OWN: Final = frozenset({"grafana", "-- Grafana --", "-- Dashboard --", "__expr__", "-- Expression --"})
LOGS: Final = re.compile(r"\}\s*(?:\|[=~>]|!=\s*[\"`]|!~\s*[\"`]|!>|\|\s*[a-z_]\w*)")
"""What follows a selector in a query of logs, and never in PromQL."""


def dashboard_of(text: str, where: Where, problems: Problems, known: Known) -> Dashboard:
    """The dashboard in a text; what is wrong with it goes to ``problems``.

    Raises:
        ConfigError: it is no JSON, or no classic dashboard.
    """
    wrong: list[tuple[str, str]] = []
    value = grafana.read(text, problems.file, lambda path, what: wrong.append((path, what)))
    subject = f"dashboard {value.title or value.uid or problems.file}"
    for path, what in wrong:
        level = "error" if _spoils(path) else "warning"
        problems.add(
            where.place(path),
            subject,
            f"{path}: {what}",
            "correct it; what has a wrong type is shown otherwise than meant, or not at all",
            level=level,  # type: ignore[arg-type]  # mypy reads the choice as any text
            certain=level == "error",
        )
    reader = _Reader(value, subject, where, problems, known, _sources(value))
    return Dashboard(
        value=value,
        panels=tuple(reader.panel(one) for one in _flat(value.panels)),
        place=where.place(_below(value.path, "title")),
        subject=subject,
        locate=_locator(where, value.path, _below(value.path, "title")),
        variables=value.variables,
    )


def _spoils(path: str) -> bool:
    """Whether Grafana cannot show the panels with something wrong here."""
    return path.rpartition(".")[2].partition("[")[0] in ("panels", "rows", "targets", "expr", "title")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _locator(where: Where, path: str, otherwise: str) -> _Locator:
    return _Locator(where, path, otherwise)


@dataclass(frozen=True, slots=True, eq=False)
class _Locator:
    """Where a key below ``path`` stands; where it is not written, where ``otherwise`` does."""

    where: Where
    path: str
    otherwise: str

    def __call__(self, key: str) -> Place:
        whole = _below(self.path, key)
        return self.where.place(whole if self.where.offset(whole) is not None else self.otherwise)


def _flat(panels: Iterable[grafana.Panel]) -> Iterator[grafana.Panel]:
    for panel in panels:
        if panel.type != "row":
            yield panel
        yield from _flat(panel.panels)


def _sources(dashboard: grafana.Dashboard) -> dict[str, str]:
    """Variables and inputs that stand for a data source → its type, where the dashboard says."""
    found = {
        one.name: one.query for one in dashboard.variables if one.type == "datasource" and isinstance(one.query, str)
    }
    inputs = dashboard.other.get("__inputs")
    for one in inputs if isinstance(inputs, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("pluginId"), str):
            found[one["name"]] = one["pluginId"]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """The panels of one dashboard."""

    value: grafana.Dashboard
    subject: str
    where: Where
    problems: Problems
    known: Known
    sources: Mapping[str, str]

    def panel(self, panel: grafana.Panel) -> Panel:
        subject = f"panel {panel.title or panel.id} of {self.subject}"
        head = _below(panel.path, "title")
        if self.where.offset(head) is None:
            head = panel.path
        return Panel(
            value=panel,
            queries=tuple(self._query(target, panel, subject) for target in panel.targets),
            place=self.where.place(head),
            subject=subject,
            locate=_Locator(self.where, panel.path, head),
        )

    def _query(self, target: grafana.Target, panel: grafana.Panel, subject: str) -> PanelQuery:
        text = self._text(target.expr, f"{target.path}.expr")
        kind = self._kind(target.datasource, panel.datasource)
        query, problem = None, ""
        foreign = kind not in (*_PROMETHEUS, "") or (kind == "" and LOGS.search(target.expr))
        if target.expr.strip() and not foreign:
            try:
                found = tree(target.expr)
                query = None if found is None else Query(text, found, subject, self.known)
            except ParseError as error:
                problem = error.message
                self._broken(error, text, subject, certain=kind in _PROMETHEUS)
        return PanelQuery(
            query=query,
            text=text,
            legend=self._text(target.legend, f"{target.path}.legendFormat"),
            ref_id=target.ref_id,
            problem=problem,
        )

    def _broken(self, error: ParseError, text: Text, subject: str, *, certain: bool) -> None:
        message, _, fix = error.message.partition("; ")
        self.problems.add(
            text.locate(error.position),
            subject,
            f"its query is no PromQL: {message}",
            fix if fix.startswith("write") else "",
            level="error" if certain else "warning",
            certain=certain,
        )

    def _text(self, value: str, path: str) -> Text:
        where = self.where
        return Text(value, lambda: where.place(path), lambda index: where.place(path, index))

    def _kind(self, *sources: grafana.Datasource | None) -> str:
        """The type of the data source that is asked; nothing where nobody says."""
        for source in sources:
            if source is None or source.uid in ("", "-- Mixed --", "default"):
                if source is not None and source.type not in ("", "datasource", "mixed"):
                    return source.type
                continue
            if source.uid in _OWN or source.type in _OWN:
                return "grafana"
            if source.type and source.type != "datasource":
                return source.type
            name = source.uid.strip("${}[]").partition(":")[0]
            return self.sources.get(name, "")
        return ""
