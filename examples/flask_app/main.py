"""A guestbook in Flask.

These lines make it observable, and it is the same application without them:

    + import vedette
    + entries = vedette.Counter("guestbook_entries_total", help="Entries written.")
    + vedette.instrument(app)
    + entries.inc()

``flask --app examples.flask_app.main run`` serves it; its metrics are at ``/metrics``, its health at ``/health``.
"""

from __future__ import annotations

from flask import Flask, abort, request

import vedette

app = Flask(__name__)
entries = vedette.Counter("guestbook_entries_total", help="Entries written.")
vedette.instrument(app)

_book: list[str] = []


@app.get("/entries/<int:number>")
def read(number: int) -> str:
    """An entry."""
    if number >= len(_book):
        abort(404)
    return _book[number]


@app.post("/entries")
def write() -> tuple[dict[str, int], int]:
    """Another entry."""
    _book.append(request.get_data(as_text=True))
    entries.inc()
    return {"number": len(_book) - 1}, 201
