"""The docs page: complete without the internet, and strict about what may run on it."""

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.api import docs_page
from app.api.pages import rendering
from app.api.styles import COLOURS
from app.core.settings import Settings
from app.formats.contract_files import joined
from app.main import build_app
from tests.answers import described

STATIC = Path(docs_page.__file__).with_name("static")
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    """A browser's view of an app that has only the docs page."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    application.include_router(docs_page.router)
    transport = ASGITransport(application)
    async with AsyncClient(transport=transport, base_url="http://cairn.test") as client:
        yield client


class _Tags(HTMLParser):
    """Collects what a browser would fetch, and anything that would run or style in place."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name in {"src", "href"} and tag != "a":
                self.fetched.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and data.strip():
            self.inline.append(f"{self._open}: {data}")


async def _tags(client: AsyncClient) -> _Tags:
    tags = _Tags()
    tags.feed((await client.get("/docs")).text)
    return tags


class TestShowDocs:
    async def test_answers_with_a_titled_page(self, client: AsyncClient) -> None:
        answer = await client.get("/docs")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>Cairn API</title>" in answer.text
        assert '<html lang="en-GB">' in answer.text

    async def test_sets_the_strict_policy(self, client: AsyncClient) -> None:
        headers = (await client.get("/docs")).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-cache"

    async def test_names_no_other_host(self, client: AsyncClient) -> None:
        answer = await client.get("/docs")
        assert not re.search(r"(https?:)?//", answer.text.replace("<!doctype html>", ""))

    async def test_runs_and_styles_nothing_in_place(self, client: AsyncClient) -> None:
        assert (await _tags(client)).inline == []

    async def test_fetches_only_what_it_serves(self, client: AsyncClient) -> None:
        fetched = [one for one in (await _tags(client)).fetched if one != "data:,"]
        assert {one.partition("?")[0] for one in fetched} == {
            f"/docs/assets/{name}" for name in docs_page.ASSETS
        }
        for address in fetched:
            assert (await client.get(address)).status_code == 200

    async def test_stays_out_of_the_description(self, client: AsyncClient) -> None:
        assert (await client.get("/openapi.json")).json()["paths"] == {}


class TestSendDescription:
    async def test_answers_304_to_who_has_it(self, client: AsyncClient) -> None:
        first = await client.get("/openapi.json")
        assert first.headers["content-type"] == "application/json"
        assert first.headers["cache-control"] == "no-cache"
        for known in (first.headers["etag"], f"W/{first.headers['etag']}", "*"):
            again = await client.get("/openapi.json", headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")

    async def test_is_compact_and_by_gzip_where_the_client_takes_it(
        self, client: AsyncClient
    ) -> None:
        plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
        refused = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip;q=0, br"})
        packed = await client.get("/openapi.json", headers={"Accept-Encoding": "br, gzip"})
        assert {"content-encoding"} & {*plain.headers, *refused.headers} == set()
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        assert packed.content == plain.content == refused.content
        assert b"\n" not in plain.content
        assert len({plain.headers["etag"], packed.headers["etag"]}) == 2
        asked = {"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"}
        assert (await client.get("/openapi.json", headers=asked)).status_code == 304

    async def test_is_made_once_and_holds_up_nobody(
        self, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While the description is made, the loop answers others."""
        made, begun, free = [], threading.Event(), threading.Event()
        app = client._transport.app  # type: ignore[attr-defined]

        def slowly() -> dict[str, Any]:
            made.append(1)
            begun.set()
            assert free.wait(30)
            return {"paths": {}}

        monkeypatch.setattr(app, "openapi", slowly)
        asked = [asyncio.create_task(client.get("/openapi.json")) for _ in range(3)]
        assert await asyncio.to_thread(begun.wait, 30)
        assert (await client.get("/docs")).status_code == 200
        assert not any(one.done() for one in asked)
        free.set()
        assert [one.status_code for one in await asyncio.gather(*asked)] == [200] * 3
        assert made == [1]


class TestTheFileOfTheDescription:
    """A server answers what `cairn openapi` wrote, and never what is of other code."""

    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        file = tmp_path / "cairn.json"
        file.write_text('{"paths": {}, "from": "a file"}')
        monkeypatch.setitem(docs_page._KEPT, docs_page.OF_API, file)
        return file

    async def test_is_answered_where_no_code_is_newer(
        self, file: Path, client: AsyncClient
    ) -> None:
        assert (await client.get("/openapi.json")).json()["from"] == "a file"

    async def test_is_not_answered_where_code_is_newer(
        self, file: Path, client: AsyncClient
    ) -> None:
        os.utime(file, (0, 0))
        assert "from" not in (await client.get("/openapi.json")).json()

    async def test_is_not_answered_where_it_has_other_operations(
        self, file: Path, client: AsyncClient
    ) -> None:
        other = '{"paths": {"/v1/other": {}}, "from": "a file"}'
        await asyncio.to_thread(file.write_text, other)
        assert "from" not in (await client.get("/openapi.json")).json()

    async def test_is_the_one_that_the_application_would_make(self) -> None:
        application = build_app(Settings.model_construct()).app
        for file in docs_page._KEPT.values():
            os.utime(file)
        ready = [docs_page._ready(application, at) for at in (docs_page.OF_API, docs_page.OF_SCIM)]
        assert joined(*ready) == described()


class TestSendAsset:
    @pytest.mark.parametrize("name", docs_page.ASSETS)
    async def test_sends_the_file_with_its_type(self, client: AsyncClient, name: str) -> None:
        answer = await client.get(f"/docs/assets/{name}")
        assert answer.headers["content-type"] == TYPES[name.rpartition(".")[2]]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "public, max-age=86400"
        assert answer.content.endswith((STATIC / name).read_bytes())

    @pytest.mark.parametrize("name", docs_page.ASSETS)
    async def test_answers_304_to_who_has_it(self, client: AsyncClient, name: str) -> None:
        etag = (await client.get(f"/docs/assets/{name}")).headers["etag"]
        address = f"/docs/assets/{name}"
        again = await client.get(address, headers={"If-None-Match": f'W/"old", {etag}'})
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get(address, headers={"If-None-Match": '"old"'})
        assert other.status_code == 200

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "reference.html",
            "../docs_page.py",
            "..%2fdocs_page.py",
            "reference.JS",
        ],
    )
    async def test_knows_no_other_file(self, client: AsyncClient, name: str) -> None:
        assert (await client.get(f"/docs/assets/{name}")).status_code == 404


class TestTheProgram:
    def test_names_no_other_host_and_writes_no_markup(self) -> None:
        text = (STATIC / "reference.js").read_text()
        found = (
            r"https?:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\("
        )
        assert re.findall(found, text) == []
        assert b"url(" not in docs_page.ASSETS["reference.css"].content

    @pytest.mark.parametrize("assets", [docs_page.ASSETS, rendering.ASSETS], ids=["docs", "pages"])
    def test_has_its_colours_from_the_file_of_all_pages(self, assets: Any) -> None:
        (sheet,) = (one.content for name, one in assets.items() if name.endswith(".css"))
        assert sheet.startswith(COLOURS.read_bytes())
        own, _, _ = sheet.removeprefix(COLOURS.read_bytes()).partition(b"@media print")
        assert re.findall(rb"--\w+: *#", own) == []
