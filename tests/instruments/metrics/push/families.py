"""Metrics of any kind with any values, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from vedette.instruments.metrics.family import escape
from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Native, Series

NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.floats() | st.integers(-(2**53), 2**53)
COUNTS = st.integers(0, 2**62)
HEX = st.sampled_from(["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "no hex", ""])
SIDE = st.dictionaries(st.integers(-40, 40), st.integers(1, 2**40), max_size=6).map(lambda found: sorted(found.items()))
NATIVES = st.builds(Native, st.integers(-4, 8), COUNTS, SIDE, SIDE)


def written(labels):
    """Labels as a page has them."""
    return ",".join(f'{name}="{escape(value)}"' for name, value in labels.items())


def exemplars(bucket):
    labels = st.dictionaries(NAMES, TEXTS, max_size=2) | st.fixed_dictionaries({"trace_id": HEX, "span_id": HEX})
    return st.builds(Exemplar, st.just(bucket), st.floats(), st.floats(0, 4e9), labels.map(written))


@st.composite
def exposed(draw):
    """A metric with some series, each with its own labels."""
    kind = draw(st.sampled_from(["counter", "gauge", "histogram", "summary", "info", "stateset", "unknown"]))
    name = draw(NAMES)
    labels = draw(st.lists(st.dictionaries(NAMES.map("l_{}".format), TEXTS, max_size=3), min_size=1, max_size=3))
    bounds = draw(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=4, unique=True).map(sorted))
    states = draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=3, unique=True))
    series = []
    for one in labels:
        text = written(one)
        if kind == "histogram":
            counts = draw(st.lists(st.integers(0, 2**40), min_size=len(bounds) + 1, max_size=len(bounds) + 1))
            events = draw(
                st.lists(st.integers(0, len(bounds)).flatmap(exemplars), max_size=3, unique_by=lambda e: e[0])
            )
            series.append(Series(text, (counts, draw(NUMBERS)), events, draw(st.none() | NATIVES)))
        elif kind == "summary":
            quantiles = draw(st.lists(st.tuples(st.floats(0, 1), st.floats()), max_size=2))
            series.append(Series(text, (draw(COUNTS), draw(NUMBERS)), quantiles=quantiles))
        elif kind == "stateset":
            series.append(Series(text, draw(st.integers(0, 2 ** len(states) - 1))))
        else:
            events = draw(st.lists(exemplars(0), max_size=1)) if kind == "counter" else ()
            series.append(Series(text, draw(NUMBERS), events))
    return Exposed(
        kind,
        name,
        draw(TEXTS),
        draw(st.sampled_from(["", "seconds", "bytes", "ratio", "loaves"])),
        tuple(bounds) if kind == "histogram" else (),
        tuple(states) if kind == "stateset" else (),
        series,
    )


FAMILIES = st.lists(exposed(), max_size=4, unique_by=lambda family: family.name)
