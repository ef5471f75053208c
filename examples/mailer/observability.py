"""Everything that watches the mailer: whether letters leave, whether they bounce, and whether it runs at all."""

from __future__ import annotations

from vedette import Alert, Counter, Email, Gauge, Histogram, Pack, PagerDuty, Service, Stack, env

__all__ = ["duration", "last_run", "letters", "mailer", "stack", "waiting"]

letters = Counter("mailer_letters_total", help="Letters tried.", labels={"result": ["sent", "bounced", "failed"]})
duration = Histogram("mailer_letter_duration_seconds", help="Time to send a letter.", buckets=[0.1, 0.5, 1, 5, 30])
last_run = Gauge("mailer_last_run_timestamp_seconds", help="When the last run ended well, in seconds since the epoch.")
waiting = Gauge("mailer_waiting_letters", help="Letters that wait to be sent.")

mailer = Pack(
    "mailer",
    title="Mailer",
    metrics=[letters, duration, last_run, waiting],
    alerts=[
        Alert(
            "LettersFail",
            'sum by (job) (rate(mailer_letters_total{result="failed"}[10m]))'
            " / (sum by (job) (rate(mailer_letters_total[10m])) > 0) > 0.1",
            for_="5m",
            severity="critical",
            summary="{{ $value | humanizePercentage }} of the letters of {{ $labels.job }} fail",
            description="The mail server refuses them or does not answer.",
        ),
        Alert(
            "MailerLate",
            "time() - max by (job) (mailer_last_run_timestamp_seconds) > 900",
            severity="high",
            summary="{{ $labels.job }} has not ended a run for {{ $value | humanizeDuration }}",
            description="It runs every minute: it hangs, or fails before its end.",
        ),
        Alert(
            "LettersWait",
            "max by (job) (mailer_waiting_letters) > 100",
            for_="10m",
            severity="medium",
            summary="{{ $value }} letters of {{ $labels.job }} wait",
            description="They come faster than they leave.",
        ),
    ],
)

stack = Stack(
    name="mailer",
    title="Mailer",
    services=[Service("mailer", title="Mailer", targets=["127.0.0.1:8020"], packs=[mailer])],
    notify=[PagerDuty(env("PD_KEY")), Email("post@mailer.example")],
)
