"""Names of a service in another language: each is a metric of its packs, told apart, and spelt right."""

from __future__ import annotations

import pytest

from vedette.catalog import Renamed, Service
from vedette.errors import DeclarationError
from vedette.packs import cache, database, http

DURATION = "http_server_request_duration_seconds"


def service(**names):
    return Service("api", ["localhost:3000"], [http, database, cache], names=names)


def test_a_name_alone_is_enough_where_labels_are_the_same():
    assert service(requests=DURATION).renames()["requests"] == Renamed(DURATION)


def test_two_names_can_be_one_metric_where_a_label_tells_them_apart():
    found = service(
        active=Renamed("db_client_connections", fixed={"db_client_connection_state": "used"}),
        idle=Renamed("db_client_connections", fixed={"db_client_connection_state": "idle"}),
    ).renames()
    assert list(found) == ["active", "idle"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Renamed("a b"), "needs the name of a metric"),
        (lambda: Renamed("a", labels={"b": "c d"}), "two names of labels"),
        (lambda: Renamed("a", labels={"b": "d", "c": "d"}), "makes the label 'd' of two things"),
        (lambda: Renamed("a", labels={"b": "d"}, fixed={"d": "1"}), "makes the label 'd' of two things"),
        (lambda: Renamed("a", labels={"b": "c", "c": "d"}), "'c' as an old name and as a new one"),
        (lambda: Renamed("a", values={"b c": {}}), "the label 'b c'"),
        (lambda: Renamed("a", values={"b": {"x": 1}}), "write text for text"),
        (lambda: Renamed("a", fixed={"b": "1"}, values={"b": {"x": "y"}}), "which is fixed"),
        (lambda: Renamed("a", values={"b": {"x": "y", "y": "z"}}), "'y' is an old value and a new one"),
        (lambda: service(requests=3), r"or Renamed\(…\)"),
        (lambda: service(**{"my requests": DURATION}), "is not the name of a metric"),
        (lambda: service(requests="http_server_request_duration_second"), f"did you mean '{DURATION}'"),
        (lambda: service(requests=Renamed(DURATION, labels={"route": "http_rout"})), "did you mean 'http_route'"),
        (
            lambda: service(active=Renamed("cache_requests_total", fixed={"result": "hits"})),
            "it is one of hit, miss; did you mean 'hit'",
        ),
        (
            lambda: service(active=Renamed("cache_requests_total", values={"result": {"found": "hits"}})),
            "it is one of hit, miss; did you mean 'hit'",
        ),
        (lambda: service(a=DURATION, b=DURATION), "the same series twice"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)
