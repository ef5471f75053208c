"""Runbooks: nine sections, hand-written where somebody wrote, generated where the declaration knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.build.stacks import NO_ORDERS, ORDERS, everything, minimal

from vedette.build import build
from vedette.build.runbooks import SECTIONS
from vedette.catalog import Email, Pack, PagerDuty, Route, Runbook, Service, Slack, Stack, env
from vedette.errors import DeclarationError
from vedette.place import Place


def runbook(alert=NO_ORDERS, **stack):
    services = [Service("shop", ["h:1"], [Pack("shop", metrics=[ORDERS], alerts=[alert])], team="web")]
    return build(Stack(services=services, **stack))["runbooks/NoOrders.md"]


def section(text, title):
    return text.split(f"\n## {title}\n\n")[1].split("\n## ")[0].strip()


def test_has_the_nine_sections_in_order():
    assert [line[3:] for line in runbook().splitlines() if line.startswith("## ")] == list(SECTIONS)


def test_the_declaration_tells_severity_query_and_panel():
    details = section(runbook(), "Alert details")
    assert "**high**" in details
    assert 'for 30m:\n\n```promql\nsum by (job) (rate(shop_orders_total{job="shop"}[30m])) == 0\n```' in details
    assert "http://127.0.0.1:7373/d/shop-shop?viewPanel=" in details


def test_the_stack_tells_whom_to_call():
    escalation = section(runbook(notify=[Email("oncall@example.com")]), "Escalation")
    assert "Team: web." in escalation
    assert "oncall@example.com" in escalation


def test_only_those_are_named_whom_the_alert_is_told_to():
    asked = Service("shop", ["h:1"], [Pack("shop", metrics=[ORDERS], alerts=[NO_ORDERS])], team="web")
    others = [
        Route({"team": "dba"}, [Email("dba@example.com")]),
        Route({"pack": "shop"}, [Slack(env("S"), channel="#shop")], also=True),
    ]
    stack = Stack(services=[asked], notify=[PagerDuty(env("P")), Email("oncall@example.com"), *others])
    escalation = section(build(stack)["runbooks/NoOrders.md"], "Escalation")
    assert "announced: Slack" in escalation
    assert "oncall@example.com" in escalation
    assert "dba@example.com" not in escalation
    assert "PagerDuty" not in escalation  # it takes what is critical


def test_a_route_that_keeps_alerts_ends_the_list_and_one_by_a_label_that_may_be_there_does_not():
    asked = Service("shop", ["h:1"], [Pack("shop", metrics=[ORDERS], alerts=[NO_ORDERS])], team="web")
    own = Email("oncall@example.com")
    for match, named in (({"team": "web"}, False), ({"job": "shop"}, True), ({"instance": "h:1"}, True)):
        stack = Stack(services=[asked], notify=[own, Route(match, [Email("web@example.com")])])
        escalation = section(build(stack)["runbooks/NoOrders.md"], "Escalation")
        assert ("oncall@example.com" in escalation) is named
        assert ("web@example.com" in escalation) is ("instance" not in match)


def test_what_a_text_of_the_alert_will_say_when_it_fires_stands_there_by_its_name():
    left = "{{ if gt $value 9.0 }}many{{ end }}"
    text = "{{ $value | humanize }} orders of {{ $labels.job }} by {{ $labels.channel }}, " + left
    pack = Pack("shop", metrics=[ORDERS], alerts=[replace(NO_ORDERS, description=text)])
    for names, said in ((("shop", "till"), "shop or till"), (("shop", "till", "web"), "`job`")):
        stack = Stack(services=[Service(name, ["h:1"], [pack]) for name in names], name="shops")
        built = build(stack)["runbooks/NoOrders.md"]
        whole = f"`value` orders of {said} by `channel`, {left}"
        assert section(built, "Alert details").startswith(f"{NO_ORDERS.summary}. {whole}")
        assert section(built, "Symptoms").startswith(whole)


def test_what_is_done_first_stands_before_the_table():
    written = Runbook(resolution=["Roll back,\n`git revert`.", "Ask."], long_term=["Test it"])
    details = section(runbook(replace(NO_ORDERS, runbook=written)), "Alert details")
    assert details.split("| | |")[0].rstrip().endswith("**First:** Roll back, `git revert`.")
    assert "First:" not in section(runbook(), "Alert details")
    assert "First:" not in section(runbook(replace(NO_ORDERS, runbook=Runbook(long_term=["Test it"]))), "Alert details")


def test_what_is_done_in_one_case_of_several_does_not_read_as_what_has_happened():
    for points, said in (
        (["A leak: restart it.", "Load: add some."], "**First, if it fits:** A leak: restart it."),
        (["A leak: restart it."], "**First:** A leak: restart it."),
        (["Start what sets the clock: `chronyc makestep`.", "Ask."], "**First:** Start what sets the clock:"),
        (["Do not restart it: that repeats all.", "Ask."], "**First:** Do not restart it"),
        (["Bring it back: more memory, the role.", "Ask."], "**First:** Bring it back:"),
        (["`redis-cli config set timeout 300`: let the idle go.", "Ask."], "**First:** `redis-cli"),
    ):
        built = runbook(replace(NO_ORDERS, runbook=Runbook(resolution=points)))
        assert said in section(built, "Alert details")


def test_words_in_capitals_that_are_labels_of_the_alert_are_explained():
    written = Runbook(
        investigation=["```sh\nssh HOST\n```", "`kubectl describe pod POD`", '```promql\n{pod="NAME"}\n```'],
        resolution=["Ask INSTANCE.", "`journalctl -u SERVICE`"],
    )
    alert = replace(NO_ORDERS, expr="sum by (job, instance) (rate(shop_orders_total[30m])) == 0", runbook=written)
    details = section(runbook(alert), "Alert details")
    assert "| In commands | the alert's labels: `SERVICE` is `service`, `HOST` is `instance` |" in details


def test_hand_written_parts_stand_where_they_belong():
    written = Runbook(
        symptoms="The till is silent.",
        impact="No money.",
        causes=["Checkout down", "A holiday"],
        investigation=["Look:\n```promql\n{expr}\n```"],
        resolution=["Roll back"],
        long_term=["Test it"],
        verification="Buy something.",
        escalation="The owner: 555.",
        prevention=["Think"],
    )
    text = runbook(replace(NO_ORDERS, runbook=written))
    assert section(text, "Symptoms") == "The till is silent."
    assert section(text, "Root causes") == "1. Checkout down\n2. A holiday"
    assert section(text, "Investigation") == (
        '1. Look:\n   ```promql\n   sum by (job) (rate(shop_orders_total{job="shop"}[30m])) == 0\n   ```'
    )
    assert section(text, "Resolution") == "### Now\n\n- Roll back\n\n### Long-term\n\n- Test it"
    assert section(text, "Verification").startswith("Buy something.\n\nThe alert resolves")
    assert section(text, "Escalation").startswith("The owner: 555.")
    assert section(text, "Post-incident and prevention").startswith("- Think\n- Write down")


def test_a_file_is_split_by_its_headings(tmp_path):
    (tmp_path / "no-orders.md").write_text(
        "# Title of mine\n\nSilence.\n\n## Causes\n\n1. This\n\n## Investigation\n\n"
        "```sh\n## not a heading\n# nor this\n```\n\n## Contacts of the bank\n\nMe.\n"
    )
    alert = replace(NO_ORDERS, runbook="no-orders.md", place=Place(str(tmp_path / "observability.py"), 3))
    text = runbook(alert)
    assert section(text, "Symptoms") == "Silence."
    assert section(text, "Root causes") == "1. This"
    assert "## Investigation\n\n```sh\n## not a heading\n# nor this\n```\n\n## Resolution" in text
    assert text.rstrip().endswith("## Contacts of the bank\n\nMe.")
    assert "Title of mine" not in text


def test_a_missing_or_empty_file_is_named_with_the_nearest(tmp_path):
    (tmp_path / "no-order.md").write_text(" ")
    place = Place(str(tmp_path / "observability.py"), 3)
    with pytest.raises(DeclarationError, match=r"observability.py:3: .*did you mean 'no-order.md'"):
        runbook(replace(NO_ORDERS, runbook="no-orders.md", place=place))
    with pytest.raises(DeclarationError, match=r"observability.py:3: .*is empty"):
        runbook(replace(NO_ORDERS, runbook="no-order.md", place=place))


def test_where_thresholds_differ_every_query_is_shown():
    text = build(everything(), "production")["runbooks/HttpErrorRateHigh.md"]
    assert "for 2m (shop):" in text
    assert "for 2m (ware-house):" in text
    assert "> 0.02" in text


def test_what_nobody_wrote_is_said_openly():
    assert "Nobody has written yet" in build(minimal())["runbooks/NoOrders.md"]
