"""Every query of every built dashboard and rule, asked of the embedded engine and of a real Prometheus.

Both hold the same samples: an hour of the shop, written to Prometheus by remote write, staleness markers included.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from examples.shop.observability import stack
from tests.promql.remote_write import write
from tests.real import prometheus
from tests.twins.hour import END, MINUTE, START, recorded

from vedette.build import build
from vedette.formats import grafana
from vedette.promql.ast import Paren
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import parse
from vedette.promql.printer import format as show
from vedette.promql.source import is_stale
from vedette.promql.walk import value_type, walk
from vedette.server.app import application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from vedette.server.watch import Watch

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

EVERYTHING = (Matcher(NAME, "=~", ".+"),)
TOLERANCE = 1e-9
"""Of each value."""

Labels = tuple[tuple[str, str], ...]
Points = dict[Labels, list[tuple[float, str]]]
"""Labels → moments and values."""

# Start and end in minutes of the hour, and the step in seconds: on the grid of the scrapes, coarser, and off any grid.
RANGES = ((-1, 66, "15"), (0.125, 60, "60"), (9.0205, 57.3, "47.5"))
# An early moment; the second instance away; just after it came back; after the restart; all down; the end; and later.
INSTANTS = (3, 17.02, 21.6, 24.6, 39.1, 53, 60, 64)


def at(minutes: float) -> str:
    """A moment of the hour as the API takes it."""
    return f"{(START + round(minutes * MINUTE)) / 1000:.3f}"


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("hour")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_DATABASE", f"sqlite:///{folder}/import.db")
        patch.setenv("SHOP_FAULTS", str(folder / "none.json"))
        yield from recorded(folder)


@pytest.fixture(scope="module")
def their_url(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    config = "global: {scrape_interval: 1h}\n"
    with prometheus(folder, config, "3.5", "--storage.tsdb.retention.time=100y") as base:
        write(base, watch.head.select(EVERYTHING, START, END))
        yield base


@dataclass
class Twins:
    """Both servers' APIs, and what was compared so far."""

    ours: httpx.AsyncClient
    theirs: httpx.AsyncClient
    compared: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def both(self, path: str, parameters: Mapping[str, str]) -> tuple[Any, Any]:
        """What each says."""
        given = dict(parameters)
        ours, theirs = await asyncio.gather(
            *(client.post(f"/api/v1/{path}", data=given) for client in (self.ours, self.theirs))
        )
        return ours.json(), theirs.json()

    async def compare(self, owner: str, path: str, query: str, **when: str) -> None:
        """Ask both, and note what differs."""
        ours, theirs = await self.both(path, {"query": query, **when})
        self.compared[owner] += 1
        problem = difference(ours, theirs, query)
        if problem is None:
            self.answered[owner] += bool(theirs["data"]["result"])
        else:
            self.wrong.append(f"{owner}: {path} {when} {query}\n    {problem}")

    async def compare_over_time(self, owner: str, query: str, ranges: int | None = None) -> None:
        """Over every range (or the first few) and at every instant."""
        for start, end, step in RANGES[:ranges]:
            await self.compare(owner, "query_range", query, start=at(start), end=at(end), step=step)
        for moment in INSTANTS if ranges is None else ():
            await self.compare(owner, "query", query, time=at(moment))


@pytest.fixture
async def twins(watch: Watch, their_url: str) -> AsyncIterator[Twins]:
    app = application(watch, lambda: END, lambda: None)
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7373", timeout=60) as ours,
        httpx.AsyncClient(base_url=their_url, timeout=60) as theirs,
    ):
        yield Twins(ours, theirs)


def series(data: Any) -> Points:
    """A result of any type: labels → points, in the order of the answer."""
    if data["resultType"] in ("scalar", "string"):
        return {(): [tuple(data["result"])]}
    found = {}
    for item in data["result"]:
        points = item["values"] if "values" in item else [item["value"]]
        found[tuple(sorted(item["metric"].items()))] = [(moment, value) for moment, value in points]
    assert len(found) == len(data["result"]), "a series stands twice"
    return found


def untie(mine: Points, peer: Points) -> None:
    """Leave out of both what only one has where the other has another series of the same value.

    Which of several that are equal stands in the last place of a ``topk`` is nobody's promise.
    """
    only_mine, only_peer = only(mine, peer), only(peer, mine)
    for (moment, of), value in only_mine.items():
        for (when, instead), their in only_peer.items():
            if moment == when and same(float(value), float(their)):
                mine[of].remove((moment, value))
                peer[instead].remove((when, their))
                del only_peer[when, instead]
                break
    for one in (mine, peer):
        for of in [of for of, points in one.items() if not points]:
            del one[of]


def only(one: Points, other: Points) -> dict[tuple[float, Labels], str]:
    """The values of moments and series that the other does not have."""
    there = {(moment, of) for of, points in other.items() for moment, _ in points}
    has = {(moment, of): value for of, points in one.items() for moment, value in points}
    return {key: value for key, value in has.items() if key not in there}


def difference(ours: Any, theirs: Any, query: str = "") -> str | None:
    """The first thing that two answers to a query differ in, None where they are the same."""
    if ours["status"] != "success" or theirs["status"] != "success":
        return f"ours {ours.get('error', 'has an answer')}, theirs {theirs.get('error', 'has an answer')}"
    if ours["data"]["resultType"] != theirs["data"]["resultType"]:
        return f"ours is a {ours['data']['resultType']}, theirs a {theirs['data']['resultType']}"
    mine, peer = series(ours["data"]), series(theirs["data"])
    if re.search(r"\b(topk|bottomk)\b", query):
        untie(mine, peer)
    if mine.keys() != peer.keys():
        only = sorted(mine.keys() ^ peer.keys())
        return f"series that only one has: {only[:3]} (ours {len(mine)}, theirs {len(peer)})"
    for of, points in peer.items():
        if [moment for moment, _ in mine[of]] != [moment for moment, _ in points]:
            moments = sorted({moment for moment, _ in mine[of]} ^ {moment for moment, _ in points})
            return f"{dict(of)}: moments that only one has: {moments[:4]} ({len(moments)} of {len(points)})"
        for (moment, own), (_, value) in zip(mine[of], points, strict=True):
            if own != value and not same(float(own), float(value)):
                return f"{dict(of)} at {moment}: ours {own}, theirs {value}"
            if own != value and float(own) == float(value):
                return f"{dict(of)} at {moment}: the same value is written {own} by us and {value} by them"
    if theirs["data"]["resultType"] == "matrix" and list(mine) != list(peer):
        return f"the series come in another order: ours {list(mine)[:3]}, theirs {list(peer)[:3]}"
    for key in ("warnings", "infos"):
        if sorted(ours.get(key, ())) != sorted(theirs.get(key, ())):
            return f"{key}: ours {ours.get(key)}, theirs {theirs.get(key)}"
    return None


def same(own: float, value: float) -> bool:
    """Whether two values are equal to the tolerance; NaN is, and so is each infinity, equal to itself."""
    if math.isnan(value) or math.isnan(own):
        return math.isnan(value) and math.isnan(own)
    return math.isclose(own, value, rel_tol=TOLERANCE, abs_tol=0.0)


async def test_the_hour_holds_what_samples_can_be_and_prometheus_has_every_one_of_them(
    watch: Watch, twins: Twins
) -> None:
    blocks = watch.head.select(EVERYTHING, START, END)
    stale = sum(int((is_stale(np.ascontiguousarray(block.values)) & block.present).sum()) for block in blocks)
    samples = sum(int(block.present.sum()) for block in blocks)
    assert stale > 200
    assert samples > 50_000
    resets = (await twins.both("query", {"query": "resets(shop_orders_total[1h])", "time": at(60)}))[0]
    assert {item["value"][1] for item in resets["data"]["result"]} == {"1"}
    for moment in INSTANTS:
        await twins.compare("series", "query", '{__name__=~".+"}', time=at(moment))
    ours, theirs = await twins.both("query", {"query": '{__name__=~".+"}[2h]', "time": at(66)})
    assert difference(ours, theirs) is None
    assert sum(map(len, series(theirs["data"]).values())) == samples - stale
    assert twins.wrong == []


def flat(panels: Iterable[grafana.Panel]) -> Iterator[grafana.Panel]:
    """All panels, those in rows included."""
    for panel in panels:
        yield panel
        yield from flat(panel.panels)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A query with its variables filled in, as Grafana does."""
    return re.sub(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})", lambda found: values[found[1] or found[2]], text)


async def scopes(twins: Twins, dashboard: grafana.Dashboard) -> list[dict[str, str]]:
    """The dashboard's variables: once all of everything, once each with the first value that it has."""
    builtin = {"__interval": "15s", "__rate_interval": "1m", "__range": "1h"}
    every, first = dict(builtin), dict(builtin)
    for variable in dashboard.variables:
        if variable.type != "query":
            continue
        assert isinstance(variable.query, str)
        asked = re.fullmatch(r"label_values\((.+), (\w+)\)", filled(variable.query, every))
        assert asked is not None, variable.query
        when = {"match[]": asked[1], "start": at(0), "end": at(60)}
        ours, theirs = [
            (await client.get(f"/api/v1/label/{asked[2]}/values", params=when)).json()
            for client in (twins.ours, twins.theirs)
        ]
        assert ours["data"] == theirs["data"] != []
        every[variable.name] = variable.all_value or f"({'|'.join(map(re.escape, theirs['data']))})"
        first[variable.name] = re.escape(theirs["data"][0]).replace("\\", "\\\\")
    return [every, first]


@pytest.mark.parametrize("environment", ["local", "demo"])
async def test_every_panel_query_of_every_built_dashboard_gives_the_same_data(twins: Twins, environment: str) -> None:
    built = build(stack, environment)
    dashboards = [grafana.read(text, path) for path, text in built.items() if path.startswith("grafana/")]
    assert len(dashboards) == 5
    for dashboard in dashboards:
        queries = [target.expr for panel in flat(dashboard.panels) for target in panel.targets]
        queries += [annotation.expr for annotation in dashboard.annotations if annotation.expr]
        for scope in await scopes(twins, dashboard):
            for query in dict.fromkeys(queries):
                await twins.compare_over_time(dashboard.uid, filled(query, scope))
    assert twins.wrong == [], "\n".join([f"{len(twins.wrong)} differ", *twins.wrong[:20]])
    for dashboard in dashboards:
        compared, answered = twins.compared[dashboard.uid], twins.answered[dashboard.uid]
        assert compared >= 16 * (len(RANGES) + len(INSTANTS)), dashboard.uid
        assert answered > compared / 2, f"{dashboard.uid}: only {answered} of {compared} answers hold any data"


def parts(text: str) -> list[str]:
    """All that an expression is made of: of an alert that is quiet there is still something to compare."""
    nodes = walk(parse(text))
    return [show(node) for node in nodes if value_type(node) == "instant vector" and not isinstance(node, Paren)][1:]


async def test_every_rule_expression_and_every_part_of_it_gives_the_same_data(watch: Watch, twins: Twins) -> None:
    rules = [rule for file in watch.built.rules for group in file.groups for rule in group.rules]
    assert len(rules) > 40
    for rule in rules:
        await twins.compare_over_time("rules", rule.expr)
    inner = dict.fromkeys(part for rule in rules for part in parts(rule.expr))
    for query in inner:
        await twins.compare_over_time("parts", query, 1)
    assert twins.wrong == [], "\n".join([f"{len(twins.wrong)} differ", *twins.wrong[:20]])
    assert len(inner) > 2 * len(rules)
    assert twins.answered["rules"] > twins.compared["rules"] / 3, "an alert that is quiet has no data, the others do"
    assert twins.answered["parts"] > len(inner) * 0.8


async def test_series_labels_and_their_values_are_the_same(twins: Twins) -> None:
    names = {"match[]": '{job="shop"}', "start": at(0), "end": at(66)}
    for path in ("series", "labels"):
        ours, theirs = await twins.both(path, names)
        assert sorted(ours["data"], key=str) == sorted(theirs["data"], key=str)
        assert len(theirs["data"]) > 10
    for name in ("__name__", "job", "instance", "le", "alertname", "http_route", "nothing"):
        ours, theirs = [
            (await client.get(f"/api/v1/label/{name}/values")).json()["data"] for client in (twins.ours, twins.theirs)
        ]
        assert ours == theirs, name


def test_only_what_is_tied_may_stand_in_anothers_place() -> None:
    def answer(**values: str) -> dict[str, Any]:
        result = [{"metric": {"a": name}, "value": [1, value]} for name, value in values.items()]
        return {"status": "success", "data": {"resultType": "vector", "result": result}}

    assert difference(answer(a="3", b="2"), answer(a="3", c="2"), "topk(2, x)") is None
    assert difference(answer(a="3", b="2"), answer(a="3", c="2"), "x") is not None
    assert difference(answer(a="3", b="2"), answer(a="3", c="1"), "topk(2, x)") is not None
    assert difference(answer(a="3", b="2"), answer(a="3"), "topk(2, x)") is not None
    assert difference(answer(a="3", b="2"), answer(a="2", b="3"), "topk(2, x)") is not None
