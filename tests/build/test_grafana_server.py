"""How people log in to Grafana: what is rendered of it, for Compose and for a Swarm, and what can be no login."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import jmespath
import pytest
import yaml
from tests.build import test_compose, test_swarm

from vedette.build import build
from vedette.build.grafana_server import role_path
from vedette.catalog import Grafana, GrafanaDatabase, Ldap, Oidc, Service, Stack, env
from vedette.errors import DeclarationError
from vedette.packs import http

PROVIDER = "https://login.example.com/realms/shop/protocol/openid-connect"
SECRETS = ("GRAFANA_OIDC", "GRAFANA_LDAP", "GRAFANA_DB", "OUR_CA")


def oidc(**changes):
    given = {
        "client_id": "grafana",
        "client_secret": env("GRAFANA_OIDC"),
        "authorize": f"{PROVIDER}/auth",
        "token": f"{PROVIDER}/token",
        "userinfo": f"{PROVIDER}/userinfo",
        "roles": {"operators": "Admin", "developers": "Editor"},
    }
    return Oidc("Our login", **(given | changes))


def ldap(**changes):
    given = {
        "bind_dn": "cn=grafana,ou=services,dc=example,dc=com",
        "bind_password": env("GRAFANA_LDAP"),
        "base": "ou=people,dc=example,dc=com",
        "roles": {"cn=operators,ou=groups,dc=example,dc=com": "Admin"},
    }
    return Ldap("ldap.example.com", **(given | changes))


def built(grafana, platform="compose"):
    """The files, and the service of Grafana in them."""
    of = {"compose": test_compose, "swarm": test_swarm}[platform]
    more = {"discovery": {}} if platform == "swarm" else {}
    environment = replace(of.production(smtp=None, **more), grafana=grafana)
    files = build(Stack(services=[Service("shop", ["api:8000"], [http])], environments=[environment]), "production")
    name = {"compose": "compose/docker-compose.yml", "swarm": "swarm/stack.yml"}[platform]
    return files, yaml.safe_load(files[name])["services"]["grafana"]


@pytest.fixture(params=["compose", "swarm"])
def platform(request):
    return request.param


def test_without_a_login_only_admin_gets_in(platform):
    _, grafana = built(None, platform)
    settings = grafana["environment"]
    assert not [key for key in settings if key.startswith(("GF_AUTH_GENERIC", "GF_AUTH_LDAP", "GF_DATABASE"))]
    assert settings["GF_SECURITY_ALLOW_EMBEDDING"] == "false"
    assert settings["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert settings["GF_ANALYTICS_REPORTING_ENABLED"] == "false"
    assert settings["GF_SECURITY_COOKIE_SAMESITE"] == "lax"


def test_a_login_by_openid_connect_is_set_and_its_secret_is_a_file(platform):
    files, grafana = built(Grafana(login=oidc(ca=env("OUR_CA"))), platform)
    settings = {key.removeprefix("GF_AUTH_GENERIC_OAUTH_"): value for key, value in grafana["environment"].items()}
    assert settings["ENABLED"] == "true"
    assert settings["NAME"] == "Our login"
    assert settings["CLIENT_SECRET"] == "$$__file{/run/secrets/GRAFANA_OIDC}"
    assert settings["TLS_CLIENT_CA"] == "/run/secrets/OUR_CA"
    assert (settings["AUTH_URL"], settings["TOKEN_URL"]) == (f"{PROVIDER}/auth", f"{PROVIDER}/token")
    assert settings["API_URL"] == f"{PROVIDER}/userinfo"
    assert settings["USE_PKCE"] == "true"
    assert settings["ROLE_ATTRIBUTE_STRICT"] == "true"
    assert settings["ALLOW_ASSIGN_GRAFANA_ADMIN"] == "false"
    assert settings["USE_REFRESH_TOKEN"] == "false"
    shown = {one["source"]: one["target"] for one in grafana["secrets"]}
    assert shown["GRAFANA_OIDC"] == "/run/secrets/GRAFANA_OIDC"
    assert {"grafana_admin_password", "grafana_secret_key", "OUR_CA"} < set(shown)
    assert "#   GRAFANA_OIDC" in files[f"{platform}/.env.example"]
    assert "GRAFANA_OIDC" in files[f"{platform}/vedette.sh"]


def test_a_refresh_token_is_used_where_one_is_asked_for():
    _, grafana = built(Grafana(login=oidc(scopes=["openid", "groups", "offline_access"])))
    assert grafana["environment"]["GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN"] == "true"
    assert grafana["environment"]["GF_AUTH_GENERIC_OAUTH_SCOPES"] == "openid groups offline_access"


ROLES = [
    ({"groups": ["operators"]}, {}, "Admin"),
    ({"groups": ["developers", "operators"]}, {}, "Admin"),
    ({"groups": ["developers"]}, {}, "Editor"),
    ({"groups": ["cooks"]}, {}, False),
    ({"groups": []}, {}, False),
    ({}, {}, False),
    ({"groups": ["cooks"]}, {"everybody": "Viewer"}, "Viewer"),
    ({}, {"everybody": "Viewer"}, "Viewer"),
    ({"groups": ["operators"]}, {"everybody": "Viewer"}, "Admin"),
    ({"realm": {"roles": ["it's us"]}}, {"claim": "realm.roles", "roles": {"it's us": "Admin"}}, "Admin"),
    ({"groups": [r"SHOP\ops"]}, {"roles": {r"SHOP\ops": "Editor"}}, "Editor"),
    # whatever the order in which they are declared
    ({"groups": ["a", "b"]}, {"roles": {"a": "Viewer", "b": "Admin"}}, "Admin"),
    # a group whose name is a part of another's
    ({"groups": ["operators-abroad"]}, {}, False),
]


@pytest.mark.parametrize(("told", "changes", "role"), ROLES)
def test_the_groups_that_a_provider_tells_give_the_role(told, changes, role):
    assert jmespath.search(role_path(oidc(**changes)), told) == role


def test_a_login_by_a_directory_is_a_file_that_is_mounted_and_holds_no_password(platform):
    files, grafana = built(Grafana(login=ldap(everybody="Viewer", ca=env("OUR_CA"))), platform)
    assert grafana["environment"]["GF_AUTH_LDAP_ENABLED"] == "true"
    assert grafana["environment"]["GF_AUTH_LDAP_CONFIG_FILE"] == "/etc/grafana/ldap/ldap.toml"
    if platform == "compose":
        mounts = {mount["target"]: mount["source"] for mount in grafana["volumes"]}
        assert mounts["/etc/grafana/ldap"] == "./grafana/ldap"
    else:
        assert "/etc/grafana/ldap/ldap.toml" in {one["target"] for one in grafana["configs"]}
    server = tomllib.loads(files[f"{platform}/grafana/ldap/ldap.toml"])["servers"][0]
    assert (server["host"], server["port"], server["use_ssl"], server["start_tls"]) == (
        "ldap.example.com", 636, True, False,
    )  # fmt: skip
    assert server["ssl_skip_verify"] is False
    assert server["root_ca_cert"] == "/run/secrets/OUR_CA"
    assert server["bind_password"] == "$__file{/run/secrets/GRAFANA_LDAP}"
    assert server["search_filter"] == "(uid=%s)"
    assert server["search_base_dns"] == ["ou=people,dc=example,dc=com"]
    assert server["attributes"]["member_of"] == "memberOf"
    assert server["group_mappings"] == [
        {"group_dn": "cn=operators,ou=groups,dc=example,dc=com", "org_role": "Admin"},
        {"group_dn": "*", "org_role": "Viewer"},  # the first that fits counts
    ]
    assert {one["source"] for one in grafana["secrets"]} >= {"GRAFANA_LDAP", "OUR_CA"}


def test_a_directory_without_member_of_is_asked_for_groups_and_any_character_stays_what_it_is():
    odd = 'cn="Küche" \\ 7,dc=example'
    files, _ = built(
        Grafana(
            login=ldap(
                start_tls=True,
                roles={odd: "Editor"},
                group_filter="(&(objectClass=posixGroup)(memberUid=%s))",
                group_base="ou=groups,dc=example,dc=com",
            )
        )
    )
    server = tomllib.loads(files["compose/grafana/ldap/ldap.toml"])["servers"][0]
    assert (server["port"], server["use_ssl"], server["start_tls"]) == (389, True, True)
    assert server["group_search_filter_user_attribute"] == "uid"
    assert server["group_search_base_dns"] == ["ou=groups,dc=example,dc=com"]
    assert server["group_mappings"] == [{"group_dn": odd, "org_role": "Editor"}]


def test_with_a_database_a_swarm_runs_two_of_it_on_any_nodes(platform):
    database = GrafanaDatabase("db.example.com:5432", password=env("GRAFANA_DB"), ca=env("OUR_CA"))
    _, grafana = built(Grafana(database=database), platform)
    settings = grafana["environment"]
    assert settings["GF_DATABASE_TYPE"] == "postgres"
    assert settings["GF_DATABASE_HOST"] == "db.example.com:5432"
    assert settings["GF_DATABASE_PASSWORD"] == "$$__file{/run/secrets/GRAFANA_DB}"
    assert settings["GF_DATABASE_SSL_MODE"] == "verify-full"
    assert settings["GF_DATABASE_CA_CERT_PATH"] == "/run/secrets/OUR_CA"
    if platform == "swarm":
        assert grafana["deploy"]["replicas"] == 2
        assert grafana["deploy"]["placement"] == {"max_replicas_per_node": 1}


def test_no_built_file_holds_the_value_of_any_of_them(platform, monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, f"hush-{name}")
    database = GrafanaDatabase("db.example.com:5432", password=env("GRAFANA_DB"))
    for login in (oidc(ca=env("OUR_CA")), ldap(ca=env("OUR_CA"))):
        files, _ = built(Grafana(login=login, database=database), platform)
        assert not [path for path, text in files.items() if "hush" in text]
        assert json.loads(files["vedette.json"])["secrets"] == []  # `vedette up` starts no Grafana


REFUSED = {
    r"write client_secret=env\(": lambda: oidc(client_secret="hush"),
    r"write bind_password=env\(": lambda: ldap(bind_password="hush"),
    r"write password=env\(": lambda: GrafanaDatabase("db:5432", password="hush"),
    "a URL that begins with https://": lambda: oidc(token="http://login.example.com/token"),
    "the role 'admin'.*did you mean 'Admin'": lambda: oidc(roles={"operators": "admin"}),
    "lets nobody in": lambda: oidc(roles={}),
    "a list with 'openid'": lambda: oidc(scopes=["groups"]),
    "claim='a b'": lambda: oidc(claim="a b"),
    "write %s where the name goes": lambda: ldap(filter="(uid=*)"),
    "write both, or neither": lambda: ldap(group_base="ou=groups"),
    "port=70000": lambda: replace(ldap(), port=70_000),
    "write 'db.example.com:5432'": lambda: GrafanaDatabase("db", password=env("X")),
    "tls='disable'": lambda: GrafanaDatabase("db:5432", password=env("X"), tls="disable"),
    r"write Oidc\(…\) or Ldap\(…\)": lambda: Grafana(login="ldap"),
    r"write Grafana\(login": lambda: replace(test_compose.production(), grafana="yes"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_can_be_no_login_is_refused_and_no_secret_is_shown(message):
    with pytest.raises(DeclarationError, match=message) as refused:
        REFUSED[message]()
    assert "hush" not in str(refused.value)
