"""The reference of a stack tells of everything that it has, and its pages lead to one another."""

from __future__ import annotations

import posixpath
import re

import pytest
from examples.shop.observability import stack as shop

from vedette.build import build
from vedette.catalog import Alert, Email, Environment, Pack, Runbook, Service, Stack
from vedette.check.markdown import read
from vedette.check.reference import picture_of, reference
from vedette.instruments.metrics import Counter
from vedette.packs import process

LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages(stack, environment="local", pictures=()):
    return reference(stack, stack.environment(environment), pictures)


@pytest.fixture(scope="module")
def of_shop():
    return pages(shop, "demo")


def section(page, heading):
    return page.split(f"\n### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]


def rows(text):
    return dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", text, re.MULTILINE))


def test_it_has_a_page_for_each_dashboard_and_runbook_that_is_built(of_shop):
    built = build(shop, "demo")
    boards = {path.rpartition("/")[2].removesuffix(".json") for path in built if path.startswith("grafana/")}
    assert {path for path in of_shop if path.startswith("dashboards/")} == {f"dashboards/{uid}.md" for uid in boards}
    books = {path for path in built if path.startswith("runbooks/")}
    assert {path for path in of_shop if path.startswith("runbooks/")} == books
    for path in books:
        assert built[path].partition("\n")[2].strip() in of_shop[path]


def test_every_metric_recorded_series_and_alert_has_a_section(of_shop):
    declared = [pack for service in shop.services for pack in service.pack_list()]
    for metric in (metric for pack in declared for metric in pack.metrics):
        assert f"\n### `{metric.name}`\n\n{metric.help}\n" in of_shop["metrics.md"]
    for recording in (recording for pack in declared for recording in pack.recordings):
        assert f"\n### `{recording.name}`\n" in of_shop["recordings.md"]
    for alert in (alert for pack in declared for alert in pack.alerts):
        assert f"\n### {alert.name}\n" in of_shop["alerts.md"]
        assert f"[{alert.name}](runbooks/{alert.name}.md)" in of_shop["index.md"]


def test_no_template_of_an_alert_is_left_and_an_objective_tells_what_is_left_of_its_budget(of_shop):
    assert "{{" not in of_shop["alerts.md"]
    assert "*value* of it is left, gone in *value* at this pace." in of_shop["alerts.md"]


def test_every_link_and_anchor_leads_somewhere(of_shop):
    taken_apart = {path: read(text) for path, text in of_shop.items()}
    for path, text in of_shop.items():
        for target in LINK.findall(text):
            if target.startswith(("http:", "https:")):
                continue
            file, _, anchor = target.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            assert there in of_shop, f"{path}: {target}"
            assert not anchor or anchor in taken_apart[there].anchors, f"{path}: {target}"


def test_every_page_is_reached_from_the_first(of_shop):
    reached, waiting = set(), ["index.md"]
    while waiting:
        path = waiting.pop()
        if path in of_shop and path not in reached:
            reached.add(path)
            links = [target.partition("#")[0] for target in LINK.findall(of_shop[path])]
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) for link in links]
    assert reached == set(of_shop)


def test_the_same_stack_gives_the_same_bytes(of_shop):
    assert pages(shop, "demo") == of_shop


LOAVES = Counter("reference_loaves_total", help="Loaves sold.", labels={"kind": ["rye", "wheat"], "shop": None})
UNSEEN = Counter("reference_unseen_total", help="Nobody asks for it.")
BAKERY = Stack(
    name="bakery",
    services=[
        Service(
            "bakery",
            ["localhost:8000"],
            [
                Pack(
                    "bakery",
                    metrics=[LOAVES, UNSEEN],
                    alerts=[
                        Alert(
                            "NoRye",
                            'sum by (job) (rate(reference_loaves_total{kind="rye"}[5m])) < 0.05',
                            for_="10m",
                            severity="high",
                            summary="Hardly any rye: {{ $value | humanize }} in {{ $labels.job }}",
                            runbook=Runbook(impact="Customers | guests leave."),
                        )
                    ],
                )
            ],
        )
    ],
    notify=[Email("oncall@example.com")],
)


def test_a_metric_says_what_it_is_and_who_asks_for_it():
    page = pages(BAKERY)["metrics.md"]
    loaves = rows(section(page, "`reference_loaves_total`"))
    assert loaves["type"] == "counter"
    assert "| label | `kind` = rye, wheat |\n| label | `shop` |" in page
    assert loaves["alerts"] == "[NoRye](alerts.md#norye)"
    assert "dashboards/bakery-bakery.md#panel-" in loaves["panels"]
    seen = rows(section(page, "`reference_unseen_total`"))
    assert seen.get("alerts") is None


def test_an_alert_says_when_it_fires_who_is_told_and_where_to_go_on():
    page = pages(BAKERY)["alerts.md"]
    assert "| [NoRye](#norye) | high | 10m | Hardly any rye: *value* in *job* | mail to oncall@example.com |" in page
    told = rows(section(page, "NoRye"))
    assert told["fires"].endswith("is less than 0.05 things/s")
    assert told["tells"].endswith("(mail to oncall@example.com)")
    assert told["rests on"] == "[reference_loaves_total](metrics.md#reference_loaves_total)"
    assert told["panel"].startswith("[bakery: Bakery / No rye](dashboards/bakery-bakery.md#panel-")
    assert told["runbook"] == "[NoRye](runbooks/NoRye.md)"


def test_thresholds_are_those_of_the_environment_and_of_each_service():
    there = Environment("production", thresholds={"process.memory_high": 123_000_000})
    stack = Stack(
        name="two",
        services=[Service("one", ["a:1"], [process]), Service("two", ["b:1"], [process(cpu_high=3.5)])],
        environments=[there],
    )
    here, away = (rows(pages(stack, name)["alerts.md"]) for name in ("local", "production"))
    assert away["`process.memory_high`"] == "`123000000`" != here["`process.memory_high`"]
    assert away["`process.cpu_high`"] == here["`process.cpu_high`"]
    assert "`3.5` (two)" in here["`process.cpu_high`"]


def test_a_picture_is_shown_where_there_is_one():
    uid = "bakery-bakery"
    page = f"dashboards/{uid}.md"
    assert "![" not in pages(BAKERY)[page]
    assert f"](../{picture_of(uid)})" in pages(BAKERY, pictures={picture_of(uid)})[page]
