"""The ready-made checks, against the real thing: what passes, what is degraded, what fails."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiosmtpd.controller
import pytest
from tests.data_servers import postgres as real_postgres
from tests.data_servers import redis as real_redis
from tests.real import free_port

from vedette.errors import DeclarationError
from vedette.health import Degraded, Failed, Reading, checks
from vedette.instruments import clock
from vedette.packs.http import request_duration

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def postgres():
    with real_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def redis():
    with real_redis() as server:
        yield server


def _run(check):
    """What the check returns or raises; what is awaited is awaited."""
    found = check.run()
    return asyncio.run(found) if asyncio.iscoroutine(found) else found


def test_a_database_is_asked_through_an_engine_of_sqlalchemy(postgres):
    from sqlalchemy import create_engine

    engine = create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:"))
    check = checks.database(engine)
    assert _run(check) is None
    assert engine.pool.checkedin() == 1  # it went through the pool and gave back what it took
    engine.dispose()
    lost = create_engine(f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/postgres")
    with pytest.raises(Exception, match="Connection refused"):
        _run(checks.database(lost))


async def test_a_database_is_asked_through_pools_that_are_awaited(postgres):
    import asyncpg
    import psycopg_pool
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(postgres.url.replace("postgresql:", "postgresql+asyncpg:"))
    assert await checks.database(engine).run() is None
    await engine.dispose()
    async with asyncpg.create_pool(postgres.url, min_size=1, max_size=1) as pool:
        assert await checks.database(pool).run() is None
        assert pool.get_idle_size() == 1
    async with psycopg_pool.AsyncConnectionPool(postgres.url, min_size=1, open=False) as pool:
        assert await checks.database(pool).run() is None


def test_a_database_is_asked_through_a_pool_of_psycopg_and_a_function(postgres):
    import psycopg
    import psycopg_pool

    with psycopg_pool.ConnectionPool(postgres.url, min_size=1) as pool:
        assert _run(checks.database(pool)) is None
    opened = []

    def connect():
        opened.append(psycopg.connect(postgres.url))
        return opened[-1]

    assert _run(checks.database(connect)) is None
    assert opened[0].closed


def test_what_is_no_database_is_refused_where_it_is_written():
    with pytest.raises(DeclarationError, match="give an engine of SQLAlchemy"):
        checks.database(5)


def test_redis_is_asked_by_clients_of_both_kinds(redis):
    import redis as library
    import redis.asyncio as awaited

    client = library.Redis.from_url(redis.url)
    assert _run(checks.redis(client)) is None
    client.close()

    async def ask():
        async with awaited.Redis.from_url(redis.url) as other:
            await checks.redis(other).run()

    asyncio.run(ask())
    with pytest.raises(library.ConnectionError):
        _run(checks.redis(library.Redis(port=free_port())))


def test_a_pool_that_is_used_up_is_degraded_at_first_and_fails_when_it_stays_so(postgres):
    import psycopg_pool

    with psycopg_pool.ConnectionPool(postgres.url, min_size=2, max_size=2) as pool:
        pool.wait()
        check = checks.pool(pool)
        assert _run(check) == Reading(0.0, "of the connections")
        with pool.connection(), pool.connection():
            with pytest.raises(Degraded):
                _run(check)
            with pytest.raises(Failed, match="what is in use is 1 of the connections"):
                _run(check)
        assert _run(check).value == 0


def test_a_pool_of_sqlalchemy_counts_what_it_may_open_besides(postgres):
    from sqlalchemy import create_engine

    engine = create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:"), pool_size=1, max_overflow=1)
    with engine.connect():
        assert _run(checks.pool(engine)).value == 0.5
    engine.dispose()


@contextlib.contextmanager
def _web(status):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_a_service_is_judged_by_its_status():
    with _web(200) as port:
        assert _run(checks.http("payments", f"http://127.0.0.1:{port}/health")) is None
    with _web(503) as port, pytest.raises(Failed, match="status 503"):
        _run(checks.http("payments", f"http://127.0.0.1:{port}/health"))
    with pytest.raises(ConnectionRefusedError):
        _run(checks.http("payments", f"http://127.0.0.1:{free_port()}/"))
    with pytest.raises(DeclarationError, match="must begin with http"):
        checks.http("payments", "payments.example")


def test_a_port_is_open_or_not():
    with _web(200) as port:
        assert _run(checks.tcp("web", "127.0.0.1", port)).unit == "s"
        assert _run(checks.network([("127.0.0.1", free_port()), ("127.0.0.1", port)])).unit == "s"
    with pytest.raises(ConnectionRefusedError):
        _run(checks.tcp("web", "127.0.0.1", free_port()))
    with pytest.raises(Failed, match="none of 2 places can be reached"):
        _run(checks.network([("127.0.0.1", free_port()), ("127.0.0.1", free_port())]))


def test_a_name_is_resolved_or_not():
    assert _run(checks.dns("localhost")).unit == "s"
    with pytest.raises(socket.gaierror):
        _run(checks.dns("nowhere.invalid"))


def test_the_machine_tells_its_disk_memory_and_processors(tmp_path):
    free = _run(checks.disk(str(tmp_path), degraded=0.0, failed=0.0)).value
    assert 0 < free <= 1
    with pytest.raises(Degraded):
        _run(checks.disk(str(tmp_path), degraded=1.0, failed=0.0))
    with pytest.raises(Failed):
        _run(checks.disk(str(tmp_path), degraded=1.0, failed=1.0))
    assert 0 < _run(checks.memory(degraded=1.0, failed=1.0)).value < 1
    with pytest.raises(Degraded):
        _run(checks.memory(degraded=0.0, failed=1.0))
    with pytest.raises(DeclarationError, match="must be above degraded"):
        checks.memory(degraded=0.9, failed=0.5)


def test_processors_that_work_without_a_pause_are_in_use():
    check = checks.cpu(degraded=0.0, failed=2.0)
    sum(number * number for number in range(2_000_000))
    with pytest.raises(Degraded, match="of all processors"):
        _run(check)


def test_a_queue_is_measured_by_whatever_tells_its_length():
    waiting = 3

    def depth():
        return waiting

    async def awaited():
        return waiting

    for of in (depth, awaited):
        check = checks.queue("mail", of, degraded=10, failed=100)
        waiting = 3
        assert _run(check) == Reading(3, "messages")
        waiting = 10
        with pytest.raises(Degraded, match="what waits is 10 messages, the limit is 10"):
            _run(check)
        waiting = 100
        with pytest.raises(Failed):
            _run(check)


def test_a_mail_server_greets_or_does_not():
    class Box:
        """Takes everything."""

    controller = aiosmtpd.controller.Controller(Box(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert _run(checks.smtp("127.0.0.1", controller.port)) is None
        with pytest.raises(Exception, match="STARTTLS"):
            _run(checks.smtp("127.0.0.1", controller.port, starttls=True))
    finally:
        controller.stop()
    with pytest.raises(ConnectionRefusedError):
        _run(checks.smtp("127.0.0.1", free_port()))


@contextlib.contextmanager
def _tls(folder, days):
    """A server with a certificate of its own for localhost that is good for some days."""
    key, shown = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", shown, "-days", str(days), "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], ssl.create_default_context(cafile=str(shown))
    finally:
        server.shutdown()
        server.server_close()


def test_a_certificate_is_judged_by_the_days_that_are_left(tmp_path):
    with _tls(tmp_path, 60) as (port, trusted):
        assert _run(checks.certificate("localhost", port, context=trusted)).value == pytest.approx(60, abs=0.2)
        with pytest.raises(Degraded, match="days"):
            _run(checks.certificate("localhost", port, context=trusted, degraded=90))
        with pytest.raises(Failed, match="days"):
            _run(checks.certificate("localhost", port, context=trusted, degraded=90, failed=90))
        with pytest.raises(ssl.SSLCertVerificationError):
            _run(checks.certificate("localhost", port))


def _time_server(offset):
    """A server of the network time protocol that is off by some seconds; its port."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))

    def answer():
        _, client = listening.recvfrom(512)
        now = clock.now() + offset + 2_208_988_800
        stamp = int(now).to_bytes(4) + int((now % 1) * 2**32).to_bytes(4)
        listening.sendto(b"\x24\x02" + 30 * b"\0" + stamp + stamp, client)
        listening.close()

    threading.Thread(target=answer, daemon=True).start()
    return listening.getsockname()[1]


def test_a_clock_that_is_off_is_found():
    assert _run(checks.clock_skew("127.0.0.1", _time_server(0), degraded=5, failed=60)).value < 5
    with pytest.raises(Degraded, match="what it is off"):
        _run(checks.clock_skew("127.0.0.1", _time_server(20), degraded=5, failed=60))
    with pytest.raises(Failed):
        _run(checks.clock_skew("127.0.0.1", _time_server(-120), degraded=5, failed=60))


async def test_a_loop_that_is_blocked_is_late():
    check = checks.event_loop(degraded=0.2, failed=60)
    asked = asyncio.ensure_future(check.run())
    await asyncio.sleep(0)
    before = clock.perf()
    while clock.perf() - before < 0.4:
        pass  # nobody else gets his turn
    with pytest.raises(Degraded, match="its delay"):
        await asked


def test_kafka_tells_its_brokers():
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 3})
    assert _run(checks.kafka(producer, timeout=10)) == Reading(3, "brokers")
    with pytest.raises(DeclarationError, match="confluent-kafka or aiokafka"):
        checks.kafka(object())


def test_errors_and_slowness_are_judged_by_what_was_answered_since_the_call_before():
    def answered(status, times, seconds=0.1):
        for _ in range(times):
            request_duration.observe(seconds, "GET", "/", status)

    answered("500", 50)
    errors, slow = checks.error_rate(), checks.performance()
    answered("200", 90)
    answered("500", 3)
    assert _run(errors).value == pytest.approx(3 / 93, abs=1e-3)
    assert _run(slow).value == pytest.approx(0.1)
    answered("200", 90, seconds=2)
    answered("500", 10, seconds=2)
    with pytest.raises(Degraded, match=r"share of errors is 0\.1"):
        _run(errors)
    with pytest.raises(Degraded, match="the mean time is 2 s"):
        _run(slow)
    answered("500", 5)
    assert _run(errors).value == 0  # too few to say anything


def test_a_service_that_is_never_without_requests_is_degraded_without():
    moved = [0.0]
    with clock.replaced(lambda: moved[0]):
        check = checks.performance(at_least=1)
        moved[0] = 60.0
        with pytest.raises(Degraded, match="0 requests a second, at least are 1"):
            _run(check)
