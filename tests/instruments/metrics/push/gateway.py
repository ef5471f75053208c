"""What a real Pushgateway has."""

from __future__ import annotations

import json
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def groups(base):
    with urllib.request.urlopen(f"{base}/api/v1/metrics", timeout=10) as reply:
        return json.load(reply)["data"]


def values(base, name):
    """Labels, without those that are empty, and value of each sample of a metric."""
    with urllib.request.urlopen(f"{base}/metrics", timeout=10) as reply:
        families = list(text_string_to_metric_families(reply.read().decode()))
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return [({key: text for key, text in one.labels.items() if text}, one.value) for one in samples]
