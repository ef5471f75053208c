"""A pager is not told when an alert is over.

The incident that the alert opened there stays open until somebody closes it by hand, and the next alert of the group
joins the old one instead of waking anybody. Quiet channels may do without the resolved message; a pager may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.routing import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_PAGERS: Final = ("pagerduty_configs", "opsgenie_configs", "victorops_configs", "incidentio_configs")


def find(facts: Facts) -> Iterator[Finding]:
    """Pagers with ``send_resolved: false``."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for receiver in routing.value.receivers:
            for kind in _PAGERS:
                for index, item in enumerate(receiver.other.get(kind) or ()):
                    if isinstance(item, dict) and item.get("send_resolved") is False:
                        key = f"{kind}[{index}].send_resolved"
                        written = receiver.written.get(key)
                        edit = None
                        if written is not None and written.text == "send_resolved: false":
                            edit = Edit(written.place, written.text, "send_resolved: true")
                        yield CHECK.finding(
                            at(routing, receiver, key),
                            f"receiver {receiver.name}",
                            f"{kind.removesuffix('_configs')} is not told that an alert is over",
                            "remove 'send_resolved: false'",
                            edit=edit,
                        )


CHECK = Check(
    code="resolved-not-sent",
    about="routes",
    level="note",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route: {receiver: pager}
receivers:
  - name: pager
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/pagerduty
        send_resolved: false  # <-
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route: {receiver: pager}
receivers:
  - name: pager
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/pagerduty
""",
    ),
)
