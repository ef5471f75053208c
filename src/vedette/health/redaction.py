"""What may be shown of an error: never an address, a host, a user, a secret or a statement.

Texts of a driver or a server quote all of these, and no pattern finds a host that is called ``db`` or a user that is
called ``shop``. So of theirs only words are kept that errors are made of. What the author of a check wrote himself is
kept, without secrets and personal data (`vedette.instruments.redaction`) and what has the form of an address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

__all__ = ["plain", "written"]

_LONGEST = 200
_LEFT_OUT = "…"

# Read from the errors of psycopg, asyncpg, MySQL, SQLite, redis-py, httpx, aiohttp, requests, urllib3, aiokafka,
# librdkafka, smtplib, ssl, getaddrinfo and errno.
_PLAIN = """
a abort aborted accept accepted accepting access acknowledged acquire acquired active address after again all allowed
already an and another any api are argument as asking assigned at attempt attempts auth authenticate authentication
authority authorization available aware away back backend backoff bad be became because been before being between body
broken broker brokers buffer busy but by bytes call caller can cancel canceled cancelled cannot caused cert
certificate chain change changed channel check checkout cipher client clients close closed closing cluster code
command commands commit complete completed concurrent configuration configured conflict connect connected connecting
connection connections consumer container content coordinator could current cursor data database deadline deadlock
decode decoding decryption default delivered delivery denied depth descriptor descriptors deserialize destination
detected device did different directory disabled disconnected disk dns do does down due duplicate during early elected
election empty enabled encryption end eof epoch errno error errors establish established event exceeded exception
exchange execute exhausted exist existing exists expected expired external fail failed failing failover failure fatal
fetch few file files first flush for forbidden format found free from full gateway get getaddrinfo go gone got granted
group handler handshake has have header headers heartbeat help hint host hostname http https id idle if illegal in
inaccessible incomplete incorrect index initialized input insecure insufficient integrity interface internal
interrupted into invalid io is issuer it its job key keyspace lag large last late leader leadership least limit
limited line list listener listening loading local lock locked lookup loop lost mail maintenance many master max
maximum memory message messages method mismatch missing mode more moved multiple must name network new no node
nodename nodes not nothing null number object occurred of offline offset ok old on once one only open operation
operations option or other out output overflow packet page parameter parse parser partition partitions passed password
path peer pending permanent permission permitted ping pipe pool port position possible prepared preparing primary
privilege privileges problem process processing produce producer prohibited protocol provided proxy query queue
queuepool quorum quota range rate reach reachable reached read reading readonly ready reason rebalance receive
received receiving recipient recovery refused region register rejected relation released remaining remote replica
replication reply request requested requests required requires reserved reset resolution resolve resolved resource
resources respond responded responding response retries retry returned right role rollback room route routine running
same script sec second seconds secure self-signed send sender sending sent serialize server servers service session
set shut shutdown shutting signature signed size slave slots slow socket some space ssl started starting startup state
statement status still stop stopped storage store stream such superuser support supported system table task tcp
temporarily temporary than that the their there these this thread throttled time timed timeout timeouts tls to too
topic transaction transport tried try trying type unable unauthorized unavailable under unexpected unhealthy unknown
unreachable unsupported until up upstream url use used user username using valid value verification verify version
wait waited waiting was were when which while with within without work working write wrong yet you your zero
"""
_WORDS = frozenset(_PLAIN.split())
# Tried in this order at each place of a text.
_PATTERNS = (
    r"\b[a-z][a-z0-9+.-]*://\S+",  # a URL
    r"\S+@\S+",  # user@host
    r"\b(?:user|role|login|host|database|dsn)\w*\s*[=:]\s*\S+",
    r"\b(?:select\b.+?\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|with\s+\w+\s+as\s*\()\b.*",  # a statement
    r"\b(?:create|alter|drop|truncate)\s+(?:table|index|view|role|user|database|schema)\b.*",
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b",  # an address of IPv4
    r"\[?(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?\]?(?::\d+)?(?![\w:])",  # one of IPv6
    r"\b(?:[\w-]+\.)+[a-z][a-z-]+(?::\d+)?\b",  # the name of a host
    r"\b[\w-]+:\d{2,5}\b",  # a host and a port
    r"(?<!\w)/(?:[\w.~-]+/)+[\w.~-]*",  # a path
    r"\b(?:\d[ -]?){9,19}\b",  # a card, an account, a telephone
    r"\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}",  # a key
    r"\b\w{33,}",
)
_AROUND = ".,:;!?()[]{}<>'\"`"


def plain(text: str) -> str:
    """The first line of a text, less every word that errors are not made of, and every number but short ones."""
    first, _, _ = text.strip().partition("\n")
    kept: list[str] = []
    for word in first[: 4 * _LONGEST].split():
        bare = word.strip(_AROUND).lower()
        quoted = word[:1] in "'\"`" or word[-1:] in "'\"`"
        known = not quoted and (bare in _WORDS or (bare.isdecimal() and len(bare) <= 3) or not bare)
        if known:
            kept.append(word)
        elif kept[-1:] != [_LEFT_OUT]:
            kept.append(_LEFT_OUT)
    return _short(" ".join(kept))


def written(text: str) -> str:
    """The first line of a text, less what has the form of an address, a secret, a number of a card or a statement."""
    from vedette.instruments.redaction import redact  # noqa: PLC0415 - for a process in which something fails

    first, _, _ = text.strip().partition("\n")
    return _short(_patterns().sub(_LEFT_OUT, redact(first[: 4 * _LONGEST])))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _LEFT_OUT


_compiled: list[re.Pattern[str]] = []


def _patterns() -> re.Pattern[str]:
    if not _compiled:
        import re  # noqa: PLC0415 - for a process in which something fails

        _compiled.append(re.compile("|".join(_PATTERNS), re.IGNORECASE | re.ASCII))
    return _compiled[0]
