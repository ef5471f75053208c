"""A picture of each dashboard, by a Chromium that is told what to do over its own protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

__all__ = ["WIDTH", "browser", "take"]

WIDTH: Final = 1440
"""Pixels."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_ELSEWHERE: Final = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_THEMES: Final = ("light", "dark")
_SECONDS: Final = 60.0
"""How long a page may take, and the browser to start."""
_AT_REST: Final = """
document.querySelector('[data-testid="page-dashboard"] h1, main h1') !== null
  && document.querySelectorAll('[data-testid="panel"]').length > 0
  && document.querySelector('[data-testid="notice"]') !== null
  && document.querySelector('[data-testid="loading"], [data-state="loading"]') === null
"""
_HEIGHT: Final = "Math.ceil(document.documentElement.scrollHeight)"


def browser() -> str:
    """The path of a Chromium.

    Raises:
        ConfigError: there is none.
    """
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None and _ELSEWHERE.is_file():
        found = str(_ELSEWHERE)
    if found is None:
        raise ConfigError(
            f"--pictures needs Chromium or Chrome, and there is none on PATH (looked for {', '.join(_NAMES)}); "
            "install one (apt-get install chromium), or look at the pages: vedette preview"
        )
    return found


async def take(path: str, url: str, boards: Sequence[str], folder: Path) -> AsyncIterator[Path]:
    """Make ``<uid>-light.png`` and ``<uid>-dark.png`` of each dashboard in a folder that is there.

    Each is told when it is made.

    Raises:
        ConfigError: the browser does not start, or a page does not come to rest.
    """
    async with _opened(path) as page:
        for theme in _THEMES:
            await page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            for uid in boards:
                picture = folder / f"{uid}-{theme}.png"
                picture.write_bytes(await _picture(page, f"{url}/d/{uid}"))
                yield picture


async def _picture(page: _Page, url: str) -> bytes:
    await page.resize(1000)
    await page.ask("Page.navigate", url=url)
    await _rest(page, url)
    # as high as all of it: what is out of sight may not be drawn
    await page.resize(int(await page.evaluate(_HEIGHT)))
    await _rest(page, url)
    answer = await page.ask("Page.captureScreenshot", format="png")
    return base64.b64decode(answer["data"])


async def _rest(page: _Page, url: str) -> None:
    """Wait until nothing has been loading for a moment."""
    calm = 0
    try:
        async with asyncio.timeout(_SECONDS):
            while calm < 3:
                await asyncio.sleep(0.1)
                calm = calm + 1 if await page.evaluate(_AT_REST) else 0
    except TimeoutError:
        raise ConfigError(f"{url} was still loading after {_SECONDS:g} s") from None


class _Page:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._session = ""

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Give a command; its result."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        async with asyncio.timeout(_SECONDS):
            while True:
                answer: dict[str, Any] = await self._socket.receive_json()
                if answer.get("id") == number:
                    break
        if "error" in answer:
            raise ConfigError(f"the browser refuses {method}: {answer['error'].get('message', answer['error'])}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self) -> None:
        """Open the page."""
        target = await self.ask("Target.createTarget", url="about:blank")
        attached = await self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]

    async def resize(self, height: int) -> None:
        """Make it that high."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=False
        )

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")


@asynccontextmanager
async def _opened(path: str) -> AsyncIterator[_Page]:
    """A browser of its own, without anybody's profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        arguments = [
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses to run as root with it
        process = await asyncio.create_subprocess_exec(
            path, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            address = await _address(process, path, Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
                page = _Page(socket)
                await page.open()
                yield page
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process, path: str, file: Path) -> str:
    """Where the browser takes commands: it writes that to a file once it is ready."""
    for _ in range(int(_SECONDS / 0.1)):
        if process.returncode is not None:
            break
        if written := _written(file):
            return f"ws://127.0.0.1:{written}"
        await asyncio.sleep(0.1)
    raise ConfigError(f"{path} does not start: it says why when started by hand with --headless")


def _written(file: Path) -> str:
    """Port and path, once both are there."""
    lines = file.read_text("utf-8").split("\n") if file.is_file() else []
    return "".join(lines[:2]) if len(lines) > 1 else ""
