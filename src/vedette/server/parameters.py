"""Reading the parameters of HTTP requests: times, steps, selectors. Mistakes become ``BadRequest`` with the fix."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict

from vedette.duration import milliseconds
from vedette.errors import VedetteError
from vedette.promql.ast import VectorSelector
from vedette.promql.parser import parse

if TYPE_CHECKING:
    from starlette.requests import Request

    from vedette.promql.labels import Matcher

__all__ = ["BadRequest", "duration", "instant", "limit", "parameters", "selectors"]

FORM_LIMIT = 1 << 20
"""Bytes of a POSTed form; the longest generated query is a few kilobytes."""


class BadRequest(VedetteError):  # noqa: N818 - it is the name of HTTP status 400
    """A parameter is missing or cannot be read."""


async def parameters(request: Request) -> ImmutableMultiDict[str, str]:
    """Query string and form body together, as Prometheus' API reads them."""
    if request.method != "POST":
        return request.query_params
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise BadRequest(f"the form is larger than {FORM_LIMIT} bytes")
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the form is not UTF-8: {error}") from None
    return ImmutableMultiDict([*request.query_params.multi_items(), *form])


def instant(given: ImmutableMultiDict[str, str], name: str, default: int | None = None) -> int:
    """A time as milliseconds, from seconds since the epoch or RFC 3339."""
    text = given.get(name)
    if not text:
        if default is None:
            raise BadRequest(f'invalid parameter "{name}": it is missing; give a time as 1700000000.5 or RFC 3339')
        return default
    try:
        value = float(text)
    except ValueError:
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError:
            raise BadRequest(f'invalid parameter "{name}": cannot parse {text!r} to a valid timestamp') from None
    if not math.isfinite(value) or abs(value) > 9e12:
        raise BadRequest(f'invalid parameter "{name}": {text!r} is out of range')
    return round(value * 1000)


def duration(given: ImmutableMultiDict[str, str], name: str, default: int | None = None) -> int:
    """A duration as milliseconds, from seconds (``15``, ``0.5``) or Prometheus' form (``5m``)."""
    text = given.get(name)
    if not text:
        if default is None:
            raise BadRequest(f'invalid parameter "{name}": it is missing; give seconds or a duration such as 15s')
        return default
    try:
        value = round(float(text) * 1000)
    except (ValueError, OverflowError):
        try:
            value = milliseconds(text)
        except ValueError:
            raise BadRequest(f'invalid parameter "{name}": cannot parse {text!r} to a valid duration') from None
    return value


def limit(given: ImmutableMultiDict[str, str]) -> int:
    """The ``limit`` parameter; 0 means none."""
    text = given.get("limit") or "0"
    if not text.isdigit():
        raise BadRequest(f'invalid parameter "limit": {text!r} is not a number of 0 or more')
    return int(text)


def selectors(given: ImmutableMultiDict[str, str], *, required: bool) -> list[tuple[Matcher, ...]]:
    """The matchers of every ``match[]`` parameter."""
    texts = given.getlist("match[]")
    if required and not texts:
        raise BadRequest('invalid parameter "match[]": at least one series selector is needed, e.g. match[]=up')
    found = []
    for text in texts:
        expr = parse(text)
        if not isinstance(expr, VectorSelector):
            raise BadRequest(f'invalid parameter "match[]": {text!r} is not a plain series selector')
        found.append(expr.matchers)
    return found
