"""What is made up of one metric follows from what its name says that it is."""

from __future__ import annotations

import re

from tests.testing.preview.every_pack import stack

from vedette.instruments.metrics import Metric
from vedette.testing.preview.levels import level

GAUGES = {
    metric.name: metric
    for service in stack.services
    for pack in service.packs
    for metric in pack.metrics
    if metric.type == "gauge"
}
TIMES = {"began", "last", "next", "now", "replaced"}


def test_of_what_is_free_there_is_less_in_an_incident_and_never_more():
    free = [one for name, one in GAUGES.items() if re.search("avail|free|remaining", name, re.IGNORECASE)]
    assert len(free) > 5
    assert [one.name for one in free if level(one).shape not in ("sinking", "constant")] == []


def test_a_moment_is_one_of_the_past_or_the_near_future_and_no_small_number():
    pushed = Metric.foreign("gauge", "push_time_seconds", exporter="pushgateway", help="When a job last pushed.")
    moments = [pushed, *(one for name, one in GAUGES.items() if re.search("timestamp|(start|boot)_time", name))]
    assert len(moments) > 10
    assert [one.name for one in moments if level(one).shape not in TIMES] == []
