"""A password, a key or a secret address stands in the file itself.

Whoever can read the file or its history has it: the address of a Slack or Discord webhook is a password too. Everything
of that kind can stand in a file of its own, with tight permissions: write the key with ``_file`` at its end.
Placeholders such as ``${SLACK_URL}`` are not counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.formats._alertmanager_keys import ALERTMANAGER, INTEGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import Written

__all__ = ["CHECK", "find"]

_HTTP_SECRETS: Final = frozenset({"password", "bearer_token", "credentials", "client_secret"})
_NO_SECRETS: Final = frozenset({"chat_id", "token_id", "rocketchat_token_id", "url"})
_OWN: Final = {
    kind: frozenset(key for key in shape if f"{key}_file" in shape and key not in _NO_SECRETS)
    for kind, shape in INTEGRATIONS.items()
}
_GLOBAL_KEYS: Final = ALERTMANAGER["global"] or {}
_GLOBAL: Final = frozenset(key for key in _GLOBAL_KEYS if f"{key}_file" in _GLOBAL_KEYS and key not in _NO_SECRETS)
_PLACEHOLDER: Final = re.compile(
    r"[<$]|\{\{|%\(|x{3,}|\*{3,}|\.\.\.|…|change.?me|example|\byour|\bhere\b|/KEY\b|todo|placeholder|redacted|dummy"
    r"|localhost|127\.0|^(?:my)?[-_]?(?:secret|password|key|token)$",
    re.IGNORECASE,
)
# https://api.slack.com/messaging/webhooks and their like: whoever has the address can write
_SECRET_URL: Final = re.compile(
    r"hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/|\.webhook\.office\.com/|//[^/@\s:]+:[^/@\s]+@"
    r"|[?&](?:token|key|api_?key|secret|sig|access_token|code)=[^&]{8,}"
)


def find(facts: Facts) -> Iterator[Finding]:
    """Secrets of receivers and of the global section."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for path, written in routing.value.written.items():
            if _is_secret(path, written.text, _GLOBAL):
                yield _finding(path.removeprefix("global."), written, "the global section")
        for receiver in routing.value.receivers:
            for path, written in receiver.written.items():
                if _is_secret(path, written.text, _OWN.get(path.partition("[")[0], frozenset())):
                    yield _finding(path, written, f"receiver {receiver.name}")


def _is_secret(path: str, text: str, own: frozenset[str]) -> bool:
    *above, key = path.split(".")
    value = text.partition(":")[2].strip().strip("'\"")
    if not value or value[0] in "|>&*!" or _PLACEHOLDER.search(value):
        return False
    if any("http_config" in one for one in above):
        return key in _HTTP_SECRETS
    if path.startswith("webhook_configs") and key == "url":
        return _SECRET_URL.search(value) is not None
    return len(above) == 1 and key in own


def _finding(path: str, written: Written, subject: str) -> Finding:
    key = path.rpartition(".")[2]
    return CHECK.finding(
        written.place,
        subject,
        f"the secret {key} stands in the file itself",
        f"move it to a file that only Alertmanager can read, write its path as {key}_file, and change the secret",
    )


CHECK = Check(
    code="secret-in-clear",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
receivers:
  - name: team
    pagerduty_configs:
      - routing_key: 1f0e5a3c9d7b4e6f8a2c4d6e8f0a1b3c  # <-
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
receivers:
  - name: team
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/pagerduty
""",
    ),
)
