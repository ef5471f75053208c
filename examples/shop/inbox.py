"""The demo's letter box: a small SMTP server and a webhook sink on this machine, so that alerts have somewhere to go.

``python -m examples.shop.inbox`` prints one line for each message that arrives; the page's Deliveries show them whole.
"""

from __future__ import annotations

import asyncio
import json
import sys
from email import message_from_bytes, policy

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

SMTP_PORT = 8025
WEBHOOK_PORT = 8026


class Letters:
    """aiosmtpd's handler: accepts everything and says what came."""

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Print the subject and the recipients of a message."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        letter = message_from_bytes(content, policy=policy.default)
        say(f"e-mail to {', '.join(envelope.rcpt_tos)}: {letter['subject']}")
        return "250 accepted"


async def hook(request: web.Request) -> web.Response:
    """Print what a webhook notification tells."""
    try:
        body = json.loads(await request.text())
        names = sorted({alert["labels"]["alertname"] for alert in body["alerts"]})
        say(f"webhook {request.path}: {body['status']} {', '.join(names)}")
    except (ValueError, KeyError, TypeError) as error:
        return web.Response(status=400, text=f"not an Alertmanager webhook: {error!r}\n")
    return web.Response(text="ok\n")


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Listen on loopback until stopped."""
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(Letters(), loop=loop), "127.0.0.1", SMTP_PORT)
    application = web.Application()
    application.router.add_post("/{path:.*}", hook)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", WEBHOOK_PORT).start()
    async with smtp:
        await smtp.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
