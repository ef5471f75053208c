"""A target that nobody has ever answered for may have a stand-in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.real import free_port
from tests.server.test_drive import driven, health, now, target, until, watch

from vedette.promql.evaluate import instant

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.server.watch import Watch


def _value(watched: Watch, query: str) -> list[float]:
    return list(instant(query, watched.head, now()).values)  # type: ignore[union-attr]  # a vector


async def test_it_is_asked_until_the_target_answers_and_never_after_that(tmp_path: Path) -> None:
    """An exporter that has answered and then ends is down: what it told must not go on as if nothing were wrong."""
    port = free_port()
    watched = watch(tmp_path, port)
    url = watched.collector.targets()[0].url
    async with driven(watched, stand_ins={url: lambda: b"a 1\n"}) as driver:
        await until(lambda: health(watched) == ["up"])
        assert _value(watched, "a") == [1.0]
        assert driver.stood_in == {url}
        async with target(port, lambda: b"a 2\n"):
            await until(lambda: _value(watched, "a") == [2.0])
        await until(lambda: health(watched) == ["down"])
    assert "connection refused" in watched.collector.targets()[0].last_error


async def test_one_that_hangs_is_down_after_the_timeout_and_is_not_asked_twice(tmp_path: Path) -> None:
    asked: list[int] = []
    over = threading.Event()

    def hang() -> bytes:
        asked.append(1)
        over.wait(60)
        return b"a 1\n"

    watched = watch(tmp_path, free_port())
    url = watched.collector.targets()[0].url
    async with driven(watched, stand_ins={url: hang}):
        await until(lambda: health(watched) == ["down"])
        first = watched.collector.targets()[0].last_scrape
        await until(lambda: watched.collector.targets()[0].last_scrape > first + 400)
        assert len(asked) == 1
        over.set()
        await until(lambda: health(watched) == ["up"])


async def test_one_that_fails_leaves_the_target_down_with_the_reason(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise ValueError("no such disk")

    watched = watch(tmp_path, free_port())
    url = watched.collector.targets()[0].url
    async with driven(watched, stand_ins={url: fail}):
        await until(lambda: health(watched) == ["down"])
        assert "no such disk" in watched.collector.targets()[0].last_error
