"""Runbooks are whole, speak of what exists, and lead somewhere; nothing is said of those that are as they should be."""

from __future__ import annotations

import textwrap

import pytest

from vedette import Alert, Counter, Email, Environment, Pack, Route, Runbook, Service, Stack, Webhook
from vedette.check.declared import facts_of_stack
from vedette.check.facts import Facts
from vedette.check.foreign import facts_of_texts
from vedette.check.registry import Choice, families
from vedette.check.run import run
from vedette.instruments.metrics.registry import DEFAULT
from vedette.packs import http, process
from vedette.place import Place

RUNBOOKS = tuple(code for code, about in families().items() if about in ("runbooks", "routes"))


@pytest.fixture
def orders():
    yield Counter("bookshop_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
    DEFAULT.undeclare("bookshop_orders_total")


def facts(tmp_path, orders, *books, notify=(), **more):
    """A stack in a folder, with one alert for each runbook."""
    names = ["NoOrders", "FewOrders", "ManyOrders"]
    alerts = [
        Alert(
            name,
            f"sum by (job) (rate(bookshop_orders_total[5m])) > {index}",
            severity=more.get("severity", "high"),
            summary="Something is wrong",
            team=more.get("team", ""),
            runbook=book,
            place=Place(str(tmp_path / "observability.py"), 10 + index),
        )
        for index, (name, book) in enumerate(zip(names, books, strict=False))
    ]
    stack = Stack(
        services=[
            Service(
                "shop",
                targets=["localhost:8000"],
                team="shop",
                packs=[Pack("bookshop", title="Shop", metrics=[orders], alerts=alerts)],
            )
        ],
        notify=notify,
        place=Place(str(tmp_path / "observability.py"), 1),
    )
    return facts_of_stack(stack)


def told(found, codes=RUNBOOKS):
    value, extra = found
    return [
        f"{one.code} {one.place.file.rpartition('/')[2]}:{one.place.line}"
        for one in run(value, extra, choice=Choice(select=codes))
    ]


def book(tmp_path, text, name="no-orders"):
    folder = tmp_path / "runbooks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(textwrap.dedent(text))
    return f"runbooks/{name}.md"


def test_a_good_runbook_gets_no_word(tmp_path, orders):
    text = """\
        # No orders

        ## Impact
        Nobody buys; see [causes](#root-causes) and [what the build writes](#escalation), `FewOrders`, `orders_total`.

        ## Root causes
        1. A release: [how to go back](release.md#back), `pip install`, `OperationalError`, `http_route`.

        ## Investigation
        1. Is anybody there?
           ```promql
           sum by (channel) (rate(bookshop_orders_total{job=~"{job}"}[5m]))

           # the same as ever?
           {expr}

           ALERTS{alertname="{alert}"} or ALERTS{alertname="FewOrders", job=~"$job"}
           up{job="<which>"}
           ```
           ```sql
           select * from bookshop_order_total where TODO = 1
           ```
        See https://example.org/ and [the wiki](https://wiki.test/x), [mail](mailto:a@b.test), [the few](FewOrders.md).
        """
    book(tmp_path, "# Release\n## Back\nGo back.\n", "release")
    book(tmp_path, "# Few\nLook.\n", "few-orders")
    found = facts(tmp_path, orders, book(tmp_path, text), "runbooks/few-orders.md")
    assert told(found) == []


def test_what_is_wrong_in_a_runbook_is_found_at_its_line(tmp_path, orders):
    text = """\
        ## Impact
        ## Symptoms
        TODO: write this, [look](gone.md) and [there](#nowhere), `NoOrder` and `bookshop_order_total`.
        ## Investigation
        ```promql
        rate(bookshop_orders_total[5m]
        ```
        ```promql
        up
        rate(bookshop_orders_totals[5m])
        ALERTS{alertname="SomeOrders"}
        node_load1
        ```
        `sum(rate(bookshop_order_total[5m]))`
        [back](release.md#bakc)
        """
    book(tmp_path, "# Release\n## Back\nGo back.\n", "release")
    assert told(facts(tmp_path, orders, book(tmp_path, text), Runbook(impact="None."))) == [
        "empty-runbook no-orders.md:1",
        "empty-runbook no-orders.md:3",
        "dead-link no-orders.md:3",
        "dead-link no-orders.md:3",
        "runbook-unknown-alert no-orders.md:3",
        "runbook-unknown-metric no-orders.md:3",
        "runbook-unknown-metric no-orders.md:6",
        "runbook-unknown-metric no-orders.md:10",
        "runbook-unknown-alert no-orders.md:11",
        "runbook-unknown-metric no-orders.md:12",
        "runbook-unknown-metric no-orders.md:14",
        "dead-link no-orders.md:15",
    ]


def test_a_runbook_for_several_alerts_is_looked_at_once(tmp_path, orders):
    path = book(tmp_path, "## Impact\nTODO\n")
    assert told(facts(tmp_path, orders, path, path)) == ["empty-runbook no-orders.md:2"]


def test_a_runbook_made_from_the_declaration_alone_is_not_looked_at(tmp_path, orders):
    assert told(facts(tmp_path, orders, None, None)) == []


def test_a_runbook_whose_file_is_not_there_or_empty_is_found(tmp_path, orders):
    book(tmp_path, " \n", "empty")
    found = facts(tmp_path, orders, "runbooks/no-order.md", "runbooks/empty.md")
    assert told(found) == ["runbook-not-there observability.py:10", "empty-runbook observability.py:11"]


def test_a_runbook_of_no_alert_is_stale_unless_somebody_speaks_of_it(tmp_path, orders):
    used = book(tmp_path, "Look, then [help](shared.md).\n")
    for name in ("shared", "README", "_template", "few-order", "other-pack"):
        book(tmp_path, "Look.\n", name)
    (tmp_path / "other.py").write_text('Alert("Other", runbook="runbooks/other-pack.md")')
    (tmp_path / "notes.md").write_text("No runbook.\n")
    value, extra = facts(tmp_path, orders, used, None)
    (found,) = run(value, extra, choice=Choice(select=("stale-runbook",)))
    assert found.place == Place(str(tmp_path / "runbooks" / "few-order.md"), 1)
    assert "did you mean 'FewOrders'?" in found.message


def test_files_beside_the_code_are_not_taken_for_runbooks(tmp_path, orders):
    (tmp_path / "no-orders.md").write_text("Look.\n")
    (tmp_path / "CHANGES.md").write_text("Changes.\n")
    assert told(facts(tmp_path, orders, "no-orders.md")) == []


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("", True),
        ("TODO", True),
        ("tbd", True),
        ("n/a", True),
        ("-", True),
        ("https://", True),
        ("https://example.com/runbooks/down", True),
        ("http://runbooks.example.org", True),
        ("https://wiki/<alert>", True),
        ("https://YOUR-WIKI/x", True),
        ("TODO: write a runbook", True),
        ("https://wiki.shop.test/todo-list", False),
        ("https://wiki.shop.test/example.com", False),
        ("https://example.company.test/x", False),
        ("https://wiki/{{ $labels.alertname }}", False),
        ("docs/runbooks/down.md", False),
        ("none of the usual pages helps, call the team", False),
    ],
)
def test_a_link_that_was_never_filled_in_is_found(url, wrong):
    rules = f"""
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    annotations:
      runbook_url: '{url}'
"""
    assert bool(told(facts_of_texts({"rules.yml": rules}), ("runbook-not-there",))) == wrong


def test_the_path_of_an_alert_to_its_runbook_is_looked_for_where_it_may_be(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "down.md").write_text("# Down\n## Look\nThere.\n")
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "rules.yml"
    urls = [
        "docs/down.md",
        "../docs/down.md#look",
        "docs/gone.md",
        "docs/down.md#lok",
        "https://a.test/x.md",
        "{{ x }}.md",
    ]
    text = "groups:\n- name: g\n  rules:\n" + "".join(
        f"  - {{alert: A{index}, expr: up == 0, annotations: {{runbook_url: '{url}'}}}}\n"
        for index, url in enumerate(urls)
    )
    file.write_text(text)
    assert told(facts_of_texts({str(file): text}), ("dead-link",)) == ["dead-link rules.yml:6", "dead-link rules.yml:7"]


def test_without_files_nothing_is_said_of_paths():
    text = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, annotations: {runbook_url: a/b.md}}\n"
    assert told(facts_of_texts({"rules.yml": text}), ("dead-link",)) == []


def test_nothing_is_said_where_nothing_is_known():
    assert run(Facts(kind="declared"), choice=Choice(select=RUNBOOKS)) == []
    assert run(Facts(kind="foreign"), choice=Choice(select=RUNBOOKS)) == []


def test_a_route_of_a_stack_is_found_where_it_is_declared(tmp_path, orders):
    mail = [Email("a@shop.test")]
    notify = [
        Route({"team": "shop"}, mail, place=Place("o.py", 20)),
        Route({"team": "shop", "severity": "high"}, mail, place=Place("o.py", 21)),
        Route({"team": "shpo"}, mail, place=Place("o.py", 22)),
        Email("b@shop.test"),
    ]
    found = facts(tmp_path, orders, None, notify=notify)
    assert told(found) == ["shadowed-route o.py:21", "route-matches-nothing o.py:22"]


def test_a_severity_that_no_receiver_takes_is_found_at_its_alert(tmp_path, orders):
    notify = [Email("a@shop.test", severities=["critical"]), Webhook("http://b.test/", severities=["low"])]
    assert told(facts(tmp_path, orders, None, notify=notify)) == ["alert-to-nobody observability.py:10"]
    assert told(facts(tmp_path, orders, None, notify=notify, severity="critical")) == []
    assert told(facts(tmp_path, orders, None)) == []


@pytest.mark.parametrize(
    ("own", "of_stack", "lost"),
    [
        ({"alertmanagers": ["am:9093"]}, [], True),
        ({"alertmanagers": ["am:9093"], "notify": []}, [], False),
        ({"alertmanagers": ["am:9093"], "notify": [Webhook("http://b.test/")]}, [], False),
        ({"alertmanagers": ["am:9093"]}, [Webhook("http://b.test/")], False),
        ({}, [], False),
    ],
)
def test_a_stack_whose_alerts_are_sent_on_and_told_to_nobody_is_found_at_its_environment(own, of_stack, lost):
    environment = Environment("production", place=Place("o.py", 30), **own)
    stack = Stack(
        services=[Service("shop", targets=["shop:80"], packs=[process])], environments=[environment], notify=of_stack
    )
    found = told(facts_of_stack(stack, "production"), ("alert-to-nobody",))
    assert found == (["alert-to-nobody o.py:30"] if lost else [])


def test_a_shipped_runbook_may_speak_of_a_pack_that_is_not_used():
    stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[http(), process()])])
    assert [one for one in told(facts_of_stack(stack)) if one.startswith("runbook")] == []
