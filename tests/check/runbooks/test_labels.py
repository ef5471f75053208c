"""Labels and values in the queries of runbooks: what a metric does not have is told, what a reader fills in is not."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check, lines

from vedette import Events, Metric, Pack, Panel, Service, Slo, Stack
from vedette.check.declared import facts_of_stack
from vedette.check.registry import Choice
from vedette.check.run import run

STACK = """\
orders = Counter("orders_total", help="O.", labels={{"channel": ["web", "app"], "shop": None}})
alert = Alert("NoOrders", "sum by (job) (rate(orders_total[5m])) == 0", severity="high", summary="S.",
              runbook=Runbook(investigation=[{!r}]))
stack = Stack(services=[Service("store", ["a:1"], [Pack("own", metrics=[orders], alerts=[alert])])])
"""


def found(folder, text):
    return check(folder, STACK.format(text), "runbook-unknown-label")


def block(query):
    return f"```promql\n{query}\n```"


@pytest.mark.parametrize(
    ("query", "said", "fix"),
    [
        ('orders_total{chanel="web"}', "'chanel', which orders_total does not have", "write channel"),
        ("sum by (chanel) (rate(orders_total[5m]))", "'chanel', which no series has at that point", "write channel"),
        ("sum by (shop) (sum by (job) (orders_total))", "'shop', which no series has", "take shop out"),
        ('orders_total{channel="wbe"}', "channel of orders_total is never 'wbe'; it is one of app, web", "write 'web'"),
        ('orders_total{channel=~"web|phone"}', "is never 'phone'", "write one of app, web"),
        ('orders_total{channel!="phone"}', "is never 'phone'", "write one of app, web"),
        ('up{job="stor"}', "job of up is never 'stor'", "write 'store'"),
        ('ALERTS{alertstate="fires"}', "alertstate of ALERTS is never 'fires'", "write one of firing, pending"),
    ],
)
def test_what_is_not_there_is_told_in_a_block_and_between_quotes(tmp_path, query, said, fix):
    for text in (block(query), f"Look at `{query}`."):
        (finding,) = found(tmp_path, text)
        assert said in finding.message
        assert finding.fix == fix
        assert lines([finding]) == [("runbook-unknown-label", 3)]


@pytest.mark.parametrize(
    "query",
    [
        'orders_total{channel="web", shop="any", job="store", instance=~"a.*"}',
        'orders_total{channel=~"web|app", job=~"{job}"}',
        'up{job="{job}"}',
        'orders_total{channel="$channel"} or orders_total{channel="<channel>"} or orders_total{channel="…"}',
        'orders_total{channel="_OTHER"}',
        "sum by (channel, shop) (rate(orders_total[5m]))",
        "{expr}",
        'unheard_of{nothing="x"}',
        'ALERTS{alertname="{alert}", alertstate="firing", severity="high"}',
        'ALERTS{alertname="NoOrder"}',
        'orders_total{chanel="web"',
    ],
)
def test_what_is_there_or_open_gets_no_word(tmp_path, query):
    assert found(tmp_path, block(query)) == []
    assert found(tmp_path, f"Look at `{query}`.") == []


def test_other_languages_and_plain_words_get_no_word(tmp_path):
    assert (
        found(tmp_path, "```\norders_total{chanel='web'}\n```\n`chanel`, `{chanel='web'}`, orders_total{chanel='web'}")
        == []
    )


def test_in_a_file_the_line_of_the_query_is_told(tmp_path):
    (tmp_path / "book.md").write_text(
        "# Look\n\n1. There:\n   ```promql\n   up\n\n   up{jbo='x'}\n   ```\nThen `up{ins='y'}`.\n"
    )
    stack = STACK.replace("Runbook(investigation=[{!r}])", "'book.md'").replace("{{", "{").replace("}}", "}")
    findings = check(tmp_path, stack, "runbook-unknown-label")
    assert [(one.place.file, one.place.line, one.place.column) for one in findings] == [
        ("book.md", 7, 0),
        ("book.md", 9, 7),
    ]


def test_the_alerts_of_an_objective_are_alerts_that_a_query_may_ask_for():
    requests = Metric.foreign("counter", "requests_total", exporter="app", labels=["code"], help="Requests.")
    slo = Slo("availability", Events(requests, errors='{code="500"}'), objective=99.9)

    def codes(name):
        panel = Panel("P", f'sum by (job) (ALERTS{{alertname="{name}"}})')
        pack = Pack("app", metrics=[requests], slos=[slo], panels=[panel])
        facts, _ = facts_of_stack(Stack(services=[Service("app", ["localhost:1"], [pack])]))
        return [one.code for one in run(facts, choice=Choice(select=("unknown-label-value",)))]

    assert codes("AppAvailabilityBurnCritical") == []
    assert codes("AppAvailabilityBurnt") == ["unknown-label-value"]
