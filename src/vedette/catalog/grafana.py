"""How people log in to Grafana, what they may do there, and where it keeps what it knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_text, fail, nearest
from vedette.catalog.secret import Secret
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ROLES", "Grafana", "GrafanaDatabase", "Ldap", "Oidc"]

ROLES = ("Admin", "Editor", "Viewer")
"""What somebody may be in Grafana, the most first."""

_URL = re.compile(r"https://[^/?#@\s]+[^?#\s]*", re.ASCII)
_TLS = ("verify-full", "verify-ca", "require")


@dataclass(frozen=True, slots=True)
class Oidc:
    """A login by OpenID Connect: Keycloak, Authentik, Okta, Entra ID and the like.

    Its callback is ``<where people reach Grafana>/login/generic_oauth``. Who logs in for the first time has an account
    from then on; who is in none of the groups is not let in, unless everybody is.

    Args:
        name: what the button says.
        client_id: of Grafana at the provider.
        client_secret: likewise, a secret.
        authorize: the provider's authorization endpoint, an https address.
        token: its token endpoint.
        userinfo: its userinfo endpoint.
        roles: group → ``Admin``, ``Editor`` or ``Viewer``; who is in several has the most of them.
        everybody: the role of all others.
        claim: what the provider calls the groups.
        scopes: what is asked for.
        ca: the certificate of the authority that signed the provider's, where no machine knows it; as a secret, for it
            is a file.

    Raises:
        DeclarationError: an address is not https, the secret stands in clear, or a role is none.
    """

    name: str
    client_id: str = field(kw_only=True)
    client_secret: Secret = field(kw_only=True)
    authorize: str = field(kw_only=True)
    token: str = field(kw_only=True)
    userinfo: str = field(kw_only=True)
    roles: Mapping[str, str] = field(kw_only=True)
    everybody: str = field(default="", kw_only=True)
    claim: str = field(default="groups", kw_only=True)
    scopes: Sequence[str] = field(default=("openid", "profile", "email", "groups"), kw_only=True)
    ca: Secret | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        for key in ("name", "client_id"):
            check_text(self.place, "Oidc", key, getattr(self, key))
        _check_secret(self.place, "Oidc", "client_secret", self.client_secret)
        for key in ("authorize", "token", "userinfo"):
            if not isinstance(getattr(self, key), str) or _URL.fullmatch(getattr(self, key)) is None:
                raise fail(self.place, f"Oidc has {key}={getattr(self, key)!r}; write a URL that begins with https://")
        if re.fullmatch(r"\w+(\.\w+)*", self.claim, re.ASCII) is None:
            raise fail(
                self.place, f"Oidc has claim={self.claim!r}; write a name, for example 'groups' or 'realm.roles'"
            )
        if isinstance(self.scopes, str) or "openid" not in self.scopes:
            raise fail(self.place, f"Oidc has scopes={self.scopes!r}; write a list with 'openid' in it")
        object.__setattr__(self, "scopes", tuple(self.scopes))
        _check_roles(self.place, "Oidc", self.roles, self.everybody)


@dataclass(frozen=True, slots=True)
class Ldap:
    """A login by an LDAP directory, always encrypted.

    Who logs in for the first time has an account from then on; who is in none of the groups is not let in, unless
    everybody is.

    Args:
        host: name or address.
        port: 636 by default, or 389 with ``start_tls``.
        bind_dn: who searches, a user that may only read.
        bind_password: likewise, a secret.
        base: where people are, for example ``ou=people,dc=example,dc=com``.
        filter: which of them is meant, with ``%s`` for what was typed; ``(sAMAccountName=%s)`` in Active Directory.
        roles: distinguished name of a group → ``Admin``, ``Editor`` or ``Viewer``; the first that fits counts.
        everybody: the role of all others.
        start_tls: begin in clear, and encrypt before anything is said.
        username, email, member_of: the attributes of a person.
        group_filter: how groups are found where people have no ``memberOf``, with ``%s`` for the user's name.
        group_base: where groups are.
        ca: the certificate of the authority that signed the server's, where no machine knows it; as a secret, for it is
            a file.

    Raises:
        DeclarationError: a text is empty, the password stands in clear, or a role is none.
    """

    host: str
    port: int = 0
    bind_dn: str = field(kw_only=True)
    bind_password: Secret = field(kw_only=True)
    base: str = field(kw_only=True)
    roles: Mapping[str, str] = field(kw_only=True)
    everybody: str = field(default="", kw_only=True)
    filter: str = field(default="(uid=%s)", kw_only=True)
    start_tls: bool = field(default=False, kw_only=True)
    username: str = field(default="uid", kw_only=True)
    email: str = field(default="mail", kw_only=True)
    member_of: str = field(default="memberOf", kw_only=True)
    group_filter: str = field(default="", kw_only=True)
    group_base: str = field(default="", kw_only=True)
    ca: Secret | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        for key in ("host", "bind_dn", "base", "username", "email", "member_of"):
            check_text(self.place, "Ldap", key, getattr(self, key))
        if not self.port:
            object.__setattr__(self, "port", 389 if self.start_tls else 636)
        _check_port(self.place, "Ldap", self.port)
        _check_secret(self.place, "Ldap", "bind_password", self.bind_password)
        for key in ("filter", *(["group_filter"] if self.group_filter else [])):
            if getattr(self, key).count("%s") == 0:
                raise fail(
                    self.place, f"Ldap has {key}={getattr(self, key)!r}; write %s where the name goes: '(uid=%s)'"
                )
        if bool(self.group_filter) != bool(self.group_base):
            raise fail(self.place, "Ldap has one of group_filter and group_base; write both, or neither")
        _check_roles(self.place, "Ldap", self.roles, self.everybody)


@dataclass(frozen=True, slots=True)
class GrafanaDatabase:
    """A PostgreSQL in which several Grafanas keep what they know; without one, each has a file of its own.

    Args:
        host: ``host:port``.
        password: a secret.
        name: the database.
        user: its owner.
        tls: ``verify-full``, ``verify-ca``, or ``require``, which does not look whose certificate it is.
        ca: the certificate of the authority that signed its own, where no machine knows it; as a secret, for it is a
            file.

    Raises:
        DeclarationError: the port is missing, the password stands in clear, or ``tls`` is none of those.
    """

    host: str
    password: Secret = field(kw_only=True)
    name: str = field(default="grafana", kw_only=True)
    user: str = field(default="grafana", kw_only=True)
    tls: str = field(default="verify-full", kw_only=True)
    ca: Secret | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.host, str) or re.fullmatch(r"[^:/\s]+:\d+", self.host) is None:
            raise fail(self.place, f"GrafanaDatabase has host={self.host!r}; write 'db.example.com:5432'")
        for key in ("name", "user"):
            check_text(self.place, "GrafanaDatabase", key, getattr(self, key))
        _check_secret(self.place, "GrafanaDatabase", "password", self.password)
        if self.tls not in _TLS:
            known = ", ".join(map(repr, _TLS))
            raise fail(self.place, f"GrafanaDatabase has tls={self.tls!r}; it is one of {known}")


@dataclass(frozen=True, slots=True)
class Grafana:
    """The Grafana of an environment.

    Args:
        login: how people log in, beside the user ``admin`` with its password.
        database: where several of it keep what they know together.

    Raises:
        DeclarationError: either is something else.
    """

    login: Oidc | Ldap | None = field(default=None, kw_only=True)
    database: GrafanaDatabase | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.login is not None and not isinstance(self.login, Oidc | Ldap):
            raise fail(self.place, f"Grafana has login={self.login!r}; write Oidc(…) or Ldap(…)")
        if self.database is not None and not isinstance(self.database, GrafanaDatabase):
            raise fail(self.place, f"Grafana has database={self.database!r}; write GrafanaDatabase('host:5432', …)")


def _check_secret(place: Place, owner: str, key: str, value: object) -> None:
    if not isinstance(value, Secret):
        raise fail(place, f"{owner} has {key} in clear; write {key}=env('GRAFANA_{key.upper()}')")


def _check_port(place: Place, owner: str, port: object) -> None:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65_536:
        raise fail(place, f"{owner} has port={port!r}; write a number from 1 to 65535")


def _check_roles(place: Place, owner: str, roles: Mapping[str, str], everybody: str) -> None:
    if not roles and not everybody:
        raise fail(place, f"{owner} lets nobody in; write roles={{'operators': 'Admin'}}, or everybody='Viewer'")
    for group, role in {**roles, **({"everybody": everybody} if everybody else {})}.items():
        if role not in ROLES:
            raise fail(
                place,
                f"{owner} gives {group!r} the role {role!r}; it is one of {', '.join(ROLES)}"
                f"{nearest(str(role), ROLES)}",
            )
