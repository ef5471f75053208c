"""``vedette explain``: what something means, how it works, who uses it, and what would break if it changed."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.check.graph import graph_of
from vedette.check.graph.about_label import explain_label, label_names
from vedette.check.graph.explain import explain as explain_node
from vedette.check.graph.pieces import mark
from vedette.check.graph.plain import plain
from vedette.check.sources import Sources
from vedette.cli.facts import facts_for
from vedette.cli.named import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vedette.check.facts import Facts
    from vedette.check.graph import Change, Graph, Node, Use
    from vedette.check.graph.explanation import Asked, Explanation, Line, User
    from vedette.check.graph.pieces import Piece
    from vedette.place import Place

__all__ = ["explain", "show"]

WIDTH: Final = 120
"""Where nobody looks at it."""
_MOST: Final = 6


def explain(
    name: str, stack: str | None, environment: str | None, *, files: Sequence[Path] = (), as_json: bool = False
) -> None:
    """Print what there is to say about a name.

    Raises:
        ConfigError: nothing is named so, or the stack or a file cannot be read.
    """
    facts = facts_for(stack, environment, files)
    found = explanations(graph_of(facts), facts, name)
    sources = Sources(Path.cwd())
    if as_json:
        sys.stdout.write(dumps(plain(found, sources), ensure_ascii=False, indent=2) + "\n")
        return
    console = Console(highlight=False)
    show(found, sources, console if console.is_terminal else Console(highlight=False, width=WIDTH))


def explanations(graph: Graph, facts: Facts, name: str) -> list[Explanation]:
    """What is said of everything of this name.

    Raises:
        ConfigError: there is nothing; with the names that come nearest.
    """
    nodes = graph.find(name)
    if any(node.kind == "alert" for node in nodes):
        nodes = tuple(node for node in nodes if node.kind != "runbook")  # the alert's, which tells of it
    found = [explain_node(graph, facts, node) for node in nodes]
    label = explain_label(graph, facts, name)
    if label is not None:
        found.append(label)
    if not found:
        raise unknown(name, graph, label_names(graph))
    return found


def show(found: Iterable[Explanation], sources: Sources, console: Console) -> None:
    """Print explanations for people."""
    with console.capture() as captured:
        for number, one in enumerate(found):
            if number:
                console.rule(style="dim")
            console.print(Group(*_Page(one, sources).parts()))
    text = captured.get()
    # a table fills its lines up with spaces, which nobody wants in a file
    console.file.write(text if console.is_terminal else "\n".join(line.rstrip() for line in text.split("\n")))


class _Page:
    """One explanation, as what rich prints."""

    def __init__(self, about: Explanation, sources: Sources) -> None:
        self.about = about
        self.sources = sources

    def parts(self) -> Iterator[RenderableType]:
        """From top to bottom."""
        about = self.about
        of = f" of {about.pack}" if about.pack else ""
        where = ", ".join(self._at(place) for place in about.places)
        yield Text.assemble((about.name, "bold"), (f"  {about.kind}{of}{f', {where}' if where else ''}", "dim"))
        if about.text:
            yield Padding(Text(about.text), (0, 2))
        if about.note:
            yield Padding(Text(about.note, "italic"), (0, 2))
        yield from self._section("", [self._line(line) for line in about.lines])
        yield from self._section("When, and who is told", [self._line(line) for line in about.firing])
        title = "Series that have it" if about.kind == "label" else "Labels"
        yield from self._section(title, [(one.name, one.values or "gone", one.why) for one in about.labels])
        for asked in about.queries:
            yield from self._query(asked)
        yield from self._users()
        yield from self._changes()

    def _at(self, place: Place) -> str:
        return str(place._replace(file=self.sources.name(place.file)))

    def _line(self, line: Line) -> tuple[str, Text]:
        where = (f"  {self._at(line.place)}", "dim") if line.place is not None else ""
        return line.term, Text.assemble(line.text, where)

    @staticmethod
    def _section(title: str, rows: Sequence[tuple[str | Text, ...]]) -> Iterator[RenderableType]:
        if not rows:
            return
        yield Text()
        if title:
            yield Text(title, "bold")
        table = Table.grid(padding=(0, 2, 0, 0))
        for index in range(len(rows[0])):
            table.add_column(style="cyan" if index == 0 else "", overflow="fold", no_wrap=index == 0)
        for row in rows:
            table.add_row(*row)
        yield Padding(table, (0, 0, 0, 2))

    def _query(self, asked: Asked) -> Iterator[RenderableType]:
        title = f"Its query{f', {asked.title}' if asked.title else ''}, from the inside out"
        rows = [(f"{mark(piece.number)} {piece.short}", _yields(piece)) for piece in asked.pieces]
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold", max_width=64)
        table.add_column(overflow="fold")
        for short, told in rows:
            table.add_row(Text(short, "cyan"), told)
        yield Text()
        yield Text.assemble((title, "bold"), (f"  {self._at(asked.place)}", "dim"))
        yield Padding(table, (0, 0, 0, 2))

    def _users(self) -> Iterator[RenderableType]:
        rows: list[tuple[Text, Text]] = []
        for user in self.about.users:
            rows += self._user(user)
        title = "Named by" if self.about.kind == "label" else "Used by"
        if not rows and self.about.kind in ("metric", "recording", "label"):
            rows = [(Text("nobody"), Text("no rule and no panel asks for it"))]
        yield from self._section(title, rows)

    def _user(self, user: User) -> Iterator[tuple[Text, Text]]:
        node = user.node
        who = Text.assemble((f"{node.kind} ", "dim"), node.name)
        if not user.uses:
            through = f"through {', '.join(user.through)}" if user.through else user.meaning
            where = f"  {self._at(node.place)}" if node.place is not None else ""
            yield who, Text.assemble(through, (where, "dim"))
        for number, use in enumerate(user.uses):
            of_label = self.about.name if self.about.kind == "label" else ""
            yield (who if not number else Text(), self._use(use, of_label))

    def _use(self, use: Use, label: str) -> Text:
        named: dict[str, list[str]] = {}
        for one in use.labels:
            if label in ("", one.name):
                named.setdefault(one.how, []).append(one.part if label or one.how == "prints" else one.name)
        told = "; ".join(f"{how} {', '.join(dict.fromkeys(names))}" for how, names in named.items())
        part = "" if label else use.part
        return Text.assemble(part, "  " if part and told else "", (told, "italic"), (f"  {self._at(use.place)}", "dim"))

    # --- changes -----------------------------------------------------------------------------------------------------

    def _changes(self) -> Iterator[RenderableType]:
        rows: list[tuple[Text, Text]] = []
        for change in self.about.changes:
            told = list(self._change(change)) or [Text("nothing here would break", "dim")]
            for number, text in enumerate(told):
                rows.append((Text(_title(change)) if not number else Text(), text))
        yield from self._section("What would break if it were", rows)

    def _change(self, change: Change) -> Iterator[Text]:
        if change.silent:
            yield Text(f"no data any more for {_counted(change.silent)}")
        if change.untold:
            yield Text(f"told while this would have muted them: {_counted(change.untold)}")
        if change.unwatched:
            yield Text(f"no other alert rests on {_counted(change.unwatched)}")
        if change.what == "removed" and not change.silent and change.mentions:
            yield Text(f"what leads to it: {_counted([one.node for one in change.mentions])}")
        elif change.what in ("renamed", "unit"):
            for one in change.mentions:
                where = f"  {self._at(one.place)}" if one.place is not None else ""
                yield Text.assemble((f"{one.node.kind} ", "dim"), f"{one.node.label}: {one.part}", (where, "dim"))
        yield from self._breaks(change)
        if change.what == "label" and not change.breaks and change.mentions:
            yield Text(f"it goes on without it: {_counted([one.node for one in change.mentions])}")

    def _breaks(self, change: Change) -> Iterator[Text]:
        """One line for everything that breaks, however much of it does."""
        by_subject: dict[str, list[tuple[str, Place]]] = {}
        for finding in self.sources.named(change.breaks):
            by_subject.setdefault(finding.subject, []).append((finding.message, finding.place))
        for subject, found in by_subject.items():
            message, place = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            yield Text.assemble(("✗ ", "red"), f"{subject}: {message}{more}", (f"  {place}", "dim"))


def _title(change: Change) -> str:
    match change.what:
        case "label":
            return f"without {change.label}"
        case "type":
            return f"a {change.to}"
        case "unit":
            return f"in {change.to}"
        case what:
            return what


def _counted(nodes: Sequence[Node]) -> str:
    """``3: alert A, alert B and 1 more``."""
    names = list(dict.fromkeys(f"{node.kind} {node.label}" for node in nodes))
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _yields(piece: Piece) -> Text:
    """``gauge, things/s, 0 or more; by job``."""
    if piece.empty:
        return Text(f"never yields anything: {piece.empty}", "red")
    figures = ", ".join(
        part for part in (piece.type if piece.type != "unknown" else "", piece.unit, piece.range) if part
    )
    others = " and whatever else there is" if piece.open else ""
    labels = (
        f"labels {', '.join(piece.labels)}{others}" if piece.labels else "any labels" if piece.open else "no labels"
    )
    gone = f" (no {', '.join(piece.dropped)})" if piece.dropped else ""
    return Text.assemble("; ".join(part for part in (figures, labels) if part), (gone, "dim"))
