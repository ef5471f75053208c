"""All pages of the reference of a stack, and the first one, which leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build import runbooks
from vedette.build.plan import plan
from vedette.check.declared import facts_of_stack
from vedette.check.facts import Dashboard, Panel
from vedette.check.graph import graph_of
from vedette.check.reference.alerts import alerts_page
from vedette.check.reference.series import metrics_page, recordings_page
from vedette.check.reference.words import Linked, cell, table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from vedette.catalog import Environment, Stack
    from vedette.check.graph import Graph, Node

__all__ = ["picture_of", "reference"]

_WRITTEN: Final = "<!-- written by `vedette reference`; change the stack instead -->"


def picture_of(uid: str) -> str:
    """Where the picture of a dashboard is, as `vedette preview --pictures` names it."""
    return f"pictures/{uid}-light.png"


def reference(stack: Stack, environment: Environment, pictures: Collection[str] = ()) -> Mapping[str, str]:
    """Path → Markdown, sorted; the same bytes for the same stack and environment.

    Args:
        stack: what is told of.
        environment: in which environment; thresholds, targets and receivers differ.
        pictures: the pictures of dashboards that are there, as `picture_of` names them.

    Raises:
        DeclarationError: the stack cannot be built.
    """
    resolved = plan(stack, environment)
    texts = runbooks.runbooks(resolved)
    facts, _ = facts_of_stack(stack, environment)
    graph = graph_of(facts)
    boards = [node for node in graph.of_kind("dashboard") if isinstance(node.fact, Dashboard)]
    of_stack = f"{stack.title}, environment {environment.name}"
    found = {
        "index.md": _page(f"{stack.title}: reference", _overview(graph, stack, environment, boards)),
        "metrics.md": _page(f"Metrics of {of_stack}", metrics_page(graph)),
        "recordings.md": _page(f"Recording rules of {of_stack}", recordings_page(graph)),
        "alerts.md": _page(f"Alerts of {of_stack}", alerts_page(graph, facts, resolved.packs())),
    }
    for node in boards:
        if isinstance(node.fact, Dashboard):
            uid = node.fact.value.uid
            found[f"dashboards/{uid}.md"] = _page(node.name, _dashboard(graph, node, node.fact, pictures))
    for alert, text in texts.items():
        title, _, rest = text.partition("\n")
        back = f"[The alert, its query and who is told](../alerts.md#{alert.lower()})"
        found[f"runbooks/{alert}.md"] = f"{title}\n\n{_WRITTEN}\n\n{back}\n{rest}"
    return dict(sorted(found.items()))


def _page(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", _WRITTEN, "", *lines]).rstrip() + "\n"


def _overview(graph: Graph, stack: Stack, environment: Environment, boards: Sequence[Node]) -> Iterator[str]:
    linked = Linked(graph)
    yield from (f"Environment {environment.name}.", "", "## Services", "")
    yield from table(
        ("service", "name", "team", "targets", "packs"),
        (
            (
                cell(one.title),
                f"`{one.name}`",
                cell(one.team),
                cell(", ".join(one.instances())) or "found by discovery",
                ", ".join(pack.name for pack in one.pack_list()),
            )
            for one in stack.services_in(environment)
        ),
    )
    yield from ("## Pages", "")
    for kind, page, title in (
        ("metric", "metrics.md", "metrics"),
        ("recording", "recordings.md", "recorded series"),
        ("alert", "alerts.md", "alerts"),
    ):
        names = {node.name for node in graph.nodes.values() if node.kind == kind}
        yield f"- [{len(names)} {title}]({page})"
    yield from ("", "## Dashboards", "")
    yield from (f"- {linked.to(node)}" for node in boards)
    yield from ("", "## Runbooks", "")
    alerts = {node.name: node for node in graph.of_kind("runbook")}
    yield from (f"- {linked.to(node)}" for _, node in sorted(alerts.items()))


def _dashboard(graph: Graph, node: Node, board: Dashboard, pictures: Collection[str]) -> Iterator[str]:
    linked = Linked(graph, "../")
    if board.value.description:
        yield from (board.value.description, "")
    picture = picture_of(board.value.uid)
    if picture in pictures:
        yield from (f"![{cell(node.name)}, over made-up data](../{picture})", "")
    rows: list[tuple[str, ...]] = []
    for edge in graph.out_of(node, "contains"):
        inner = graph.nodes[edge.target]
        if not isinstance(inner.fact, Panel):
            continue
        value = inner.fact.value
        unit = value.config.unit if value.config is not None else ""
        rows.append(
            (
                f'<a id="panel-{value.id}"></a>{cell(value.title)}',
                value.type,
                unit if unit != "none" else "",
                cell(value.description),
                linked.all(graph.nodes[one.target] for one in graph.out_of(inner, "shows")),
                linked.all(graph.nodes[one.source] for one in graph.into(inner, "is drawn on")),
            )
        )
    yield from table(("panel", "drawn as", "unit", "what it shows", "asks for", "alerts"), rows)
    yield "[All pages](../index.md)"
