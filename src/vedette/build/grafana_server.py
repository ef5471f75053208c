"""How Grafana itself is set, on every platform: closed, with the login and the database of the environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from vedette.catalog import Ldap, Oidc
from vedette.catalog.grafana import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.catalog import Environment, Secret

__all__ = ["CLOSED", "LDAP_FOLDER", "login_files", "login_secrets", "login_settings"]

# https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
CLOSED: Final[Mapping[str, str]] = {
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SECURITY_ALLOW_EMBEDDING": "false",
    "GF_SECURITY_COOKIE_SAMESITE": "lax",  # with "strict" nobody comes back from a provider's login
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_USERS_ALLOW_ORG_CREATE": "false",
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
}
"""Nobody signs up, looks without a login, or puts it in a frame; it tells its makers nothing."""

LDAP_FOLDER: Final = "/etc/grafana/ldap"
"""Where `login_files` belong."""


def login_secrets(environment: Environment) -> tuple[Secret, ...]:
    """What Grafana reads from files for its login and its database."""
    given = environment.grafana
    if given is None:
        return ()
    found: list[Secret | None] = []
    match given.login:
        case Oidc() as oidc:
            found += [oidc.client_secret, oidc.ca]
        case Ldap() as ldap:
            found += [ldap.bind_password, ldap.ca]
        case None:
            pass
    if given.database is not None:
        found += [given.database.password, given.database.ca]
    return tuple(dict.fromkeys(secret for secret in found if secret is not None))


def login_settings(environment: Environment, path: Callable[[Secret], str]) -> dict[str, str]:
    """The variables of the process; ``path`` says where the file of a secret is.

    Grafana itself reads ``$__file{…}``, in a container or not.
    """
    given = environment.grafana
    found: dict[str, str] = {}
    if given is None:
        return found
    match given.login:
        case Oidc() as oidc:
            found |= _oidc(oidc, path)
        case Ldap():
            found |= {
                "GF_AUTH_LDAP_ENABLED": "true",
                "GF_AUTH_LDAP_CONFIG_FILE": f"{LDAP_FOLDER}/ldap.toml",
                "GF_AUTH_LDAP_ALLOW_SIGN_UP": "true",  # an account is made of whom the directory knows
                "GF_AUTH_LDAP_SKIP_ORG_ROLE_SYNC": "false",
            }
        case None:
            pass
    if given.database is not None:
        found |= {
            "GF_DATABASE_TYPE": "postgres",
            "GF_DATABASE_HOST": given.database.host,
            "GF_DATABASE_NAME": given.database.name,
            "GF_DATABASE_USER": given.database.user,
            "GF_DATABASE_PASSWORD": _file(path(given.database.password)),
            "GF_DATABASE_SSL_MODE": given.database.tls,
            **({"GF_DATABASE_CA_CERT_PATH": path(given.database.ca)} if given.database.ca is not None else {}),
        }
    return found


def login_files(environment: Environment, path: Callable[[Secret], str]) -> dict[str, str]:
    """Name → text of what belongs in `LDAP_FOLDER`."""
    given = environment.grafana
    if given is None or not isinstance(given.login, Ldap):
        return {}
    return {"ldap.toml": _ldap(given.login, path)}


def _file(path: str) -> str:
    return f"$__file{{{path}}}"


def _oidc(oidc: Oidc, path: Callable[[Secret], str]) -> dict[str, str]:
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/generic-oauth/
    own = {
        "ENABLED": "true",
        "NAME": oidc.name,
        "CLIENT_ID": oidc.client_id,
        "CLIENT_SECRET": _file(path(oidc.client_secret)),
        "SCOPES": " ".join(oidc.scopes),
        "AUTH_URL": oidc.authorize,
        "TOKEN_URL": oidc.token,
        "API_URL": oidc.userinfo,
        "USE_PKCE": "true",
        "USE_REFRESH_TOKEN": str("offline_access" in oidc.scopes).lower(),
        "ALLOW_SIGN_UP": "true",  # an account is made of whom the provider knows
        "LOGIN_ATTRIBUTE_PATH": "preferred_username",
        "ROLE_ATTRIBUTE_PATH": role_path(oidc),
        "ROLE_ATTRIBUTE_STRICT": "true",  # who has no role is not let in
        "ALLOW_ASSIGN_GRAFANA_ADMIN": "false",
        "SKIP_ORG_ROLE_SYNC": "false",
        **({"TLS_CLIENT_CA": path(oidc.ca)} if oidc.ca is not None else {}),
    }
    return {f"GF_AUTH_GENERIC_OAUTH_{key}": value for key, value in own.items()}


def role_path(oidc: Oidc) -> str:
    """The JMESPath that makes a role of what the provider tells: the most of the roles of somebody's groups."""
    # who has no groups at all is in one that nobody is in; contains() of nothing would be an error
    groups = f"({oidc.claim} || [''])"
    steps = [
        f"contains({groups}, {_text(group)}) && '{role}'"
        for role in ROLES
        for group, given in oidc.roles.items()
        if given == role
    ]
    return " || ".join([*steps, f"'{oidc.everybody}'"] if oidc.everybody else steps)


def _text(value: str) -> str:
    """A raw string of JMESPath, in which only a quote is told from what ends it."""
    return "'" + value.replace("'", "\\'") + "'"


def _ldap(ldap: Ldap, path: Callable[[Secret], str]) -> str:
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/ldap/
    server: dict[str, str | int | bool | list[str]] = {
        "host": ldap.host,
        "port": ldap.port,
        "use_ssl": True,
        "start_tls": ldap.start_tls,
        "ssl_skip_verify": False,
        "min_tls_version": "TLS1.2",
        **({"root_ca_cert": path(ldap.ca)} if ldap.ca is not None else {}),
        "bind_dn": ldap.bind_dn,
        "bind_password": _file(path(ldap.bind_password)),
        "search_filter": ldap.filter,
        "search_base_dns": [ldap.base],
    }
    if ldap.group_filter:
        server |= {
            "group_search_filter": ldap.group_filter,
            "group_search_base_dns": [ldap.group_base],
            "group_search_filter_user_attribute": ldap.username,
        }
    attributes = {"username": ldap.username, "email": ldap.email, "member_of": ldap.member_of}
    tables: list[tuple[str, Mapping[str, str | int | bool | list[str]]]] = [
        ("[[servers]]", server),
        ("[servers.attributes]", {**attributes, "name": "givenName", "surname": "sn"}),
    ]
    everybody = {"*": ldap.everybody} if ldap.everybody else {}
    for group, role in {**ldap.roles, **everybody}.items():
        tables.append(("[[servers.group_mappings]]", {"group_dn": group, "org_role": role}))
    blocks = ("\n".join([head, *(f"{key} = {_toml(value)}" for key, value in table.items())]) for head, table in tables)
    return "\n\n".join(blocks) + "\n"


def _toml(value: object) -> str:
    # what JSON writes of a text, a number, a boolean and a list of texts is TOML, too; but for one character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
