"""The recipient pages in a real browser: examined by axe-core, walked by keyboard, with no script.

Where there is no Chromium one line says that these were skipped, since a browser is no part of what
Cairn needs; tests/contract/test_recipient_page.py holds for every machine.
"""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.core.settings import Settings
from app.core.words import Role
from tests.api.leaving_files import approve, drafted
from tests.api.shared import step
from tests.browser import BROWSER, PATIENCE, Page, browsing, serving
from tests.programs import check_presence
from tests.recipient_pages import Link, a_link, a_referral_link, a_rich_link
from tests.sampling import in_one
from tests.world import School, World

NARROW, WIDE = 320, 1280
PHONE, SCREEN = 390, 844
TOP_OF = """
JSON.stringify(document.getElementById('%s').getBoundingClientRect().top + window.scrollY)
"""
FAR = "document.scrollingElement.scrollWidth"
SPACED = """
for (const one of document.querySelectorAll('*')) {
  one.style.setProperty('line-height', '1.5', 'important');
  one.style.setProperty('letter-spacing', '.12em', 'important');
  one.style.setProperty('word-spacing', '.16em', 'important');
}
for (const one of document.querySelectorAll('p')) one.style.setProperty('margin-bottom', '2em');
null
"""
"""The text spacing of WCAG 1.4.12, as a reader's own style would set it."""
CONTROLS = "a[href], button, input:not([type=hidden]), textarea, summary"
OPENED = "document.querySelectorAll('details').forEach(one => { one.open = true }), null"
ORDER = f"""
JSON.stringify([...document.querySelectorAll('{CONTROLS}')].filter(one =>
  one.type !== 'radio' || one.checked || one === document.querySelector('[name=' + one.name + ']')
).map((one, place) => (one.dataset.place = place, place)))
"""
FOCUSED = "JSON.stringify(document.activeElement.dataset.place ?? null)"
RING = """
(() => { const style = getComputedStyle(document.activeElement);
  return JSON.stringify(style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2); })()
"""

Reach = Callable[["Reader", World, School], Awaitable[None]]


class Reader:
    """Somebody at a browser."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin, self.home = page, origin, ""

    async def look(self, link: Link, query: str = "") -> None:
        """Follow a link."""
        self.home = f"{self.origin}/shared/{link.token}"
        await self.page.go(self.home + query)

    async def fill(self, **values: str) -> None:
        """Write into fields by their ids, as one who types."""
        await self.page.fill(**values)

    async def send(self, part: str) -> str:
        """Send the form that goes to a part of the page."""
        button = f"form[action$='/{part}'] button"
        return await self.page.leave_by(
            lambda: self.page.run(f'document.querySelector("{button}").click(), null')
        )

    async def submit(self, name: str) -> str:
        """Send the form that has a field."""
        return await self.page.leave_by(
            lambda: self.page.run(f"document.getElementById('{name}').form.submit(), null")
        )

    async def open(self, link: Link, query: str = "") -> None:
        """Follow a link and enter its code."""
        await self.look(link, query)
        await self.fill(code=link.code)
        await self.send("code")

    async def tab_to(self, selector: str) -> None:
        """Press Tab until the keyboard is there."""
        for _ in range(120):
            await self.page.press("Tab")
            if await self.page.run(f"JSON.stringify(document.activeElement.matches(`{selector}`))"):
                return
        raise AssertionError(f"no key leads to {selector}")

    async def examine(self) -> list[Any]:
        """What axe-core finds wrong with the page as it is shown now."""
        return await self.page.examine()

    async def words(self) -> str:
        """What the page says."""
        return await self.page.words()


async def code(reader: Reader, world: World, school: School) -> None:
    await reader.look(await a_link(world, school))


async def wrong_code(reader: Reader, world: World, school: School) -> None:
    await reader.look(await a_link(world, school))
    await reader.fill(code="0000 0000")
    await reader.send("code")


async def locked(reader: Reader, world: World, school: School) -> None:
    link = await a_link(world, school)
    world.sql(
        "update recipient_link set locked_at = made_at, wrong_codes = 5 where share_id = %s",
        link.id,
    )
    await reader.look(link)


async def code_asked(reader: Reader, world: World, school: School) -> None:
    await reader.look(await a_link(world, school))
    await reader.send("new-code")


async def gone(reader: Reader, world: World, school: School) -> None:
    await reader.look(Link("", "x" * 75, ""))


async def refused(reader: Reader, world: World, school: School) -> None:
    await reader.look(await a_link(world, school))
    await reader.page.run("document.querySelector('[name=form]').value = 'forged', null")
    await reader.fill(code="0000 0000")
    await reader.send("code")


async def share(reader: Reader, world: World, school: School) -> None:
    world.sql("update organisation set phone = '01632 960123' where id = %s", school.id)
    await reader.open(await a_rich_link(world, school))


async def share_answered(reader: Reader, world: World, school: School) -> None:
    link = await a_rich_link(world, school)
    await reader.open(link)
    await reader.fill(passage="He was quiet.", right="He was tired.")
    await reader.submit("right")
    answer = {"accepted": True, "reason": "We have put your words beside ours."}
    assert (await step(school.lead, link.id, "correction-answers", answer)).is_success
    await reader.send("acknowledge")


async def share_unfinished(reader: Reader, world: World, school: School) -> None:
    await reader.open(await a_rich_link(world, school))
    await reader.fill(passage="He was quiet.")
    await reader.submit("right")


async def share_of_a_long_word(reader: Reader, world: World, school: School) -> None:
    account = [{"kind": "child_said", "text": "W" * 400, "prompted_by": "\u202e" + "x" * 250}]
    await reader.open(
        await a_rich_link(world, school, name="K" * 200, account=account, place="P" * 250)
    )


async def a_filed_link(world: World, school: School) -> tuple[Link, str]:
    """A share with a file of a long name and every warning; the file's id last."""
    made = await drafted(world, school, told="W" * 110, clean=False)
    flags = "{active_content,external_content,macros,metadata_kept}"
    world.sql("update attachment set flags = %s where id = %s", flags, made.file)
    assert (await approve(school, made)).status_code == 200
    sending = {"code_route": "phone", "by_hand": True}
    sent = (await step(school.lead, made.share, "send", sending)).json()
    return Link(made.share, sent["link"].rpartition("/")[2], sent["code"]), made.file


async def share_with_a_file(reader: Reader, world: World, school: School) -> None:
    await reader.open((await a_filed_link(world, school))[0])


async def file_stopped(reader: Reader, world: World, school: School) -> None:
    link, file = await a_filed_link(world, school)
    await reader.open(link)
    world.sql("update attachment set state = 'held', scan_result = 'found' where id = %s", file)
    await reader.page.go(f"{reader.home}/attachments/1")


async def referral(reader: Reader, world: World, school: School) -> None:
    await reader.open(await a_referral_link(world, school, urgency="emergency"))


async def referral_unfinished(reader: Reader, world: World, school: School) -> None:
    await reader.open(await a_referral_link(world, school))
    await reader.submit("reason")


async def referral_decided(reader: Reader, world: World, school: School) -> None:
    await reader.open(await a_referral_link(world, school))
    await reader.fill(receipt_by="Jo Bell", agency_reference="MASH-77")
    await reader.send("acknowledge")
    await reader.fill(reason="Early help fits.", outcome_by="Jo Bell")
    await reader.page.run("document.querySelector('#outcome-declined').click(), null")
    await reader.submit("reason")


STATES: dict[str, Reach] = {
    reach.__name__: reach
    for reach in (
        code, wrong_code, locked, code_asked, gone, refused, share, share_answered,
        share_unfinished, share_of_a_long_word, share_with_a_file, file_stopped, referral,
        referral_unfinished, referral_decided,
    )
}  # fmt: skip


SHOWN = Path(__file__).parents[2] / "docs/pictures"
PICTURES: dict[str, tuple[Reach, int, str, bool]] = {
    "code": (code, 1100, "en", False),
    "code-phone": (code, PHONE, "en", False),
    "share": (share, 1100, "en", False),
    "share-cy": (share, 1100, "cy", False),
    "share-phone": (share, PHONE, "en", False),
    "share-cy-phone": (share, PHONE, "cy", False),
    "share-dark-phone": (share, PHONE, "en", True),
    "referral": (referral, 1100, "en", False),
}
"""What docs/recipient-page.md shows: the page, its width, its language, and whether by night."""
NEAR = 0.1
"""So much higher or lower a page may be where other letters are installed."""


@pytest.fixture(scope="module")
async def origin(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """A real HTTP server, and where its pages stand."""
    async with serving(lambda _: app_settings) as origin:
        yield origin


@pytest.fixture(scope="module")
async def page(origin: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    """A page of one browser for all tests here."""
    async with browsing(tmp_path_factory.mktemp("browser"), f"{origin}/shared/x") as page:
        yield page


@pytest.fixture
async def reader(page: Page, origin: str) -> AsyncIterator[Reader]:
    """Somebody at the browser, by day, with a wide window and English as the first language."""
    await page.show(WIDE)
    await page.accept("en")
    yield Reader(page, origin)
    await page.call("Emulation.setScriptExecutionDisabled", value=False)


class TestTheBrowser:
    def test_is_there(self) -> None:
        check_presence(BROWSER, "Chromium", "CAIRN_REQUIRE_BROWSER")


if BROWSER:

    @pytest.mark.parametrize(("state", "language"), in_one(("en", "cy"), STATES))
    class TestEveryPage:
        async def test_is_without_fault_wide_and_narrow_by_day_and_by_night(
            self, world: World, school: School, reader: Reader, state: str, language: str
        ) -> None:
            await reader.page.accept(language)
            await STATES[state](reader, world, school)
            shown = await reader.page.run("JSON.stringify(document.documentElement.lang)")
            assert shown == language
            await reader.page.run(OPENED)
            for width in (WIDE, NARROW):
                for dark in (False, True):
                    await reader.page.show(width, dark=dark)
                    assert await reader.examine() == [], f"{width} {'dark' if dark else 'light'}"
                assert await reader.page.run(f"JSON.stringify({FAR})") <= width
            await reader.page.run(SPACED)
            assert await reader.page.run(f"JSON.stringify({FAR})") <= NARROW

    class TestAParentsPage:
        @pytest.mark.parametrize("language", ["en", "cy"])
        async def test_says_what_was_said_and_who_to_ask_within_two_screens_of_a_phone(
            self, world: World, school: School, reader: Reader, language: str
        ) -> None:
            await reader.page.accept(language)
            await reader.page.show(PHONE, SCREEN)
            await share(reader, world, school)
            places = {
                part: await reader.page.run(TOP_OF % part)
                for part in ("first", "ask", "more", "acknowledge")
            }
            assert list(places.values()) == sorted(places.values())
            assert places["first"] < SCREEN / 2
            assert places["more"] <= 2 * SCREEN, places
            assert not await reader.page.run("JSON.stringify(document.querySelector('#more').open)")
            told = await reader.words()
            assert told.index("I fell off the frame") < told.index(school[Role.DSL].name)

        async def test_opens_its_details_by_keyboard(
            self, world: World, school: School, reader: Reader
        ) -> None:
            await share(reader, world, school)
            assert "The playground" not in await reader.words()
            await reader.tab_to("#more > summary")
            await reader.page.press("Enter")
            assert "The playground" in await reader.words()

    @pytest.mark.long
    class TestPictures:
        """With `CAIRN_REWRITE_PICTURES=1` they are taken again."""

        @pytest.mark.parametrize("name", PICTURES)
        async def test_show_the_page_as_it_is(
            self, world: World, school: School, reader: Reader, name: str
        ) -> None:
            reach, width, language, dark = PICTURES[name]
            kept = SHOWN / f"recipient-page-{name}.png"
            named = "update organisation set name = 'Harbour Point Academy' where id = %s"
            world.sql(named, school.id)
            led = "update staff set name = 'Amara Osei' where id = %s"
            world.sql(led, school[Role.DSL].id)
            await reader.page.accept(language)
            await reader.page.show(width, SCREEN, dark=dark)
            await reach(reader, world, school)
            taken = Image.open(io.BytesIO(await reader.page.picture()))
            if os.environ.get("CAIRN_REWRITE_PICTURES"):
                taken.convert("RGB").quantize(64).save(kept, optimize=True)
            with Image.open(kept) as then:
                assert taken.width == then.width == width
                assert abs(taken.height / then.height - 1) <= NEAR, (taken.height, then.height)

    class TestTheExaminer:
        """It would pass blindly where it examined nothing."""

        @pytest.mark.parametrize(
            ("harm", "rule"),
            [
                ("document.querySelector('label[for=message]').remove()", "label"),
                ("document.querySelector('.meta').style.color = '#bbb'", "color-contrast"),
                ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
                ("document.querySelector('svg[role=img]').removeAttribute('aria-labelledby');"
                 "document.querySelectorAll('svg title').forEach(one => one.remove())",
                 "svg-img-alt"),
                ("document.querySelector('h1').remove()", "page-has-heading-one"),
                ("const one = document.querySelector('.leave button'), small = 'all: unset;"
                 "display: inline-block; width: 8px; height: 8px; overflow: hidden';"
                 "one.style.cssText = small; one.before(one.cloneNode(true))", "target-size"),
            ],
        )  # fmt: skip
        async def test_finds_what_is_broken_on_purpose(
            self, world: World, school: School, reader: Reader, harm: str, rule: str
        ) -> None:
            await share(reader, world, school)
            await reader.page.run(OPENED)
            await reader.page.run(f"(() => {{ {harm} }})(), null")
            assert rule in [found for found, _ in await reader.examine()]

    class TestTheKeyboard:
        @pytest.mark.parametrize("state", ["code", "share", "referral"])
        async def test_reaches_every_control_in_order_with_a_ring_around_it(
            self, world: World, school: School, reader: Reader, state: str
        ) -> None:
            await STATES[state](reader, world, school)
            await reader.page.run(OPENED)
            places = await reader.page.run(ORDER)
            assert len(places) > (4 if state == "code" else 13)
            reached = []
            for _ in places:
                await reader.page.press("Tab")
                reached.append(int(await reader.page.run(FOCUSED)))
                assert await reader.page.run(RING), reached[-1]
            assert reached == places

        async def test_skips_to_the_main_part(
            self, world: World, school: School, reader: Reader
        ) -> None:
            await share(reader, world, school)
            await reader.page.press("Tab")
            await reader.page.press("Enter")
            assert await reader.page.run("JSON.stringify(document.activeElement.id)") == "main"

        async def test_stands_at_the_problems_first_and_goes_from_there_to_the_field(
            self, world: World, school: School, reader: Reader
        ) -> None:
            await share_unfinished(reader, world, school)
            painted = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
            at = await reader.page.run(
                f"{painted}.then(() => JSON.stringify(document.activeElement.className))"
            )
            assert at == "errors", "a browser gives the focus once it has painted"
            await reader.page.press("Tab")
            await reader.page.press("Enter")
            assert await reader.page.run("JSON.stringify(location.hash)") == "#right"
            await reader.page.press("Tab")
            await reader.page.press("Tab", shift=True)
            assert await reader.page.run("JSON.stringify(document.activeElement.id)") == "right"

    class TestWithNoScript:
        async def test_reads_acknowledges_replies_and_corrects_by_keyboard_alone(
            self, world: World, school: School, reader: Reader
        ) -> None:
            page, link = reader.page, await a_rich_link(world, school)
            await page.call("Emulation.setScriptExecutionDisabled", value=True)
            await reader.look(link)
            await reader.tab_to("#code")
            await page.type(link.code)
            address = await page.leave_by(lambda: page.press("Enter"))
            assert address == reader.home
            assert "About Ali Marsh" in await reader.words()

            await reader.tab_to("form[action$='/acknowledge'] button")
            address = await page.leave_by(lambda: page.press("Enter"))
            assert address == f"{reader.home}?said=acknowledged#said"
            assert "The school knows that you have read this." in await reader.words()

            await reader.tab_to("#message")
            await page.type("Can we meet?")
            await reader.tab_to("#want_answer")
            await page.press("Space")
            await reader.tab_to("form[action$='/replies'] button")
            address = await page.leave_by(lambda: page.press("Enter"))
            assert address == f"{reader.home}?said=question#said"
            assert "Can we meet?" in await reader.words()

            await reader.tab_to("#passage")
            await page.type("He was quiet.")
            await reader.tab_to("form:has(#right) button")
            await page.leave_by(lambda: page.press("Enter"))
            assert "Tell us what it should say" in await reader.words()
            kept = "JSON.stringify(document.getElementById('passage').value)"
            assert await page.run(kept) == "He was quiet."
            await reader.tab_to("#right")
            await page.type("He was tired.")
            await reader.tab_to("form:has(#right) button")
            address = await page.leave_by(lambda: page.press("Enter"))
            assert address == f"{reader.home}?said=corrected#said"

            told = (await school.lead.get(f"/v1/shares/{link.id}")).json()
            kinds = [one["kind"] for one in told["events"]]
            assert kinds[-4:] == ["opened", "acknowledged", "question", "correction_requested"]

            await reader.tab_to("form[action$='/leave'] button")
            address = await page.leave_by(lambda: page.press("Enter"))
            assert address == f"{reader.home}?said=left#said"
            assert "You have left the page." in await reader.words()

        async def test_lets_an_agency_receive_ask_and_decide(
            self, world: World, school: School, reader: Reader
        ) -> None:
            page, link = reader.page, await a_referral_link(world, school)
            await page.call("Emulation.setScriptExecutionDisabled", value=True)
            await reader.look(link)
            await reader.tab_to("#code")
            await page.type(link.code)
            await page.leave_by(lambda: page.press("Enter"))
            await reader.tab_to("#receipt_by")
            await page.type("Jo Bell, duty worker")
            await page.leave_by(lambda: page.press("Enter"))
            await reader.tab_to("#question_by")
            await page.type("Jo Bell")
            await reader.tab_to("#message")
            await page.type("Who is the GP?")
            await reader.tab_to("form:has(#message) button")
            await page.leave_by(lambda: page.press("Enter"))
            await reader.tab_to("[name=outcome]")
            await page.press("Space")
            await page.press("ArrowDown")
            await reader.tab_to("#reason")
            await page.type("We will see the family.")
            await reader.tab_to("#outcome_by")
            await page.type("Jo Bell")
            await page.leave_by(lambda: page.press("Enter"))
            assert "You sent this decision on" in await reader.words()
            told = (await school.lead.get(f"/v1/referrals/{link.id}")).json()
            assert (told["state"], told["outcome"]) == ("outcome_received", "assessment_required")

    class TestALinkInAMessage:
        async def test_opens_the_session_that_lives(
            self, world: World, school: School, reader: Reader
        ) -> None:
            """From another site a strict cookie comes along only at the second look."""
            page, link = reader.page, await a_rich_link(world, school)
            await reader.open(link)
            elsewhere = reader.origin.replace("localhost", "127.0.0.1")
            await page.go(f"{elsewhere}/docs")
            await page.leave_by(lambda: page.run(f"location.href = '{reader.home}', null"))
            async with asyncio.timeout(PATIENCE):
                while "About Ali Marsh" not in await page.words():  # noqa: ASYNC110 - the page is another program
                    await asyncio.sleep(0.1)
