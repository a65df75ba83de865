"""A real browser before a real server, spoken to by the DevTools protocol."""

import asyncio
import base64
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import websockets

from app.core.settings import Settings
from app.main import build_app, build_runtime

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--remote-debugging-port=0", "--hide-scrollbars",
]  # fmt: skip
PATIENCE = 60
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
EXAMINE = f"""
axe.run(document, {{runOnly: {{type: 'tag', values: {json.dumps(TAGS)}}}}}).then(found =>
  JSON.stringify(found.violations.map(one => [one.id, one.nodes.map(node => node.html)])))
"""
SEEN = "JSON.stringify(document.body ? document.body.innerText : '')"
KEYS = {"Tab": 9, "Enter": 13, "Space": 32, "Escape": 27, "ArrowDown": 40}
"""Keys that tests press, with their codes in Windows."""


class Page:
    """One page of a browser."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run one command and answer its result."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        await self._connection.send(json.dumps(command))
        async with asyncio.timeout(PATIENCE):
            while True:
                said = json.loads(await self._connection.recv())
                if said.get("id") == number:
                    assert "error" not in said, said
                    result: dict[str, Any] = said["result"]
                    return result

    async def run(self, script: str) -> Any:
        """What a script, or its promise, comes to, from JSON."""
        found = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        value = found["result"].get("value")
        return None if value is None else json.loads(value)

    async def arrive(self, address: str) -> None:
        """Wait until the page at an address, or at an origin, is there."""
        script = "JSON.stringify([location.href, location.origin, document.readyState])"
        async with asyncio.timeout(PATIENCE):
            while True:
                *places, state = await self.run(script)
                if address in places and state == "complete":
                    return
                await asyncio.sleep(0.1)

    async def leave_by(self, act: Callable[[], Any]) -> str:
        """Do what leads to another page, wait for that, and answer its address."""
        await self._mark()
        await act()
        script = (
            "JSON.stringify([location.href, document.readyState == 'complete'"
            " && !!document.body && !document.documentElement.dataset.before])"
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    address, there = await self.run(script)
                except AssertionError:  # between two pages there is nothing to ask
                    there = False
                if there:
                    return str(address)
                await asyncio.sleep(0.05)

    async def _mark(self) -> None:
        """Know the present page again. A page that was only just opened has no element yet."""
        script = "!!document.documentElement && !!(document.documentElement.dataset.before = '1')"
        async with asyncio.timeout(PATIENCE):
            while True:
                if await self.run(f"JSON.stringify({script})"):
                    return
                await asyncio.sleep(0.05)

    async def go(self, address: str) -> str:
        """Load an address, as if typed."""
        return await self.leave_by(lambda: self.call("Page.navigate", url=address))

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Press one key."""
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        pressed = {
            "key": " " if key == "Space" else key, "code": key,
            "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 if shift else 0,
        }  # fmt: skip
        down = "keyDown" if text else "rawKeyDown"
        await self.call("Input.dispatchKeyEvent", type=down, text=text, **pressed)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    async def type(self, text: str) -> None:
        """Type where the keyboard is."""
        await self.call("Input.insertText", text=text)

    async def fill(self, **values: str) -> None:
        """Write into fields by their ids, as one who types."""
        for name, value in values.items():
            await self.run(f"document.getElementById('{name}').focus(), null")
            await self.type(value)

    async def examine(self) -> list[Any]:
        """What axe-core finds wrong with the page as it is shown now."""
        if not await self.run("JSON.stringify(typeof axe !== 'undefined')"):
            await self.run(f"{AXE}; null")
        found: list[Any] = await self.run(EXAMINE)
        return found

    async def words(self) -> str:
        """What the page says."""
        return str(await self.run(SEEN))

    async def picture(self) -> bytes:
        """The whole page as PNG, below the window too."""
        height = await self.run("JSON.stringify(document.documentElement.scrollHeight)")
        width = await self.run("JSON.stringify(window.innerWidth)")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        taken = await self.call(
            "Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True
        )
        return base64.b64decode(taken["data"])

    async def accept(self, language: str) -> None:
        """Prefer a language from now on."""
        await self.call("Network.enable")
        await self.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    async def show(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Be so wide and high, by day or by night."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme, still])


@asynccontextmanager
async def serving(settings_at: Callable[[str], Settings]) -> AsyncIterator[str]:
    """A real HTTP server with the settings for its origin; answers where it stands."""
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{listening.getsockname()[1]}"
    settings = settings_at(origin)
    runtime = build_runtime(settings)
    config = uvicorn.Config(build_app(settings, runtime), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield origin
    finally:
        server.should_exit = True
        await running
        await runtime.database.close()


@asynccontextmanager
async def browsing(folder: Path, address: str) -> AsyncIterator[Page]:
    """A page of a new browser, at an address; `folder` keeps what the browser remembers."""
    assert BROWSER is not None
    process = await asyncio.create_subprocess_exec(
        BROWSER, *OPTIONS, f"--user-data-dir={folder}", address,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env={**_unmoved(), "LANGUAGE": "en_GB"},
    )  # fmt: skip
    try:
        where = await _page_address(folder, address)
        async with websockets.connect(where, max_size=None) as connection:
            yield Page(connection)
    finally:
        process.kill()
        await process.wait()


def _unmoved() -> dict[str, str]:
    """Our environment without what moves the date (`.ci/dates`): a moved browser never rests."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "LD_PRELOAD" and not name.startswith("FAKETIME")
    }


async def _page_address(folder: Path, address: str) -> str:
    """Where the browser takes commands for its page, once it says so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                port = (folder / "DevToolsActivePort").read_text().split()[0]
                async with httpx.AsyncClient() as client:
                    listed = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
                found = [one for one in listed if one["url"].startswith(address)]
                if found:
                    return str(found[0]["webSocketDebuggerUrl"])
            except (OSError, IndexError, httpx.TransportError):
                pass
            await asyncio.sleep(0.2)
