"""The alerts of the mailer, tested against its task: ``pytest examples/mailer``."""

from __future__ import annotations

import pytest
from examples.mailer.main import office, queue, send_letters

from vedette.testing import assert_no_alerts, assert_notified, fires, resolves, time_travel

pytestmark = pytest.mark.vedette(stack="examples.mailer.observability:stack")


@pytest.fixture(autouse=True)
def eager():
    """Tasks run where they are called, and raise there."""
    queue.conf.task_always_eager = queue.conf.task_eager_propagates = True
    office.letters.clear()
    office.server_is_up, office.running = True, False


@pytest.fixture
def mailer(vedette_app):
    def minutes(number):
        """So many minutes, in each of which 20 people write, four of them to nowhere."""

        def minute():
            for person in range(20):
                office.put(f"{person}@{'nowhere' if person % 5 == 0 else 'letters'}.example")
            send_letters.delay()

        return vedette_app.call(minute, every="1m", during=f"{number}m", raises=ConnectionError)

    return minutes


def test_an_hour_as_it_should_be_alerts_nobody(mailer):
    assert mailer(60) == {"returned": 60}
    assert_no_alerts()
    assert_no_alerts("LettersFail", "MailerLate", "LettersWait")


def test_a_mail_server_that_is_away_pages_and_when_it_is_back_all_is_well(mailer, vedette_app):
    with time_travel():
        mailer(15)
    office.server_is_up = False
    with time_travel():
        mailer(30)
        fires("LettersFail", within="9m", labels={"job": "mailer"})
        fires("MailerLate", within="16m")
        paged = assert_notified("pagerduty", within="9m", alert="LettersFail")
        assert "of the letters of mailer fail" in paged.subject
        mailed = [one for one in vedette_app.notifications if "post@mailer.example" in one.to]
        assert {name for one in mailed for name in one.alerts} == {"LettersFail"}  # who is paged knows the rest
    office.server_is_up = True
    with time_travel():
        mailer(40)
        resolves("MailerLate", within="2m")
        resolves("LettersFail", within="15m")


def test_a_mailer_that_nobody_calls_is_late(mailer, vedette_app):
    with time_travel():
        mailer(10)
    with time_travel():
        vedette_app.idle("20m")
        fires("MailerLate", within="15m")
        assert "has not ended a run for 15m" in assert_notified("post@mailer.example", alert="MailerLate").subject
