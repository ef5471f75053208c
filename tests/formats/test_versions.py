"""What older releases refuse is known, and the real tools agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vedette.formats import alertmanager, prometheus, rules, versions

if TYPE_CHECKING:
    from vedette.place import Place

PROMETHEUS_YML = """
global: {rule_query_offset: 5s}
otlp: {promote_resource_attributes: [a]}
scrape_configs:
- job_name: a
  fallback_scrape_protocol: PrometheusText0.0.4
  tls_config: {ca: x}
- {job_name: b, http_sd_configs: [{url: 'http://x', no_proxy: y}]}
"""


def said(found: list[tuple[Place | None, str, str]]) -> list[str]:
    return [f"{place}: {key} {since}" for place, key, since in found]


def test_keys_that_the_oldest_release_refuses_are_found_with_their_place() -> None:
    config = prometheus.read(PROMETHEUS_YML, "p.yml")
    assert said(versions.unsupported(config, "2.42")) == [
        "p.yml:2:1: rule_query_offset 2.53",
        "p.yml:5:3: fallback_scrape_protocol 3.5",
        "p.yml:5:3: ca 2.53",
        "p.yml:8:3: no_proxy 2.53",
        "p.yml:2:1: otlp 3.5",
    ]
    assert said(versions.unsupported(config, "2.53")) == [
        "p.yml:5:3: fallback_scrape_protocol 3.5",
        "p.yml:2:1: otlp 3.5",
    ]
    assert versions.unsupported(config, "3.5.3") == []


def test_rule_groups_and_receivers_are_looked_at_too() -> None:
    file = rules.read(
        "groups:\n- {name: a, query_offset: 1m, rules: []}\n- {name: b, labels: {x: y}, rules: []}\n", "r.yml"
    )
    assert said(versions.unsupported(file, "2.42")) == ["r.yml:2:3: query_offset 2.53", "r.yml:3:3: labels 3.5"]
    config = alertmanager.read(
        "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs: [{url_file: x}]\n"
        "  msteams_configs: [{webhook_url_file: y}]\n",
        "a.yml",
    )
    assert said(versions.unsupported(config, "0.25")) == ["a.yml:3:3: url_file 0.33", "a.yml:3:3: msteams_configs 0.33"]
    assert versions.unsupported(config, "0.33") == []


@pytest.mark.parametrize("table", [versions.PROMETHEUS_SINCE, versions.ALERTMANAGER_SINCE])
def test_a_key_is_new_in_one_release_only(table: versions.Since) -> None:
    keys = [(section, key) for sections in table.values() for section, keys in sections.items() for key in keys.split()]
    assert len(keys) == len(set(keys))
