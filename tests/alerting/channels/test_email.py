"""E-mail against a real SMTP server: what arrives, and what each refusal means."""

from __future__ import annotations

import asyncio
import email
import ssl
import subprocess
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from tests.alerting.test_template_data import NOTIFICATION, alert

from vedette.alerting import channels
from vedette.alerting.delivery import Delivered, Delivery, Failed, Integration, Outcome, Payload, RenderError, Retry
from vedette.alerting.templates import Templates
from vedette.formats.alertmanager import EmailConfig
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage
    from pathlib import Path

CONFIG = EmailConfig(to="Ops <ops@example.com>, b@example.com", from_="Vedette <watch@shop.example>", require_tls=False)


@dataclass
class Mailbox:
    """aiosmtpd's handler: keeps mails, refuses what it is told to."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse_data: str = ""
    refuse: dict[str, str] = field(default_factory=dict)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuse_data:
            return self.refuse_data
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@asynccontextmanager
async def listening(mailbox: Mailbox, tls_first: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[str]:
    """A mail server in this loop; gives its address."""
    loop = asyncio.get_running_loop()
    options = {"auth_require_tls": False, "authenticator": mailbox.authenticate, "hostname": "mail.test", **options}
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop, **options), "127.0.0.1", 0, ssl=tls_first)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def config(mailbox: Mailbox) -> AsyncIterator[EmailConfig]:
    async with listening(mailbox) as address:
        yield replace(CONFIG, smarthost=address)


def render(config: EmailConfig, notification=NOTIFICATION) -> Payload:
    integration = Integration(receiver="r", name="email/0", config=config, target=config.to)
    return channels.render(notification, integration, Templates.load())


async def attempt(config: EmailConfig, notification=NOTIFICATION) -> Outcome:
    integration = Integration(receiver="r", name="email/0", config=config, target=config.to)
    payload = render(config, notification)
    return await channels.send(
        None, Delivery(id="1", integration=integration, payload=payload, attempt=1, timeout=5000)
    )


async def test_a_mail_arrives_with_both_parts_and_its_headers(config, mailbox):
    assert await attempt(config) == Delivered()
    ((recipients, mail),) = mailbox.mails
    assert recipients == ["ops@example.com", "b@example.com"]
    assert mail["Subject"] == "[FIRING:1] Down"
    assert mail["From"] == "Vedette <watch@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{NOTIFICATION.id}@shop.example>"
    assert mail["References"] is None
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "<b>1</b> & co" in mail.get_body(("plain",)).get_content()
    assert "&lt;b&gt;1&lt;/b&gt; &amp; co" in mail.get_body(("html",)).get_content()


async def test_later_mails_of_a_group_answer_the_first(config, mailbox):
    await attempt(config, replace(NOTIFICATION, id="2", thread="1"))
    mail = mailbox.mails[0][1]
    assert mail["Message-ID"] == "<2@shop.example>"
    assert mail["References"] == mail["In-Reply-To"] == "<1@shop.example>"


def test_the_default_mail_says_what_a_person_needs():
    one = alert("1", severity="critical", service="shop")
    one = replace(
        one,
        annotations={
            "summary": "Shop answers 12 % with errors",
            "description": "For 5 minutes.",
            "value": "12 %",
            "dashboard_url": "http://127.0.0.1:7373/d/shop-http?viewPanel=1&var-job=shop",
            "runbook_url": "http://127.0.0.1:7373/runbooks/Down",
        },
    )
    payload = render(CONFIG, replace(NOTIFICATION, alerts=(one,)))
    assert payload.subject == "[FIRING:1] Down (shop): Shop answers 12 % with errors"
    for part in (payload.text, payload.html):
        assert "Shop answers 12 % with errors" in part
        assert "12 %" in part
        assert "http://127.0.0.1:7373/runbooks/Down" in part
        assert "severity" in part
    assert 'href="http://127.0.0.1:7373/d/shop-http?viewPanel=1&amp;var-job=shop"' in payload.html
    assert "#b42318" in payload.html
    assert 'name="viewport"' in payload.html


def test_resolved_is_green_and_says_so():
    payload = render(CONFIG, replace(NOTIFICATION, alerts=(alert("2", ended=True, severity="critical"),)))
    assert payload.subject.startswith("[RESOLVED] Down")
    assert "#1a7f4b" in payload.html
    assert "#b42318" not in payload.html


def test_a_link_that_would_run_a_script_is_taken_out():
    one = replace(alert("1"), annotations={"runbook_url": "javascript:alert(1)"})
    assert "javascript:" not in render(CONFIG, replace(NOTIFICATION, alerts=(one,))).html


def test_headers_are_templates_and_cannot_be_split():
    headers = {"subject": "{{ .CommonLabels.job }}\r\nBcc: evil@example.com", "X-Team": "{{ .Status }}"}
    payload = render(replace(CONFIG, headers=headers))
    assert payload.headers["Subject"] == "shop Bcc: evil@example.com"
    assert payload.headers["X-Team"] == "firing"
    assert "Bcc" not in payload.headers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from_": ""}, "e-mail needs a sender: ''; set smtp_from"),
        ({"to": "nobody"}, "e-mail needs a recipient: 'nobody'"),
        ({"html": "{{ .Nope }}"}, "can't evaluate field Nope"),
    ],
)
def test_a_mail_that_cannot_be_written_says_why(change, message):
    with pytest.raises(RenderError, match=message):
        render(replace(CONFIG, **change))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 4.3.0 try later", Retry("SMTP 451: 4.3.0 try later")),
        ("552 5.3.4 too big", Failed("SMTP 552: 5.3.4 too big")),
    ],
)
async def test_a_refused_mail_passes_or_fails_by_its_code(config, mailbox, answer, expected):
    mailbox.refuse_data = answer
    assert await attempt(config) == expected


async def test_one_refused_recipient_does_not_repeat_the_mail_to_the_others(config, mailbox):
    mailbox.refuse = {"b@example.com": "550 5.1.1 unknown"}
    assert await attempt(config) == Delivered()
    assert mailbox.mails[0][0] == ["ops@example.com"]


@pytest.mark.parametrize(
    ("code", "kind"), [("550 5.1.1 unknown", Failed), ("450 4.2.1 busy", Retry)], ids=["for good", "for now"]
)
async def test_if_every_recipient_is_refused_the_codes_decide(config, mailbox, code, kind):
    mailbox.refuse = {"ops@example.com": code, "b@example.com": "550 5.1.1 unknown"}
    outcome = await attempt(config)
    assert isinstance(outcome, kind)
    assert "ops@example.com: SMTP" in outcome.error


async def test_the_password_comes_from_its_file(config, mailbox, tmp_path):
    (tmp_path / "password").write_text("right\n")
    place = Place(str(tmp_path / "alertmanager.yml"), 1)
    signed = replace(config, auth_username="vedette", auth_password_file="password", place=place)
    assert await attempt(signed) == Delivered()
    assert mailbox.logins == [(b"vedette", b"right")]


async def test_a_wrong_password_fails_and_is_not_shown(config):
    outcome = await attempt(replace(config, auth_username="vedette", other={"auth_password": "wr0ng"}))
    assert isinstance(outcome, Failed)
    assert outcome.error.startswith("SMTP 535")
    assert "wr0ng" not in outcome.error


async def test_a_password_does_not_travel_in_the_clear():
    config = replace(CONFIG, smarthost="mail.example.com:25", auth_username="vedette", other={"auth_password": "x"})
    assert await attempt(config) == Failed(
        "the password is not sent to mail.example.com without encryption; set require_tls: true"
    )


async def test_a_server_without_tls_gets_no_mail_where_tls_is_required(config, mailbox):
    outcome = await attempt(replace(config, require_tls=True))
    assert isinstance(outcome, Retry)
    assert "STARTTLS" in outcome.error
    assert mailbox.mails == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is missing: no certificate for the test's mail server")
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS first"])
async def test_mail_goes_encrypted_to_a_server_whose_certificate_is_known(mailbox, certificate, implicit):
    cert, key = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    how = {"tls_first": context} if implicit else {"tls_context": context, "require_starttls": True}
    async with listening(mailbox, **how) as address:
        tls = {"tls_config": {"ca_file": str(cert)}, "force_implicit_tls": implicit}
        config = replace(CONFIG, smarthost=address, require_tls=True, other=tls)
        assert await attempt(config) == Delivered()
        assert isinstance(await attempt(replace(config, other={"force_implicit_tls": implicit})), Retry)
    assert len(mailbox.mails) == 1


async def test_a_server_that_is_down_is_tried_again():
    outcome = await attempt(replace(CONFIG, smarthost="127.0.0.1:1"))
    assert isinstance(outcome, Retry)
    assert "127.0.0.1:1" in outcome.error


async def test_a_smarthost_without_port_fails_with_the_fix():
    outcome = await attempt(replace(CONFIG, smarthost="mail.example.com"))
    assert outcome == Failed(
        "smarthost 'mail.example.com' is not host:port; set smtp_smarthost, e.g. 'mail.example.com:587'"
    )
