"""The reference page in a real browser: every part of it can be opened, found and linked to.

Where there is no Chromium one line says that these were skipped, since a browser is no part of what
Cairn needs; tests/contract/test_docs_page.py holds for every machine.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from app.api.problems import catalogue
from app.core.settings import Settings
from app.core.vocabularies import VOCABULARIES
from tests.answers import described
from tests.browser import BROWSER, PATIENCE, Page, browsing, serving
from tests.programs import check_presence
from tests.world import World

NARROW, WIDE = 320, 1280
TURNS = count()
FAR = "JSON.stringify(document.scrollingElement.scrollWidth)"
TITLE = "JSON.stringify(document.querySelector('main h1').textContent)"
BUSY = "JSON.stringify(document.querySelector('main')?.getAttribute('aria-busy') ?? null)"
OPEN = """
for (let turn = 0; turn < 3; turn += 1)
  for (const one of document.querySelectorAll('main details')) one.open = true;
new Promise(done => setTimeout(() => done('null'), 50))
"""
"""Opens what is folded; a part that this draws has further ones."""
NAMED = "JSON.stringify([...document.querySelectorAll('#results a')].map(one => one.hash))"
VIOLATED = """
document.addEventListener('securitypolicyviolation', found => {
  document.documentElement.dataset.violated = found.violatedDirective;
}), null
"""
LEADS_NOWHERE = """
JSON.stringify([...document.querySelectorAll('main a[href^="#"]')].map(one => one.hash).filter(
  hash => drawn(decodeURIComponent(hash.slice(1)))[0].textContent === 'There is no such part'))
"""
EVERY_PART = """
JSON.stringify(%s.filter(at => { try {
  const title = [drawn(at)].flat(9)[0].textContent;
  return !title || title === 'There is no such part' || !title.includes(%s);
} catch (fault) { return true; } }))
"""
PLACES = [
    "", "problems", "tag/concerns", "raise_concern", "list_concerns",
    "schema/ConcernIn", "problem/version_stale", "vocabulary/concern_states", "no-such-part",
]  # fmt: skip


@pytest.fixture(scope="module")
async def origin(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """A real HTTP server, and where its pages stand."""
    async with serving(lambda _: app_settings) as origin:
        yield origin


@pytest.fixture(scope="module")
async def page(origin: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    """The reference page in one browser for all tests here."""
    folder = tmp_path_factory.mktemp("browser")
    async with browsing(folder, f"{origin}/docs") as page:
        yield page


async def drawn(page: Page) -> None:
    """Wait until the page has read the description."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await page.run(BUSY) == "false":
                return
            await asyncio.sleep(0.05)


async def turn_to(page: Page, origin: str, place: str) -> None:
    """Load the page at a place, as somebody does who has a link to it."""
    await page.go(f"{origin}/docs?turn={next(TURNS)}#{place}")  # a new address loads the page again
    await drawn(page)


async def search(page: Page, words: str) -> list[str]:
    """Type words into the search; where the results lead."""
    await page.run("document.getElementById('words').value = '', null")
    await page.fill(words=words)
    found: list[str] = await page.run(NAMED)
    return found


class TestTheBrowser:
    def test_is_there(self) -> None:
        check_presence(BROWSER, "Chromium", "CAIRN_REQUIRE_BROWSER")


if BROWSER:

    class TestThePage:
        @pytest.mark.parametrize("place", PLACES)
        async def test_is_without_fault_wide_and_narrow_by_day_and_by_night(
            self, page: Page, origin: str, place: str
        ) -> None:
            await page.show(WIDE)
            await turn_to(page, origin, place)
            await page.run(OPEN)
            for width, dark in ((WIDE, False), (NARROW, True)):
                await page.show(width, dark=dark)
                assert await page.examine() == [], (width, dark)
                assert await page.run(FAR) <= width

        async def test_results_are_without_fault(self, page: Page, origin: str) -> None:
            await page.show(WIDE)
            await turn_to(page, origin, "")
            assert await search(page, "concern")
            for width in (WIDE, NARROW):
                await page.show(width)
                assert await page.examine() == []
                assert await page.run(FAR) <= width

        async def test_breaks_no_policy(self, page: Page, origin: str) -> None:
            await turn_to(page, origin, "")
            await page.run(VIOLATED)
            for place in ("raise_concern", "schema/ConcernIn"):
                await page.run(f"location.hash = '{place}', null")
                await page.run(OPEN)
            violated = "JSON.stringify(document.documentElement.dataset.violated ?? null)"
            assert await page.run(violated) is None

    class TestEveryPart:
        @pytest.mark.parametrize(
            ("places", "title"),
            [
                (
                    [
                        operation["operationId"]
                        for methods in described()["paths"].values()
                        for operation in methods.values()
                    ],
                    "api.paths[known.operations.get(at).path][known.operations.get(at).method"
                    ".toLowerCase()].summary",
                ),
                (
                    [f"schema/{name}" for name in described()["components"]["schemas"]],
                    "at.slice(7)",
                ),
                ([f"problem/{code}" for code in catalogue()], "at.slice(8)"),
                ([f"vocabulary/{name}" for name in VOCABULARIES], "''"),
                ([f"tag/{tag['name']}" for tag in described()["tags"]], "at.slice(4)"),
            ],
            ids=["operations", "schemas", "problems", "vocabularies", "tags"],
        )
        async def test_has_an_address_of_its_own(
            self, page: Page, origin: str, places: list[str], title: str
        ) -> None:
            await turn_to(page, origin, "")
            assert len(places) > 50
            assert await page.run(EVERY_PART % (json.dumps(places), title)) == []

        @pytest.mark.parametrize("place", ["", "raise_concern", "problem/version_stale"])
        async def test_leads_only_to_parts_that_there_are(
            self, page: Page, origin: str, place: str
        ) -> None:
            await turn_to(page, origin, place)
            await page.run(OPEN)
            assert await page.run(LEADS_NOWHERE) == []

    class TestAnOperation:
        async def test_says_what_to_send_and_what_comes_back(self, page: Page, origin: str) -> None:
            await page.show(WIDE)
            await turn_to(page, origin, "raise_concern")
            await page.run(OPEN)
            told = await page.words()
            for words in (
                "Raise a concern", "POST /v1/concerns", "Idempotency-Key", "concern:raise",
                "account", "required", "staff_unknown", "C-20", 'curl -sS -X POST "$BASE/v1/',
            ):  # fmt: skip
                assert words in told, words

    class TestASearch:
        @pytest.mark.parametrize(
            ("words", "first"),
            [
                ("raise_concern", "#raise_concern"),
                ("acknowledge a concern", "#acknowledge_concern"),
                ("/v1/concerns/{concern_id}/triage", "#triage_concern"),
                ("ConcernIn", "#schema/ConcernIn"),
                ("version_stale", "#problem/version_stale"),
                ("concern_states", "#vocabulary/concern_states"),
                ("lado_consulted", "#vocabulary/adult_concern_states"),
            ],
        )
        async def test_finds(self, page: Page, origin: str, words: str, first: str) -> None:
            await turn_to(page, origin, "")
            found = await search(page, words)
            assert first in found[:3], found[:5]

        async def test_says_how_many_it_found(self, page: Page, origin: str) -> None:
            await turn_to(page, origin, "")
            assert await search(page, "no such words as these") == []
            said = "JSON.stringify(document.getElementById('count').textContent)"
            assert await page.run(said) == "0 found"

        async def test_is_done_with_keys_alone_and_without_a_connection(
            self, page: Page, origin: str
        ) -> None:
            await turn_to(page, origin, "")
            cut: dict[str, Any] = {
                "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0,
            }  # fmt: skip
            await page.call("Network.enable")
            await page.call("Network.emulateNetworkConditions", **cut)
            try:
                for _ in range(3):  # past the link to the content and the name
                    await page.press("Tab")
                await page.type("acknowledge_concern")
                await page.press("Enter")
                await asyncio.sleep(0.1)
                assert await page.run(TITLE) == "Acknowledge a concern"
                focused = "JSON.stringify(document.activeElement.tagName)"
                assert await page.run(focused) == "H1"
            finally:
                await page.call("Network.emulateNetworkConditions", **{**cut, "offline": False,
                                "downloadThroughput": -1, "uploadThroughput": -1})  # fmt: skip
