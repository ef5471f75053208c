"""Time intervals hold when Alertmanager's do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.alerting.intervals import read_intervals
from vedette.errors import ConfigError
from vedette.formats.alertmanager import TimeInterval


def holds(spec: dict[str, object], moment: str) -> bool:
    (interval,) = read_intervals([TimeInterval(name="t", time_intervals=(spec,))])["t"]
    return interval.contains(round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000))


OFFICE = {"times": [{"start_time": "09:00", "end_time": "17:00"}], "weekdays": ["monday:friday"]}


@pytest.mark.parametrize(
    ("spec", "moment", "expected"),
    [
        ({}, "2026-03-09T12:00", True),
        (OFFICE, "2026-03-09T09:00", True),
        (OFFICE, "2026-03-09T08:59:59", False),
        (OFFICE, "2026-03-09T16:59:59", True),
        (OFFICE, "2026-03-09T17:00", False),
        (OFFICE, "2026-03-08T12:00", False),
        ({"times": [{"start_time": "22:00", "end_time": "24:00"}]}, "2026-03-09T23:59:59", True),
        ({"weekdays": ["saturday", "sunday"]}, "2026-03-08T00:00", True),
        ({"days_of_month": ["1:5"]}, "2026-03-05T23:59", True),
        ({"days_of_month": ["1:5"]}, "2026-03-06T00:00", False),
        ({"days_of_month": ["-1"]}, "2028-02-29T12:00", True),
        ({"days_of_month": ["-1"]}, "2026-02-27T12:00", False),
        ({"days_of_month": ["25:-1"]}, "2026-02-28T12:00", True),
        ({"days_of_month": ["31"]}, "2026-02-28T12:00", False),
        ({"months": ["may:august"]}, "2026-08-31T12:00", True),
        ({"months": ["1:3", "december"]}, "2026-12-01T12:00", True),
        ({"months": ["1:3"]}, "2026-04-01T12:00", False),
        ({"years": ["2026:2028"]}, "2028-12-31T12:00", True),
        ({"years": ["2027"]}, "2026-12-31T23:59", False),
        ({**OFFICE, "location": "America/New_York"}, "2026-03-09T13:00", True),
        ({**OFFICE, "location": "America/New_York"}, "2026-03-09T12:59", False),
        ({**OFFICE, "location": "America/New_York"}, "2026-03-06T13:30", False),
    ],
)
def test_an_interval_contains_its_moments(spec, moment, expected):
    assert holds(spec, moment) is expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"weekdays": ["mon"]}, "weekdays: 'mon' is not a weekday"),
        ({"weekdays": ["friday:monday"]}, "weekdays: 'friday:monday' is not a weekday"),
        ({"times": [{"start_time": "17:00", "end_time": "09:00"}]}, "times: .* is not a start_time before an end_time"),
        ({"times": [{"start_time": "9", "end_time": "10:00"}]}, "times: "),
        ({"days_of_month": ["0"]}, "days_of_month: '0' is not a day"),
        ({"months": ["13"]}, "months: '13' is not a month"),
        ({"years": ["x"]}, "years: 'x' is not a year"),
        ({"location": "Mars/Base"}, "location: 'Mars/Base' is not a zone"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_the_fix(spec, message):
    with pytest.raises(ConfigError, match=f"time interval 't': {message}"):
        read_intervals([TimeInterval(name="t", time_intervals=(spec,))])
