"""The alerts of the ticket office, tested against its handlers: ``pytest examples/tickets``."""

from __future__ import annotations

import pytest
from examples.tickets.main import Hall, create

pytestmark = pytest.mark.vedette(stack="examples.tickets.observability:stack")


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
def office(vedette_app, hall):
    return vedette_app.serve(create(hall))


def test_an_evening_as_it_should_be_alerts_nobody(office):
    office.assert_no_alerts(load=["/seats", "POST /seats"], rate=0.5, during="1h")
    assert office.notifications == []


def test_a_rush_for_a_small_hall_is_told_while_it_lasts(office, hall):
    hall.seats = 10
    office.load("POST /seats", rate=0.5, during="20m")
    office.fires("ReservationsFail", within="12m", labels={"service": "tickets"})
    told = office.assert_notified("#tickets", within="13m", alert="ReservationsFail")
    assert "find no seat" in told.subject
    assert any("/runbooks/ReservationsFail" in link for link in told.links)
    office.assert_no_alerts("HttpErrorRateHigh", "HttpLatencyHigh")

    hall.seats = 200
    office.load("POST /seats", rate=0.5, during="20m")
    office.resolves("ReservationsFail", within="6m")
    office.assert_notified("oncall@tickets.example", alert="ReservationsFail", resolved=True)


def test_an_office_that_does_not_answer_pages(office):
    office.load("/seats", rate=0.2, during="5m")
    with office.down():
        office.idle("5m")
    office.fires("ServiceDown", within="3m")
