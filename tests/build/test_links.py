"""Links are made of names alone, in the form Grafana takes."""

from __future__ import annotations

from vedette.build.links import dashboard_uid, dashboard_url, panel_id, row_id, runbook_url
from vedette.catalog import Environment


def test_a_panels_id_is_the_same_for_ever():
    assert panel_id("http", "Error ratio") == 1026774575
    assert panel_id("http", "Error ratio") != row_id("http", "Error ratio") != panel_id("http", "Errors")


def test_ids_are_positive_and_fit_in_31_bits():
    assert all(0 < panel_id("p", str(index)) < 2**31 for index in range(500))


def test_a_uid_keeps_to_what_grafana_allows():
    assert dashboard_uid("shop", "http") == "shop-http"
    assert dashboard_uid("my.shop", "http") == "my-shop-http"
    long = dashboard_uid("s" * 30, "p" * 30), dashboard_uid("s" * 30, "p" * 31)
    assert [len(uid) for uid in long] == [40, 40]
    assert long[0] != long[1]


def test_links_begin_with_the_address_of_the_environment():
    here = Environment("a", external_url="https://w.example.com/")
    there = Environment("a", grafana_url="https://g.example.com", runbook_url="https://r.example.com/x/")
    assert dashboard_url(here, "u") == "https://w.example.com/d/u"
    assert runbook_url(here, "A") == "https://w.example.com/runbooks/A"
    assert dashboard_url(there, "u") == "https://g.example.com/d/u"
    assert runbook_url(there, "A") == "https://r.example.com/x/runbooks/A"
