"""Everything that watches the ticket office: the http pack, and what it counts of its own."""

from __future__ import annotations

from vedette import Alert, Counter, Email, Gauge, Pack, Service, Slack, Stack, env
from vedette.packs import http

__all__ = ["free", "reservations", "stack", "tickets"]

reservations = Counter(
    "tickets_reservations_total",
    help="Attempts to reserve a seat.",
    labels={"result": ["reserved", "full", "unpaid"]},
)
free = Gauge("tickets_free_seats", help="Seats that nobody has reserved.")

tickets = Pack(
    "tickets",
    title="Ticket office",
    metrics=[reservations, free],
    alerts=[
        Alert(
            "ReservationsFail",
            'sum by (job) (rate(tickets_reservations_total{result="full"}[5m]))'
            " / (sum by (job) (rate(tickets_reservations_total[5m])) > 0) > 0.5",
            for_="5m",
            severity="high",
            summary="{{ $value | humanizePercentage }} of the reservations at {{ $labels.job }} find no seat",
            description="Either the hall is full, or seats are not given back when nobody pays for them.",
        ),
        Alert(
            "SeatsGone",
            "min by (job) (tickets_free_seats) == 0",
            for_="15m",
            severity="medium",
            summary="{{ $labels.job }} has had no free seat for a quarter of an hour",
            description="What is not paid for within five minutes is given back, so that a seat should become free.",
        ),
    ],
)

stack = Stack(
    name="tickets",
    title="Ticket office",
    services=[Service("tickets", title="Ticket office", targets=["127.0.0.1:8010"], packs=[http, tickets])],
    notify=[Slack(env("SLACK_WEBHOOK"), channel="#tickets"), Email("oncall@tickets.example")],
)
