"""Facts from a stack: what is built, with the places of what was declared, and what cannot be built as findings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.build import alertmanager, grafana, prometheus, runbooks
from vedette.build.derive import comparison
from vedette.build.links import dashboard_uid, panel_id
from vedette.build.plan import plan
from vedette.build.queries import limit_to, open_variables, scaled
from vedette.build.where import argument, character
from vedette.catalog import Panel as DeclaredPanel
from vedette.catalog import Runbook as WrittenRunbook
from vedette.check.facts import (
    Alert,
    Dashboard,
    Facts,
    Group,
    Panel,
    PanelQuery,
    Query,
    Recording,
    Routing,
    Runbook,
    Text,
)
from vedette.check.finding import Finding
from vedette.check.problems import parted
from vedette.duration import milliseconds
from vedette.formats.rules import AlertingRule
from vedette.place import Place
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.build.plan import Plan, Rules, Use
    from vedette.build.refusal import RefusalError
    from vedette.catalog import Alert as DeclaredAlert
    from vedette.catalog import Environment, Pack, Stack
    from vedette.catalog import Recording as DeclaredRecording
    from vedette.formats.grafana import Dashboard as GrafanaDashboard
    from vedette.formats.grafana import Panel as GrafanaPanel
    from vedette.formats.rules import RecordingRule, RuleGroup

__all__ = ["facts_of_stack"]

# Key of a rule as built → what it is called where it is declared.
_ALERT_KEYS: Final = {
    "expr": "expr",
    "for": "for_",
    "keep_firing_for": "keep_firing_for",
    "labels.severity": "severity",
    "labels.team": "team",
    "annotations.summary": "summary",
    "annotations.description": "description",
}
# Key of a panel as built → what it is called where it is declared.
_PANEL_KEYS: Final = {
    "title": "title",
    "description": "description",
    "type": "kind",
    "targets": "queries",
    "gridPos": "width",
    "fieldConfig.defaults.unit": "unit",
    "fieldConfig.defaults.min": "minimum",
    "fieldConfig.defaults.max": "maximum",
    "fieldConfig.defaults.thresholds": "thresholds",
}
_POSITIONS: Final = {"name": 0, "title": 0, "expr": 1, "queries": 1}
_FIX: Final = "correct it; what cannot be built is not checked either"


def facts_of_stack(stack: Stack, environment: Environment | str = "local") -> tuple[Facts, list[Finding]]:
    """The facts of a stack in one environment, and what cannot be built of it.

    Raises:
        DeclarationError: the stack has no such environment.
    """
    found = plan(stack, stack.environment(environment) if isinstance(environment, str) else environment, lenient=True)
    reader = _Reader(found)
    facts = Facts(
        kind="declared",
        groups=tuple(reader.groups()),
        dashboards=tuple(reader.dashboards()),
        routing=(Routing(value=alertmanager.config(found), place=stack.place, generated=True),),
        runbooks=tuple(reader.runbooks()),
        scraping=(prometheus.config(found),),
        stack=stack,
        environment=found.environment.name,
        known=found.known.get,
        series=found.known,
        scrape_interval=max(
            milliseconds(one.scrape_interval or found.environment.scrape_interval) for one in found.services
        ),
        evaluation_interval=milliseconds(found.environment.evaluation_interval),
        folders=_folders(stack.place),
    )
    return facts, list(dict.fromkeys(map(_finding, found.refusals.found)))


def _folders(place: Place) -> tuple[Path, ...]:
    folder = Path(place.file).parent
    return (folder,) if folder.is_dir() else ()


def _finding(refusal: RefusalError) -> Finding:
    message, fix = (refusal.what, refusal.fix) if refusal.fix else parted(refusal.what)
    return Finding(
        code=refusal.code,
        level="error",
        place=refusal.place,
        subject=refusal.owner.replace("'", ""),
        message=message.lstrip(":, "),
        fix=fix or _FIX,
    )


class _Reader:
    """Reads a plan."""

    def __init__(self, found: Plan) -> None:
        self._plan = found

    # --- rules -------------------------------------------------------------------------------------------------------

    def groups(self) -> Iterator[Group]:
        """The groups of rules, in the order of the built files."""
        built = prometheus.rule_files(self._plan)
        for name, uses in self._plan.packs().items():
            having = [(use, own) for use in uses for own in use.rules]
            for (use, own), group in zip(having, built[name].groups if name in built else (), strict=True):
                yield self._group(f"prometheus/rules/{name}.yml", use, own, group)

    def _group(self, file: str, use: Use, own: Rules, built: RuleGroup) -> Group:
        group = Group(name=built.name, file=file, interval=built.interval, place=own.place)
        recordings = {recording.name: recording for recording in own.recordings}
        alerts = {alert.name: alert for alert in own.alerts}
        for rule in built.rules:
            if isinstance(rule, AlertingRule):
                group.rules.append(self._alert(alerts[rule.alert], rule, use, group))
            else:
                group.rules.append(self._recording(recordings[rule.record], rule, use, group))
        return group

    def _recording(self, declared: DeclaredRecording, built: RecordingRule, use: Use, group: Group) -> Recording:
        owner = f"recording rule {declared.name}"
        tree = limit_to(self._plan.parse(declared.expr, declared.place, owner), use.services)
        return Recording(
            name=declared.name,
            query=Query(_text(declared.expr, declared.place), tree, owner, self._plan.known.get),
            labels=built.labels,
            group=group,
            place=declared.place,
        )

    def _alert(self, declared: DeclaredAlert, built: AlertingRule, use: Use, group: Group) -> Alert:
        place, name = declared.place, declared.name
        places = _Places(declared)
        own = {"summary": declared.summary, "description": declared.description}
        return Alert(
            name=name,
            query=Query(
                _text(declared.expr, place),
                self._plan.alert_expr(declared, use),
                f"alert {name}",
                self._plan.known.get,
            ),
            for_=built.for_,
            keep_firing_for=built.keep_firing_for,
            labels={key: places.text(f"labels.{key}", value) for key, value in built.labels.items()},
            annotations={
                key: _text(value, place) if own.get(key) == value else Text.at(value, place)
                for key, value in built.annotations.items()
            },
            group=group,
            place=place,
            places=places,
            pack=use.pack.name,
        )

    # --- dashboards --------------------------------------------------------------------------------------------------

    def dashboards(self) -> Iterator[Dashboard]:
        """The dashboards, one a pack."""
        built = grafana.dashboards(self._plan)
        for name, uses in self._plan.packs().items():
            found = built.pop(dashboard_uid(self._plan.stack.name, name), None)
            if found is not None:
                yield self._dashboard(uses[0].pack, uses, found)
        for left in built.values():
            yield self._home(left)

    def _home(self, built: GrafanaDashboard) -> Dashboard:
        """What is built of the whole stack; what is wrong with a signal is wrong where it is declared."""
        subject = f"dashboard {built.title}"
        tiles = {tile.number: tile for tile in grafana.home_panels(self._plan)}
        shown = [panel for top in built.panels for panel in (top, *top.panels) if panel.type != "row"]
        return Dashboard(
            value=built,
            panels=tuple(
                self._panel(panel, self._of_tile(panel, tiles[panel.id], subject), subject, self._plan.stack.place)
                for panel in shown
            ),
            place=self._plan.stack.place,
            subject=subject,
            locate=lambda _: self._plan.stack.place,
            variables=built.variables,
            generated=True,
        )

    def _of_tile(self, built: GrafanaPanel, tile: grafana.Tile, dashboard: str) -> tuple[PanelQuery, ...]:
        (declared,), (target,) = tile.panel.query_list(), built.targets
        text = _text(declared.expr, declared.place)
        query = Query(text, tile.tree, f"panel {built.title} of {dashboard}", self._plan.known.get)
        legend = _text(target.legend, declared.place)
        # as built: the variables of the pack's dashboard are not there
        shown = Text.at(target.expr, declared.place)
        return (PanelQuery(query=query, text=shown, legend=legend, ref_id=target.ref_id),)

    def _dashboard(self, pack: Pack, uses: Sequence[Use], built: GrafanaDashboard) -> Dashboard:
        subject = f"dashboard {pack.title}"
        declared = {
            panel_id(pack.name, item.title): item
            for use in reversed(uses)
            for item in use.pack.panels
            if isinstance(item, DeclaredPanel)
        }
        return Dashboard(
            value=built,
            panels=tuple(
                self._panel(panel, self._of_panel(panel, declared.get(panel.id), uses, subject), subject, pack.place)
                for panel in built.panels
                if panel.type != "row"
            ),
            place=pack.place,
            subject=subject,
            locate=lambda _: pack.place,
            variables=built.variables,
            generated=True,
        )

    def _of_panel(
        self, built: GrafanaPanel, declared: DeclaredPanel | None, uses: Sequence[Use], dashboard: str
    ) -> tuple[PanelQuery, ...]:
        subject = f"panel {built.title} of {dashboard}"
        return () if declared is None else tuple(self._panel_queries(built, declared, uses, subject))

    def _panel(self, built: GrafanaPanel, queries: tuple[PanelQuery, ...], dashboard: str, where: Place) -> Panel:
        subject = f"panel {built.title} of {dashboard}"
        place = built.place or where
        return Panel(
            value=built,
            queries=queries,
            place=place,
            subject=subject,
            locate=lambda key: _argument(place, built.title, _PANEL_KEYS[key]) if key in _PANEL_KEYS else place,
        )

    def _panel_queries(
        self, built: GrafanaPanel, declared: DeclaredPanel, uses: Sequence[Use], subject: str
    ) -> Iterator[PanelQuery]:
        services = [service for use in uses for service in use.services]
        legends = {target.ref_id: target.legend for target in built.targets}
        alert = _drawn(declared, uses)
        for index, query in enumerate(declared.query_list()):
            name = grafana.ref_id(index)
            text = _text(query.expr, query.place)
            legend = _text(legends.get(name, query.legend), query.place)
            try:
                tree = parse(query.expr) if alert is None else comparison(parse(alert.expr)).expr
            except ParseError as problem:
                yield PanelQuery(query=None, text=text, legend=legend, ref_id=name, problem=problem.message)
                continue
            tree = limit_to(open_variables(scaled(tree, self._plan.scale)), services)
            # what is wrong with a query that was taken from an alert, is wrong there
            whole = Query(
                text if alert is None else _text(alert.expr, alert.place), tree, subject, self._plan.known.get
            )
            yield PanelQuery(query=whole, text=text, legend=legend, ref_id=name)

    # --- runbooks ----------------------------------------------------------------------------------------------------

    def runbooks(self) -> Iterator[Runbook]:
        """The runbooks, written or not, one an alert."""
        made = runbooks.runbooks(self._plan)
        alerts = {alert.name: alert for use in reversed(self._plan.uses) for alert in use.pack.alerts}
        for name, alert in sorted(alerts.items()):
            text, place = made.get(name, ""), alert.place
            if isinstance(alert.runbook, str):
                path = Path(place.file).parent / alert.runbook
                text, place = _read(path), place._replace(file=str(path), line=1, column=0)
            elif isinstance(alert.runbook, WrittenRunbook):
                place = alert.runbook.place
            yield Runbook(alert=name, text=text, place=place, written=alert.runbook is not None)


def _drawn(panel: DeclaredPanel, uses: Sequence[Use]) -> DeclaredAlert | None:
    """The alert that a panel was made from."""
    for alert in (alert for use in uses for alert in use.pack.alerts):
        if alert.place == panel.place and alert.panel == panel.title:
            drawn = [query.expr for query in panel.query_list()]
            return alert if drawn == [show(comparison(parse(alert.expr)).expr)] else None
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _argument(place: Place, first: str, key: str) -> Place:
    return argument(place, key, first=first, position=_POSITIONS.get(key))


def _text(value: str, declared: Place) -> Text:
    """A text that somebody declared there."""

    def locate(offset: int) -> Place:
        return character(declared, value, offset)

    return Text(value, lambda: locate(0), locate)


class _Places(Mapping[str, Place]):
    """Where the arguments of an alert are written, those that are, each looked for when somebody asks for it."""

    def __init__(self, declared: DeclaredAlert) -> None:
        self._declared = declared
        self._words = _ALERT_KEYS | {f"labels.{label}": f"labels.{label}" for label in declared.labels}

    def __getitem__(self, key: str) -> Place:
        declared = self._declared
        found = _argument(declared.place, declared.name, self._words[key])
        if found == declared.place:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._words if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def text(self, key: str, value: str) -> Text:
        """What is built of an argument."""

        def place(_: int = 0) -> Place:
            return self.get(key, self._declared.place)

        return Text(value, place, place)
