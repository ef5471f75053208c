"""Each small application is the same without the lines that its description says make it observable, at most five."""

from __future__ import annotations

import ast
import http.client
import importlib.util
import json
from pathlib import Path

import pytest
from tests.instruments.servers import Folder, page, started
from tests.integrations.client import call

from vedette.instruments.metrics import DEFAULT
from vedette.integrations import attached

ROOT = Path(__file__).parents[2]
EXAMPLES = {name: ROOT / "examples" / name for name in ("flask_app", "fastapi_app", "django_app")}
SERVERS = {
    "wsgi": "{bin}/gunicorn WSGI:application --bind 127.0.0.1:{port} --log-level warning",
    "asgi": "{bin}/uvicorn ASGI:application --port {port} --log-level warning",
}


def bare(file: Path) -> str:
    """The text of a module without the lines that its description begins with ``+``."""
    text = file.read_text()
    described = ast.get_docstring(ast.parse(text))
    added = [line.strip().removeprefix("+ ") for line in described.splitlines() if line.strip().startswith("+ ")]
    assert 1 <= len(added) <= 5, "the description shows the lines"
    lines = text.splitlines()
    for one in added:
        (at,) = (number for number, line in enumerate(lines) if line.strip() == one)
        del lines[at]
    return "\n".join(lines) + "\n"


def module(text: str, folder: Path, name: str):
    """A module of this text."""
    file = folder / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(autouse=True)
def as_before():
    yield
    for name, state in attached.states().items():
        if state.attached:
            attached.detach(name)
    DEFAULT.clear()


def test_flask_answers_the_same_and_tells_of_it(tmp_path):
    from examples.flask_app import main

    def talk(app):
        client = app.test_client()
        asked = [("/entries", "hello"), ("/entries/0", None), ("/entries/7", None)]
        return [(client.post(path, data=data) if data else client.get(path)).status_code for path, data in asked]

    plain = module(bare(EXAMPLES["flask_app"] / "main.py"), tmp_path, "plain_guestbook").app
    assert talk(plain) == talk(main.app) == [201, 200, 404]
    assert plain.test_client().get("/metrics").status_code == 404
    samples = page(main.app.test_client().get("/metrics").text)
    assert samples["guestbook_entries_total"] == 1
    assert samples[counted("GET", "/entries/<int:number>", 200)] == 1
    assert main.app.test_client().get("/health").status_code == 200


async def test_fastapi_answers_the_same_and_tells_of_it(tmp_path):
    from examples.fastapi_app import main

    async def talk(app):
        asked = [("GET", "/prices/pear"), ("GET", "/prices/plum"), ("POST", "/sales/apple"), ("POST", "/sales/plum")]
        answers = [await call(app, path, method) for method, path in asked]
        return [(answer.status, answer.body) for answer in answers]

    plain = module(bare(EXAMPLES["fastapi_app"] / "main.py"), tmp_path, "plain_till").app
    assert await talk(plain) == await talk(main.app)
    assert (await call(plain, "/metrics")).status == 404
    samples = page((await call(main.app, "/metrics")).body.decode())
    assert samples['till_sales_total{paid="cash"}'] == 1
    assert samples['till_sales_total{paid="card"}'] == 0
    assert samples[counted("POST", "/sales/{fruit}", 201)] == 1
    assert (await call(main.app, "/health")).status == 200


@pytest.mark.parametrize("interface", SERVERS)
def test_django_answers_the_same_under_a_real_server_and_tells_of_its_database_and_cache(tmp_path, interface):
    plain = bare(EXAMPLES["django_app"] / f"{interface}.py")
    assert "vedette" not in plain.split('"""')[2]
    (tmp_path / "plain_library.py").write_text(plain)
    folder = Folder(tmp_path / "run")
    talks = []
    for module in ("plain_library", f"examples.django_app.{interface}"):
        database = {"LIBRARY_DATABASE": str(tmp_path / f"{module}.sqlite3")}
        made = folder.run("-m", "examples.django_app.manage", "migrate", "--verbosity", "0", **database)
        assert made.returncode == 0, made.stderr
        command = SERVERS[interface].replace(interface.upper(), module)
        with started(command, folder, **database, PYTHONPATH=f"{ROOT}:{tmp_path}") as server:
            server.get("/books/")
            talks.append([answered(server.port, *asked) for asked in ASKED])
            status, told = answered(server.port, "GET", "/metrics")
            healthy = answered(server.port, "GET", "/health")[0]
    assert talks[0] == talks[1]
    assert [status for status, _ in talks[0]] == [200, 200, 404, 204, 409]
    assert json.loads(talks[0][0][1])["books"] == ["Middlemarch", "The Trial", "Beloved"]
    assert (status, healthy) == (200, 200)
    samples = page(told.decode())
    assert samples[counted("GET", "/books/<int:number>/", 200)] == 1
    assert samples[counted("POST", "/books/<int:number>/lend/", 409)] == 1
    assert samples['cache_requests_total{cache="default",result="hit"}'] >= 1
    assert samples['cache_requests_total{cache="default",result="miss"}'] >= 1
    operation = 'db_system_name="sqlite",db_operation_name="UPDATE",db_collection_name="django_app_book"'
    assert samples[f"db_client_operation_duration_seconds_count{{{operation}}}"] == 2
    assert samples['db_client_transactions_total{db_system_name="sqlite",outcome="committed"}'] == 2


ASKED = (
    ("GET", "/books/"),
    ("GET", "/books/1/"),
    ("GET", "/books/9/"),
    ("POST", "/books/1/lend/"),
    ("POST", "/books/1/lend/"),
)


def counted(method: str, route: str, status: int) -> str:
    return (
        f'http_server_request_duration_seconds_count{{http_request_method="{method}",http_route="{route}",'
        f'http_response_status_code="{status}"}}'
    )


def answered(port: int, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()
