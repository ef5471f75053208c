"""OpenTelemetry's instrumentor of redis-py and ours on the same client: both measure, whoever comes and goes first."""

from __future__ import annotations

import pytest
import redis
import redis.asyncio
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests import data_servers
from tests.integrations.client import values
from tests.integrations.resp_library import parts

from vedette.integrations import attached
from vedette.packs.cache import operation_duration


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.clear()


def _trace(spans) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    RedisInstrumentor().instrument(tracer_provider=provider)


async def _work(server) -> None:
    with redis.Redis(port=server.port) as client:
        client.get("a")
        client.pipeline().get("a").execute()
    async with redis.asyncio.Redis(port=server.port) as client:
        await client.get("a")
        await client.pipeline(transaction=False).get("a").execute()


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
async def test_both_measure_in_either_order_and_leave_in_either_order(server, spans, traced_first, tracer_leaves_first):
    attached.detach("redis")
    before = parts("redis")
    steps = [lambda: _trace(spans), lambda: attached.attach("redis")]
    for step in steps if traced_first else steps[::-1]:
        step()
    counted = {("redis", "GET", ""): 2, ("redis", "MULTI", ""): 1, ("redis", "PIPELINE", ""): 1}
    try:
        await _work(server)
        assert values(operation_duration) == counted
        assert [span.name for span in spans.get_finished_spans()] == ["GET"] * 4
        if tracer_leaves_first:
            RedisInstrumentor().uninstrument()
            await _work(server)
            assert values(operation_duration) == {labels: 2 * count for labels, count in counted.items()}
            assert len(spans.get_finished_spans()) == 4
            attached.detach("redis")
        else:
            attached.detach("redis")
            await _work(server)
            assert values(operation_duration) == counted
            assert len(spans.get_finished_spans()) == 8
            RedisInstrumentor().uninstrument()
    finally:
        RedisInstrumentor().uninstrument()
        attached.detach("redis")
    assert parts("redis") == before
