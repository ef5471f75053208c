"""A printer of albums in Celery: photographs are printed page by page, then bound.

These lines make it observable, and it is the same application without them:

    + import vedette
    + pages = vedette.Counter("printer_pages_total", help="Pages printed.", labels={"paper": ["matt", "glossy"]})
    + vedette.instrument(app, port=int(os.environ.get("PRINTER_PORT", "9464")))
    + pages.inc(paper)

``celery --app examples.celery_app.main worker`` runs a worker; its metrics are at ``http://127.0.0.1:9464/metrics``.
A program that only calls the tasks serves none.
"""

from __future__ import annotations

import os

from celery import Celery, Task, chord

import vedette

broker = os.environ.get("PRINTER_BROKER", "redis://127.0.0.1:6379/0")
app = Celery("printer", broker=broker, backend=broker)
app.conf.broker_connection_retry_on_startup = True
pages = vedette.Counter("printer_pages_total", help="Pages printed.", labels={"paper": ["matt", "glossy"]})
vedette.instrument(app, port=int(os.environ.get("PRINTER_PORT", "9464")))

_FEED = 4
"""Sheets after which paper is caught at the first attempt."""


class JamError(Exception):
    """The paper is caught."""


@app.task(name="print_page", bind=True, max_retries=1)
def print_page(self: Task, number: int, paper: str) -> str:
    """Print a page; one that is caught is tried again."""
    if paper not in ("matt", "glossy"):
        raise ValueError(f"there is no {paper} paper")
    if number % _FEED == 0 and not self.request.retries:
        raise self.retry(exc=JamError(number), countdown=0.1)
    pages.inc(paper)
    return f"page {number} on {paper}"


@app.task(name="bind")
def bind(printed: list[str]) -> str:
    """Bind what has been printed."""
    return f"an album of {len(printed)} pages, the first is {printed[0]}"


def album(size: int, paper: str = "matt") -> str:
    """Have an album made, and wait for it."""
    made = chord([print_page.s(number, paper) for number in range(1, size + 1)])(bind.s())
    return str(made.get(timeout=60))
