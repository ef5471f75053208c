"""A till in FastAPI.

These lines make it observable, and it is the same application without them:

    + import vedette
    + sales = vedette.Counter("till_sales_total", help="Sales.", labels={"paid": ["cash", "card"]})
    + vedette.instrument(app)
    + sales.inc(paid)

``uvicorn examples.fastapi_app.main:app`` serves it; its metrics are at ``/metrics``, its health at ``/health``.
"""

from __future__ import annotations

from typing import Literal

from fastapi import FastAPI, HTTPException

import vedette

app = FastAPI()
sales = vedette.Counter("till_sales_total", help="Sales.", labels={"paid": ["cash", "card"]})
vedette.instrument(app)

_prices = {"apple": 40, "pear": 55}


@app.get("/prices/{fruit}")
async def price(fruit: str) -> int:
    """What it costs, in cents."""
    if fruit not in _prices:
        raise HTTPException(404)
    return _prices[fruit]


@app.post("/sales/{fruit}", status_code=201)
async def sell(fruit: str, paid: Literal["cash", "card"] = "cash") -> int:
    """Sell one; what is to be paid."""
    cents = await price(fruit)
    sales.inc(paid)
    return cents
