"""Secrets of a build that somebody else has put where its files look for them."""

from __future__ import annotations

from vedette.build import build, write
from vedette.catalog import Email, Environment, Service, Smtp, Stack, env
from vedette.cli.secrets import is_there


def built(folder, secrets):
    """A build that sends mail with a login and scrapes with a token."""
    environment = Environment(
        "production",
        secrets=str(secrets),
        smtp=Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
    )
    stack = Stack(
        services=[Service("shop", ["localhost:8000"], token=env("TOKEN"))],
        notify=[Email("oncall@example.com")],
        environments=[environment],
    )
    write(build(stack, "production"), folder)
    return folder


def test_a_secret_is_there_once_its_file_is_where_the_build_reads_it(tmp_path):
    folder = built(tmp_path / "build", tmp_path / "secrets")
    assert not is_there("SMTP_PASSWORD", folder)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SMTP_PASSWORD").write_text("x")
    assert is_there("SMTP_PASSWORD", folder)
    assert not is_there("TOKEN", folder)
    (tmp_path / "secrets" / "TOKEN").write_text("x")
    assert is_there("TOKEN", folder)
    assert not is_there("PASSWORD", folder)


def test_a_path_in_quotes_is_read_too_and_a_folder_without_files_has_none(tmp_path):
    (tmp_path / "alertmanager").mkdir()
    secret = tmp_path / "PD_KEY"
    secret.write_text("x")
    (tmp_path / "alertmanager" / "alertmanager.yml").write_text(f"a: '{secret}'\n")
    assert is_there("PD_KEY", tmp_path)
    assert not is_there("PD_KEY", tmp_path / "alertmanager")
