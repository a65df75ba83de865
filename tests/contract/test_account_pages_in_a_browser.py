"""The way in, walked in a real browser: from a mailed link to a session with a second factor.

Where there is no Chromium one line says that these were skipped, since a browser is no part of what
Cairn needs; tests/contract/test_account_pages.py holds for every machine.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core import clock
from app.core.settings import Settings
from tests.account_pages import NEW, add, app_of, mailed_link, mailing
from tests.browser import BROWSER, Page, browsing, serving
from tests.programs import check_presence
from tests.sampling import in_one
from tests.signing_in import sign_in
from tests.world import School, World

NARROW, WIDE = 320, 1280
FAR = "JSON.stringify(document.scrollingElement.scrollWidth)"
HTML = "JSON.stringify(document.documentElement.outerHTML)"
PAGES = ("set-password", "accept-invitation", "confirm-reach", "new-password", "second-factor",
         "done?what=password", "done?what=asked")  # fmt: skip


@pytest.fixture(scope="module")
async def origin(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """A real HTTP server that knows where people sign in, and where its pages stand."""
    front = {"front_url": "https://front.example"}
    async with serving(lambda _: app_settings.model_copy(update=front)) as origin:
        yield origin


@pytest.fixture(scope="module")
async def page(origin: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    """A page of one browser for all tests here."""
    async with browsing(tmp_path_factory.mktemp("browser"), f"{origin}/account/done") as page:
        yield page
        await page.call("Emulation.setScriptExecutionDisabled", value=False)


async def press(page: Page) -> str:
    """Press the button of the form; the address that this leads to."""
    button = "document.querySelector('main form button').click(), null"
    return await page.leave_by(lambda: page.run(button))


class TestTheBrowser:
    def test_is_there(self) -> None:
        check_presence(BROWSER, "Chromium", "CAIRN_REQUIRE_BROWSER")


if BROWSER:

    class TestTheWayIn:
        async def test_leads_from_the_message_to_a_session_with_a_second_factor(
            self, world: World, school: School, page: Page, origin: str, tmp_path: Path
        ) -> None:
            await page.accept("en")
            adapters = mailing(world, tmp_path, base_url=origin)
            email = await add(school)
            link = await mailed_link(adapters, tmp_path, email)
            await adapters.database.close()
            token = link.partition("#token=")[2]

            assert await page.go(link) == f"{origin}/account/set-password"
            assert token not in await page.run("JSON.stringify(location.href)")
            assert "The link from your message" not in await page.words()
            welsh = "document.querySelector('nav.language a').click(), null"
            await page.leave_by(lambda: page.run(welsh))
            assert "Dewiswch eich cyfrinair" in await page.words()
            assert "Y ddolen o'ch neges" not in await page.words()
            await page.leave_by(lambda: page.run(welsh))
            await page.fill(password=NEW, again=f"{NEW}s")
            await press(page)
            assert "The two passwords are not the same" in await page.words()
            assert "The link from your message" not in await page.words()
            await page.fill(password=NEW, again=NEW)
            assert (await press(page)).startswith(f"{origin}/account/done?what=password")
            assert "You can sign in now" in await page.words()
            front = "JSON.stringify(document.querySelector('#next ~ p a').href)"
            assert await page.run(front) == "https://front.example/"

            go = "document.querySelector('#factor ~ p a').click(), null"
            await page.leave_by(lambda: page.run(go))
            await page.fill(email=email, password=NEW)
            await press(page)
            assert "Scan this with your app" in await page.words()
            app = app_of(await page.run(HTML))
            with clock.frozen(clock.now()):
                await page.fill(code=app.code())
                await press(page)
                signed = await sign_in(world, email, NEW, otp=app.code(1))
            assert "Keep these recovery codes" in await page.words()
            assert await page.examine() == []
            assert signed.json()["second_factor"] == "done", signed.text
            signed_in = world.as_token(signed.json()["access_token"])
            assert (await signed_in.get("/v1/staff")).status_code == 200

        async def test_works_without_scripts_with_the_link_pasted(
            self, world: World, school: School, page: Page, origin: str, tmp_path: Path
        ) -> None:
            await page.accept("en")
            adapters = mailing(world, tmp_path, base_url=origin)
            link = await mailed_link(adapters, tmp_path, await add(school))
            await adapters.database.close()
            await page.call("Emulation.setScriptExecutionDisabled", value=True)
            await page.go(link)
            assert "The link from your message" in await page.words()
            await page.fill(link=link, password=NEW, again=NEW)
            address = await page.leave_by(lambda: page.press("Enter"))
            await page.call("Emulation.setScriptExecutionDisabled", value=False)
            assert address.startswith(f"{origin}/account/done?what=password")

    @pytest.mark.parametrize(("part", "language"), in_one(("en", "cy"), PAGES))
    class TestEveryPage:
        async def test_is_without_fault_wide_and_narrow_by_day_and_by_night(
            self, page: Page, origin: str, part: str, language: str
        ) -> None:
            await page.accept(language)
            address = f"{origin}/account/{part}"
            await page.go(address)
            assert await page.run("JSON.stringify(document.documentElement.lang)") == language
            sent = (False, True) if "done" not in part else (False,)
            for unfinished in sent:
                if unfinished:
                    await press(page)
                    assert await page.run("JSON.stringify(!!document.querySelector('.errors'))")
                for width in (WIDE, NARROW):
                    for dark in (False, True):
                        await page.show(width, dark=dark)
                        assert await page.examine() == [], f"{width} {dark} {unfinished}"
                    assert await page.run(FAR) <= width
