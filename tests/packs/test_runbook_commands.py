"""The commands of the runbooks of all packs: run against real servers where that can be, else read by real programs."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests import data_servers
from tests.packs.runbook_commands import HERE, NOT_HERE, NOT_RUN, PLACEHOLDERS, Command, commands, programs
from tests.packs.test_blackbox_queries import certificate, served
from tests.packs.test_postgresql_queries import OPTIONS
from tests.real import ROOT, binary

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELL = [one for one in commands() if one.language == "sh"]
FOUND_OR_NOT = """set -e -o pipefail
grep() { command grep "$@" || [ $? = 1 ]; }
head() { command head "$@" || exit 1; cat > /dev/null; }
"""
"""Nothing found is no mistake of a command, nor that somebody has read enough."""
STOPPED = ("py-spy top", "MONITOR", "monitor", "Upgrade: websocket", "--latency")
"""Parts of commands that go on until they are stopped."""


def placed(text, fill):
    """A command with what the reader writes in place of the words in capitals."""
    for pattern, value in fill.items():
        text = re.sub(pattern, lambda _, value=value: value, text)
    return text


@dataclass
class Shell:
    """Where commands are run."""

    folder: Path
    fill: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def failures(self, wanted):
        """Command → what went wrong."""
        wrong = {}
        for command in wanted:
            text = placed(command.text, self.fill)
            endless = any(part in text for part in STOPPED)
            line = ["timeout", "1" if endless else "60", "bash", "-c", FOUND_OR_NOT + text]
            done = subprocess.run(
                line,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode and not (endless and done.returncode == 124):
                wrong[text] = (done.returncode, (done.stdout + done.stderr)[-500:])
        return wrong


def calling(*wanted, unless=()):
    """The commands that can run here and call one of these programs, and none of those."""
    found = [
        one
        for one in SHELL
        if one.text not in NOT_RUN
        and set(programs(one.text)) & set(wanted)
        and not set(programs(one.text)) & {*unless, *NOT_HERE}
    ]
    assert found
    return found


def wrapper(folder, name, *command, libraries=""):
    """A program of this name on the path of a folder."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {" ".join(map(str, command))} "$@"\n')
    path.chmod(0o755)


@pytest.fixture(scope="module")
def victim():
    """A process that commands look at."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process
    process.kill()
    process.wait()


def test_every_line_of_shell_is_known_to_run_here_or_to_be_read_for_a_reason():
    calls = {program for one in SHELL for program in programs(one.text)}
    assert calls <= HERE | NOT_HERE.keys()
    assert NOT_HERE.keys() <= calls
    assert NOT_RUN.keys() <= {one.text for one in SHELL}


def test_every_word_in_capitals_is_one_that_readers_replace_in_the_same_way():
    own = {"BROKER_URL", "DATABASE_URL", "DATA_SOURCE_NAME", "REDIS_URL", "TIME-WAIT"}
    others = {"ERROR", "GET", "INFO", "LRANGE", "MONITOR", "PING", "POST", "ROLE", "SELECT", "SLOWLOG"}
    words = {
        word
        for one in SHELL
        for word in re.findall(r"\b[A-Z][A-Z_-]*[A-Z]\b|\bN\b", re.sub(r"'[^']*'|\$\w+", "", one.text.split("  #")[0]))
    }
    assert words - own - others - {"NAME-"} <= PLACEHOLDERS.keys()


def test_every_line_of_shell_is_read_without_a_word_by_shellcheck():
    # with a line of its own each, so that a finding says which it is
    text = "#!/bin/bash\n" + "".join(f"(\n{one.text}\n)\n" for one in SHELL)
    done = subprocess.run(
        ["shellcheck", "--severity=warning", "--exclude=SC2010,SC2154", "--format=gcc", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.stdout + done.stderr == ""


def test_what_looks_at_the_machine_runs_on_this_machine(tmp_path, victim):
    (tmp_path / "small").mkdir()
    (tmp_path / "big.log").write_text("x" * 1000)
    (tmp_path / "token").write_text("e30.eyJleHAiOjE4MDAwMDAwMDB9.x")
    fill = {
        r"\bMOUNTPOINT\b": str(tmp_path),
        r"\bFOLDER\b": str(tmp_path / "small"),
        r"\bFILE\b": str(tmp_path / "big.log"),
        r"\bTOKEN\b": str(tmp_path / "token"),
        r"\bPID\b": str(victim.pid),
        r"\bDEVICE\b": "lo",
        r":PORT\b": ":9",
        r"\b(HOST|NAME)\b": "localhost",
        "/var/lib/postgresql": str(tmp_path),
        "/var/log": str(tmp_path),
    }
    elsewhere = ["psql", "redis-cli", "openssl", "py-spy", "curl", "vedette", "dmesg", "lsof", "tail", "pg_restore"]
    looks = calling("cat", "date", "df", "du", "find", "for", "free", "getent", "ionice", "ip", "ls", "ps", "python3",
                    "renice", "ss", "sysctl", "touch", "tr", "truncate", unless=elsewhere)  # fmt: skip
    # the folder of PostgreSQL is another test's
    own = [one for one in looks if "archive_status" not in one.text]
    assert Shell(tmp_path, fill).failures(own) == {}
    assert (tmp_path / "big.log").stat().st_size == 0


def test_what_asks_for_a_certificate_gets_one(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem, key = certificate(tmp_path, 90)
    context.load_cert_chain(pem, key)
    with served(context) as port:
        fill = {r"HOST:\d+": f"localhost:{port}", r"\bHOST\b": "localhost"}
        assert Shell(tmp_path, fill).failures(calling("openssl")) == {}


@pytest.fixture(scope="module")
def database():
    """A server as the runbooks of PostgreSQL find it, and one that follows it."""
    prepared = "--max_prepared_transactions=2"
    with data_servers.postgres(*(f"--{name}={value}" for name, value in OPTIONS.items()), prepared) as primary:
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("CREATE TABLE orders (id int PRIMARY KEY, what text)")
            connection.execute("CREATE ROLE shop LOGIN; CREATE ROLE watch LOGIN")
            # what nobody reads any more, and what nobody has ended
            connection.execute("SELECT pg_create_physical_replication_slot('shop')")
            connection.execute("BEGIN; INSERT INTO orders VALUES (1, ''); PREPARE TRANSACTION 'shop'")
        kept = "--shared_preload_libraries=pg_stat_statements"
        with data_servers.postgres_replica(primary, kept, prepared) as replica:
            yield primary, replica


STANDBY = ("pg_is_wal_replay_paused", "pg_wal_replay_resume", "pg_stat_wal_receiver")


def test_every_statement_for_the_database_runs_on_a_postgresql_and_those_of_a_replica_on_one(database):
    primary, replica = database
    wrong = {}
    statements = [one.text for one in commands() if one.language == "sql"]
    assert any("pg_stat_statements" in one for one in statements)
    for text in statements:
        server = replica if any(part in text for part in STANDBY) else primary
        with psycopg.connect(server.url, autocommit=True) as asking, psycopg.connect(server.url) as other:
            pid = str(other.info.backend_pid)
            fill = {r"\bPID\b": pid, r"\bTABLE\b": "orders", r"\bNAME\b": "shop", r"\bN\b": "40"}
            if "wal_replay_resume" in text:
                asking.execute("SELECT pg_wal_replay_pause()")
            try:
                asking.execute(placed(text, fill))
            except psycopg.Error as error:
                wrong[text] = str(error)
    assert wrong == {}


@pytest.fixture(scope="module")
def postgres_shell(tmp_path_factory, database):
    """Where PostgreSQL's own programs find the server, and its folders are those of Debian."""
    primary, _ = database
    folder = tmp_path_factory.mktemp("postgres")
    tree = ROOT / "postgresql-15-bookworm"
    for name in ("psql", "pg_isready", "pg_dump", "pg_restore"):
        wrapper(folder, name, tree / "usr/lib/postgresql/15/bin" / name, libraries=primary.libraries)
    data = folder / "15" / "main"
    data.parent.mkdir()
    data.symlink_to(primary.folder / "data")
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(primary.port),
        "PGUSER": "postgres",
        "DATABASE_URL": primary.url,
        "DATA_SOURCE_NAME": primary.url,
    }
    fill = {
        "-h localhost": "-h 127.0.0.1",
        r"/var/log/postgresql/\*\.log": str(primary.folder / "log"),
        "/var/lib/postgresql": str(folder),
        r"\bFILE\b": str(folder / "backup.dump"),
    }
    return Shell(folder, fill, environment)


def test_what_asks_a_postgresql_from_the_shell_is_answered(postgres_shell):
    backup = ["pg_dump", "--format=custom", "--file=backup.dump", "postgres"]
    env = {**os.environ, **postgres_shell.environment}
    subprocess.run([postgres_shell.folder / backup[0], *backup[1:]], cwd=postgres_shell.folder, env=env, check=True)
    asked = calling("psql", "pg_isready", "pg_restore", unless=["redis-cli"])
    logged = [one for one in SHELL if "/postgresql" in one.text and not set(programs(one.text)) & NOT_HERE.keys()]
    assert len(logged) >= 5
    assert postgres_shell.failures([*asked, *logged]) == {}


@pytest.fixture
def redis_shell(tmp_path):
    """Where redis-cli finds a server that keeps something on disk, and one that follows it."""
    tree = ROOT / "redis-server-bookworm"
    folder = tmp_path / "kept"
    folder.mkdir()
    kept = ["--dir", str(folder), "--appendonly", "yes", "--maxmemory-policy", "allkeys-lfu"]
    with (
        data_servers.redis(*kept, "--rename-command", "DEBUG", '""') as primary,
        data_servers.redis("--replicaof", "127.0.0.1", str(primary.port)) as replica,
    ):
        for name in ("redis-cli", "redis-check-rdb"):
            more = ["-e", "-p", str(primary.port)] if name == "redis-cli" else []
            wrapper(tmp_path, name, tree / "usr/bin" / name, *more, libraries=primary.libraries)
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "REDIS_URL": primary.url,
            "BROKER_URL": primary.url,
        }
        fill = {
            "-h REPLICA": f"-h 127.0.0.1 -p {replica.port}",
            "PRIMARY 6379": f"127.0.0.1 {primary.port}",
            r"\b(HOST|PRIMARY)\b": "127.0.0.1",
            r"\b(KEY|QUEUE)\b": "something",
            r"\bNAME\b": "shop",
            r"\bPASSWORD\b": "secret",
            r"\bSIZE\b": "6gb",
            r"\bdump\.rdb": str(folder / "dump.rdb"),
            "/var/log/redis/redis-server.log": str(primary.folder / "log"),
        }
        yield Shell(tmp_path, fill, environment)


def test_what_asks_a_redis_is_answered_and_what_it_is_told_it_does(redis_shell):
    env = {**os.environ, **redis_shell.environment}

    def redis(*words):
        done = subprocess.run(["redis-cli", *words], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    redis("rpush", "something", "first", "second")
    redis("save")
    asked = calling("redis-cli", "redis-check-rdb", unless=["curl"])
    asked += [
        one for one in SHELL if "redis-server.log" in one.text and one not in asked and programs(one.text)[0] in HERE
    ]
    ended = [one for one in asked if "replicaof no one" in one.text]
    first = [one for one in asked if one not in ended and "script kill" not in one.text]
    assert redis_shell.failures([*first, *ended]) == {}
    own = [one for one in commands() if one.language == "redis"]
    for one in own:
        redis(*one.text.split())
    assert redis("exists", "something") == "0"
    (killed,) = redis_shell.failures([one for one in asked if one.text == "redis-cli script kill"]).values()
    assert "NOTBUSY" in killed[1]


NOBODY = {"kubectl": "--server=http://127.0.0.1:9", "docker": "--host=tcp://127.0.0.1:9"}
"""The address of no cluster and of no engine."""
NO_ANSWER = ("was refused - did you specify the right host or port?", "Cannot connect to the Docker daemon")


def asked_of(program):
    """What the runbooks ask of a program, without what reads its answer."""
    for one in SHELL:
        for part in re.split(r"(?:\|\||&&|\||;)(?=(?:[^']*'[^']*')*[^']*$)", one.text.split("   #")[0]):
            # a project of Compose is the reader's own
            if part.split()[0] == program and not part.strip().startswith("docker compose"):
                yield part.strip()


@pytest.mark.parametrize(("program", "version"), [("kubectl", "1.36"), ("docker", "28.5")])
def test_what_needs_a_cluster_or_an_engine_is_understood_by_the_real_client_which_finds_nobody(
    tmp_path, program, version
):
    wrapper(tmp_path, program, binary(program, version), NOBODY[program])
    shell = Shell(tmp_path, {r"\bN\b": "3", r"\bSIZE\b": "20G"}, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    lines = dict.fromkeys(asked_of(program))
    assert len(lines) > 10
    said = shell.failures([Command(line, "sh", ()) for line in lines])
    # a word or a flag that it does not know it complains of first
    others = {line: error for line, (_, error) in said.items() if not any(part in error for part in NO_ANSWER)}
    assert others == {}
    assert len(said) >= len(lines) - len({"docker system prune asks whether one is sure"})


@pytest.mark.parametrize("line", ["kubectl -n x describe pod POD --tail=3", "docker logs --since 15m --last NAME"])
def test_a_flag_that_the_client_does_not_have_is_found(tmp_path, line):
    program = line.split()[0]
    wrapper(tmp_path, program, binary(program, {"kubectl": "1.36", "docker": "28.5"}[program]), NOBODY[program])
    shell = Shell(tmp_path, {}, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    ((_, error),) = shell.failures([Command(line, "sh", ())]).values()
    assert "unknown flag" in error


def test_a_command_that_ends_badly_is_found(tmp_path):
    shell = Shell(tmp_path, {"WORD": "nowhere"})
    wrong = ["ls WORD | head", "ls WORD; true", "ls WORD && true"]
    assert shell.failures([Command(line, "sh", ()) for line in [*wrong, "grep x /dev/null | head -1"]]).keys() == {
        line.replace("WORD", "nowhere") for line in wrong
    }
