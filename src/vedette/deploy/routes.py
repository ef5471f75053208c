"""What differs between two ``alertmanager.yml``: routes, receivers, inhibitions, times, and what holds for all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from vedette.deploy.change import Change, from_to
from vedette.deploy.deep import differing, is_secret, trimmed
from vedette.duration import format_duration
from vedette.formats import alertmanager as am

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.deploy.change import Kind

__all__ = ["GLOBAL", "ROOT", "differences", "routes", "settled"]

GLOBAL: Final = "alertmanager.yml"
ROOT: Final = "the root route"
# https://prometheus.io/docs/alerting/latest/configuration/#email_config
_INHERITED: Final = {
    "from_": ("smtp_from", ""),
    "smarthost": ("smtp_smarthost", ""),
    "hello": ("smtp_hello", "localhost"),
    "auth_username": ("smtp_auth_username", ""),
    "auth_password_file": ("smtp_auth_password_file", ""),
}
_TIMES: Final = ("group_wait", "group_interval", "repeat_interval")


def differences(old: am.AlertmanagerConfig | None, new: am.AlertmanagerConfig | None) -> Iterator[Change]:
    """From one configuration to another; None is none at all, and then it is one change."""
    if old is None or new is None:
        if old is not new:
            told = "is new" if old is None else "is gone"
            yield _change("new" if old is None else "gone", GLOBAL, f"{GLOBAL} {told}")
        return
    were, are = routes(old.route), routes(new.route)
    for name, route in are.items():
        if name in were:
            yield from _route(name, were[name], route)
        elif name.rpartition(" / ")[0] not in are.keys() - were.keys():  # what stands below a new one is new with it
            yield _change("new", name, f"{name} is new, and goes to {route.receiver or 'the receiver above it'}")
    for name in were:
        if name not in are and name.rpartition(" / ")[0] not in were.keys() - are.keys():
            yield _change("gone", name, f"{name} is gone")
    first, second = ([one for one in side if one in were and one in are] for side in (were, are))
    if first != second:
        yield _change("changed", ROOT, "the routes stand in another order")
    yield from _receivers(old.receivers, new.receivers)
    yield from _inhibitions(old.inhibit_rules, new.inhibit_rules)
    yield from _named("time interval", old.time_intervals, new.time_intervals)
    for key in dict.fromkeys((*old.global_, *new.global_)):
        yield from _differing(GLOBAL, key, old.global_.get(key), new.global_.get(key))
    if old.templates != new.templates:
        yield _change("changed", GLOBAL, f"the templates of {GLOBAL} are others")
    for path, _, _ in differing(dict(old.other), dict(new.other)):
        yield _change("changed", GLOBAL, f"{path} of {GLOBAL} is another")


def routes(root: am.Route) -> dict[str, am.Route]:
    """Every route by what it matches, with what the routes above it match before it."""
    found: dict[str, am.Route] = {ROOT: root}
    _collect(root, "", found)
    return found


def _collect(route: am.Route, above: str, found: dict[str, am.Route]) -> None:
    seen: Counter[str] = Counter()
    for child in route.routes:
        matched = ", ".join(am.render_matcher(one) for one in child.matchers) or "everything"
        seen[matched] += 1
        own = matched if seen[matched] == 1 else f"{matched} ({seen[matched]})"
        path = f"{above} / {own}" if above else own
        found[f"route {path}"] = child
        _collect(child, path, found)


def settled(running: am.AlertmanagerConfig, written: am.AlertmanagerConfig) -> am.AlertmanagerConfig:
    """What runs, without the defaults that Alertmanager fills in."""
    receivers = {one.name: one for one in written.receivers}
    times = {one.name: one for one in written.time_intervals}
    return replace(
        running,
        global_=trimmed(dict(running.global_), dict(written.global_)),
        templates=trimmed(running.templates, written.templates),
        receivers=tuple(
            trimmed(_without_inherited(one, running.global_), receivers.get(one.name)) for one in running.receivers
        ),
        time_intervals=tuple(trimmed(one, times.get(one.name)) for one in running.time_intervals),
        other=trimmed(dict(running.other), dict(written.other)),
    )


def _without_inherited(receiver: am.Receiver, global_: Mapping[str, Any]) -> am.Receiver:
    """Without what Alertmanager writes into each e-mail of the global section."""
    emails = []
    for email in receiver.email_configs:
        same: dict[str, Any] = {
            own: "" for own, (key, default) in _INHERITED.items() if getattr(email, own) == global_.get(key, default)
        }  # fmt: skip
        tls = None if email.require_tls == global_.get("smtp_require_tls", True) else email.require_tls
        emails.append(replace(email, require_tls=tls, **same))
    return replace(receiver, email_configs=tuple(emails))


def _change(kind: Kind, of: str, sentence: str, old: str = "", new: str = "") -> Change:
    return Change("alertmanager", kind, of, sentence, old, new)


def _route(name: str, old: am.Route, new: am.Route) -> Iterator[Change]:
    if old.receiver != new.receiver:
        was, now = old.receiver or "the receiver above it", new.receiver or "the receiver above it"
        yield _change("changed", name, f"{name} goes to {now}, no longer to {was}", was, now)
    for key in _TIMES:
        was, now = (_time(getattr(one, key)) for one in (old, new))
        if was != now:
            yield _change("changed", name, from_to(f"the {key} of {name}", was, now), was, now)
    for key in ("group_by", "mute_time_intervals", "active_time_intervals"):
        was, now = (", ".join(getattr(one, key) or ()) for one in (old, new))
        if was != now:
            yield _change("changed", name, from_to(f"the {key} of {name}", was, now), was, now)
    if old.continue_ != new.continue_:
        told = "lets the routes after it have its alerts, too" if new.continue_ else "keeps its alerts to itself"
        yield _change("changed", name, f"{name} {told}")


def _time(value: int | None) -> str:
    return "" if value is None else format_duration(value)


def _receivers(old: Sequence[am.Receiver], new: Sequence[am.Receiver]) -> Iterator[Change]:
    were, are = ({one.name: one for one in side} for side in (old, new))
    for name, receiver in are.items():
        subject = f"receiver {name}"
        if name not in were:
            yield _change("new", subject, f"{subject} is new")
            continue
        before, after = _channels(were[name]), _channels(receiver)
        for channel in after - before:
            yield _change("changed", subject, f"{subject} tells {channel}", "", channel)
        for channel in before - after:
            yield _change("changed", subject, f"{subject} no longer tells {channel}", channel, "")
        if before == after:
            for path, was, now in differing(were[name], receiver):
                yield from _differing(subject, path.removeprefix("other."), was, now)
    for name in were:
        if name not in are:
            yield _change("gone", f"receiver {name}", f"receiver {name} is gone")


def _channels(receiver: am.Receiver) -> Counter[str]:
    """What it tells, without what could be a secret."""
    found = Counter(f"{one.to} by e-mail" for one in receiver.email_configs)
    found.update("a webhook" for _ in receiver.webhook_configs)
    for key, listed in receiver.other.items():
        if key.endswith("_configs") and isinstance(listed, list):
            found.update(
                " ".join(filter(None, (str(one.get("channel", "")), "by", key.removesuffix("_configs"))))
                for one in listed if isinstance(one, dict)
            )  # fmt: skip
    return found


def _inhibitions(old: Sequence[am.InhibitRule], new: Sequence[am.InhibitRule]) -> Iterator[Change]:
    were, are = ({_muting(one): one for one in side} for side in (old, new))
    for name in are:
        if name not in were:
            yield _change("new", name, f"{name} is new")
    for name in were:
        if name not in are:
            yield _change("gone", name, f"{name} is gone")


def _muting(rule: am.InhibitRule) -> str:
    source, target = (
        ", ".join(map(am.render_matcher, matchers)) for matchers in (rule.source_matchers, rule.target_matchers)
    )
    return f"inhibition of {target} by {source} of the same {', '.join(rule.equal) or 'anything'}"


def _named(what: str, old: Sequence[am.TimeInterval], new: Sequence[am.TimeInterval]) -> Iterator[Change]:
    were, are = ({one.name: one for one in side} for side in (old, new))
    for name, one in are.items():
        if name not in were:
            yield _change("new", f"{what} {name}", f"{what} {name} is new")
        elif were[name] != one:
            yield _change("changed", f"{what} {name}", f"{what} {name} has other times")
    for name in were:
        if name not in are:
            yield _change("gone", f"{what} {name}", f"{what} {name} is gone")


def _differing(of: str, path: str, was: Any, now: Any) -> Iterator[Change]:
    if was == now:
        return
    if is_secret(path) or isinstance(was or now, dict | list | tuple):
        yield _change("changed", of, f"{path} of {of} is another")
    else:
        before, after = ("" if one is None else str(one) for one in (was, now))
        yield _change("changed", of, from_to(f"{path} of {of}", before, after), before, after)
