"""The commands in the runbooks of all packs, what readers replace in them, and what cannot run here.

A command is a line of a block of shell or SQL, or an inline piece of code that begins with a program or a statement and
leaves nothing out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from tests.packs.given import stack_of

from vedette import packs
from vedette.build import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["HERE", "NOT_HERE", "NOT_RUN", "PLACEHOLDERS", "Command", "commands", "programs"]

Language = Literal["sh", "sql", "redis"]

HERE: Final = frozenset(
    {
        "awk", "blackbox_exporter", "cat", "celery", "curl", "cut", "date", "df", "dmesg", "du", "find", "free",
        "getent", "grep", "head", "ionice", "ip", "ls", "lsof", "openssl", "pg_isready", "pg_restore", "ps", "psql",
        "py-spy", "python3", "redis-check-rdb", "redis-cli", "renice", "rm", "rq", "sed", "sort", "ss", "sysctl",
        "tail", "timeout", "touch", "tr", "truncate", "uniq", "vedette", "wc",
    }
)  # fmt: skip
"""Programs of this machine, of Debian's packages beside it, and of Python's."""

NOT_RUN: Final[Mapping[str, str]] = {
    "cat /proc/mdstat": "the disks of this machine need not be joined",
    "cat /sys/fs/cgroup/cpu.stat | grep throttled": "only a container need have limits of its own",
    "celery -A APP worker -Q QUEUE": "it runs until it is stopped; the worker of this test is started so",
    "sysctl fs.file-max=NUMBER": "it changes the machine",
    "sysctl vm.overcommit_memory=1": "it changes the machine",
    "vedette up": "it runs until it is stopped; the watch of this test is started so",
}
"""Commands of such programs that are not run all the same, and why."""

_NO_SYSTEMD: Final = "no systemd runs here"
_NO_KAFKA: Final = "no Kafka runs here"
_NO_HARDWARE: Final = "no such hardware, or not for everybody to ask"
_NO_NETWORK: Final = "there is no other machine to ask"
NOT_HERE: Final[Mapping[str, str]] = {
    "alembic": "the migrations are those of the reader's own project",
    "apt-get": "it changes the machine",
    "certbot": "no certificate of Let's Encrypt is kept here",
    "cmctl": "no cluster: there is no cert-manager to ask",
    "chronyc": "the clock is the machine's",
    "crictl": "no cluster: there is no container runtime to ask",
    "crontab": "the jobs are those of the reader's own machine",
    "dig": _NO_NETWORK,
    "docker": "no engine runs here: the real client reads the command and finds nobody",
    "ethtool": _NO_HARDWARE,
    "iostat": "of a package that few machines have; it reads /proc",
    "iotop": _NO_HARDWARE,
    "journalctl": _NO_SYSTEMD,
    "kafka-acls.sh": _NO_KAFKA,
    "kafka-broker-api-versions.sh": _NO_KAFKA,
    "kafka-configs.sh": _NO_KAFKA,
    "kafka-consumer-groups.sh": _NO_KAFKA,
    "kafka-get-offsets.sh": _NO_KAFKA,
    "kafka-leader-election.sh": _NO_KAFKA,
    "kafka-log-dirs.sh": _NO_KAFKA,
    "kafka-metadata-quorum.sh": _NO_KAFKA,
    "kafka-reassign-partitions.sh": _NO_KAFKA,
    "kafka-topics.sh": _NO_KAFKA,
    "kafka-transactions.sh": _NO_KAFKA,
    "kcat": _NO_KAFKA,
    "kubectl": "no cluster: the real kubectl reads the command and finds nobody",
    "logrotate": "it changes the machine",
    "memray": "it changes the process that it looks at",
    "mount": "it changes the machine",
    "mtr": _NO_NETWORK,
    "nc": _NO_NETWORK,
    "nginx": "no proxy runs here",
    "perf": _NO_HARDWARE,
    "python": "the project is the reader's own",
    "rabbitmqctl": "no RabbitMQ runs here",
    "smartctl": _NO_HARDWARE,
    "ssh": _NO_NETWORK,
    "systemctl": _NO_SYSTEMD,
    "timedatectl": _NO_SYSTEMD,
    "websocat": "of no package of Debian's",
}
"""Program → why its commands are read and not run."""

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "ADDRESS": "an address that the name may have",
    "APP": "the module of the Celery application",
    "BROKER": "the machine of the broker",
    "CODE": "the code of a finding",
    "CONTAINER": "the label container or name",
    "CRONJOB": "what made the job",
    "DEVICE": "the label device",
    "EXPORTER": "the machine of the exporter",
    "FILE": "the file that is too large, or the backup",
    "FOLDER": "where the small files are",
    "GROUP": "the label messaging_consumer_group_name or consumergroup",
    "HOST": "the machine of the label instance or server_address",
    "ID": "the number of the broker",
    "INSTANCE": "the label instance",
    "KEY": "a key of Redis",
    "KIND": "deployment, statefulset or daemonset",
    "MACHINE": "the machine of the label instance",
    "MOUNTPOINT": "the label mountpoint",
    "N": "how many",
    "NAME": "what the alert names: a check, a container, a workload, a domain",
    "NAMESPACE": "the label namespace",
    "NODE": "the label node",
    "NUMBER": "a number",
    "OTHER": "a workload that can wait",
    "PASSWORD": "the password of the primary",
    "PATH": "the path of the WebSocket, or of the volume",
    "PID": "the number of the process, or of the session in the database",
    "POD": "the label pod",
    "PORT": "the port of the label instance",
    "PRIMARY": "the machine of the primary",
    "QUEUE": "the label messaging_destination_name",
    "REPLICA": "the machine of the replica",
    "SERVER": "the name server",
    "SERVICE": "the label service",
    "SIZE": "the new size",
    "TABLE": "the label relname",
    "TARGET": "the label instance, which is a URL",
    "TIME": "when it began",
    "TOKEN": "the file with the token",
    "TOPIC": "the label messaging_destination_name or topic",
    "URL": "an address of the service that is slow",
}
"""Word in capitals → what the reader writes in its place."""

_STATEMENT: Final = re.compile(r"(SELECT|SHOW|GRANT|ALTER ROLE|ROLLBACK PREPARED|VACUUM|SET) .+")
_REDIS: Final = re.compile(r"ACL (WHOAMI|LOG)|(CLIENT|CONFIG) [A-Z]+.*")
_BEGINS: Final = re.compile(r"(?:time |timeout \S+ )?([\w.-]+)(?=\s)")


@dataclass(frozen=True, slots=True)
class Command:
    """One command, and the alerts whose runbooks have it."""

    text: str
    language: Language
    alerts: tuple[str, ...]


@cache
def commands() -> tuple[Command, ...]:
    """Every one, once."""
    every = [getattr(packs, name)() for name in packs.__all__]
    found: dict[tuple[Language, str], list[str]] = defaultdict(list)
    for path, text in build(stack_of(*every)).items():
        if path.startswith("runbooks/"):
            for language, command in _commands(text):
                found[language, command].append(path.removeprefix("runbooks/").removesuffix(".md"))
    return tuple(Command(text, language, tuple(alerts)) for (language, text), alerts in sorted(found.items()))


def _commands(runbook: str) -> Iterator[tuple[Language, str]]:
    for language, block in re.findall(r"```(\w*)\n(.*?)```", runbook, flags=re.DOTALL):
        if language == "sh":
            lines = re.sub(r"\\\n\s*", "", block).splitlines()
            yield from (("sh", line.strip()) for line in lines if line.strip())
        elif language == "sql":
            yield from (("sql", " ".join(one.split()) + ";") for one in block.split(";") if one.strip())
    for code in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", runbook, flags=re.DOTALL)):
        inline = " ".join(code.split())
        begins = _BEGINS.match(inline)
        if "…" in inline:
            continue
        if _STATEMENT.fullmatch(inline):
            yield "sql", inline.removesuffix(";") + ";"
        elif _REDIS.fullmatch(inline):
            yield "redis", inline
        elif begins and begins[1] in HERE | NOT_HERE.keys():
            yield "sh", inline


def programs(command: str) -> list[str]:
    """What a line of shell calls, in order."""
    plain = re.sub(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", "''", command.split("   #", maxsplit=1)[0])
    parts = re.split(r"\|\||&&|\||;|\bdo\b|\$\(", plain)
    words = [re.sub(r"^\s*(?:time |timeout \S+ )?", "", part).split() for part in parts]
    return [one[0] for one in words if one and one[0] not in ("for", "done", "echo", "{", "}")]
