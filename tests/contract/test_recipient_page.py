"""The recipient pages as HTTP: who sees what, what is sent back, and what keeps it safe."""

import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from app.core.settings import Settings
from app.core.words import Role
from app.main import build_app, build_runtime
from tests.api.records import verbs_about
from tests.api.shared import step
from tests.recipient_pages import (
    OURS,
    Link,
    Visitor,
    a_link,
    a_referral_link,
    a_rich_link,
    openings_of,
    referral_step,
    words_of,
)
from tests.world import School, World

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
FORMS = ("code", "new-code", "acknowledge", "replies", "leave")
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7 * 7 }} {% raw %} &lt;b&gt; "
    "\u202eevil\u202c \u2067turned" + "W" * 400
)
TURNING = frozenset("\u202e\u2067")
VOID = frozenset({"meta", "link", "input", "br", "img"})
SIGNATURES = {"en": "What was said", "cy": "Beth a ddywedwyd"}


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, and whatever would run or style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        """Each text, with the kind of element that it stands in."""
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append("dir=auto" if ("dir", "auto") in attrs else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    @property
    def lively(self) -> list[str]:
        """Anything that could run, style or fetch in place."""
        return [
            f"{tag} {name}"
            for tag, attributes in self.tags
            for name in attributes or {"": None}
            if tag in ("script", "style", "iframe", "object", "img", "base")
            or name.startswith("on") or name == "style"
        ]  # fmt: skip


def check_page(answer: httpx.Response) -> None:
    """The headers of every page, and nothing in it that could run."""
    headers = answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"] == POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert Elements(answer.text).lively == []


class TestTheQuestionForTheCode:
    async def test_shows_nothing_of_what_is_behind_it(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        answer = await visitor.get()
        assert answer.status_code == 200
        check_page(answer)
        assert school.name in answer.text
        for secret in ("Marsh", "Alex", "Sam", "playground", visitor.link.id):
            assert secret not in answer.text

    async def test_is_not_spent_by_a_program_that_follows_links(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        before = verbs_about(world, visitor.link.id)
        for part in ("", *(f"/{form}" for form in FORMS), "/document.pdf"):
            await visitor.get(part)
        assert verbs_about(world, visitor.link.id) == before
        assert (await visitor.open()).status_code == 200

    async def test_says_that_a_code_is_wrong_and_not_how_often_it_may_be(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        answer = await visitor.enter("0000 0000")
        assert answer.status_code == 422
        check_page(answer)
        assert "That code is not right" in answer.text
        assert re.search(r"<title>Problem: Enter your code</title>", answer.text)
        assert not re.search(r"\b[1-5] (more )?(tries|times|attempts)", words_of(answer.text))
        assert 'href="#code"' in answer.text
        assert 'aria-invalid="true"' in answer.text

    async def test_locks_and_offers_a_new_code(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        for _ in range(5):
            answer = await visitor.enter("0000 0000")
        assert answer.status_code == 403
        assert "This link is locked" in answer.text
        assert (await visitor.get()).status_code == 403
        asked = await visitor.send("new-code")
        assert asked.headers["location"] == f"{visitor.home}?said=code_asked#said"
        assert "recipient" not in asked.text
        told = await visitor.get("?said=code_asked")
        assert "We have told the school that you need a new code" in told.text
        assert "share.code_asked" in verbs_about(world, visitor.link.id)

    async def test_says_so_when_nothing_was_typed(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.get()
        answer = await visitor.send("code", code="  ")
        assert answer.status_code == 422
        assert "Enter the code the school gave you" in answer.text


class TestALinkThatLeadsNowhere:
    async def test_looks_alike_whatever_the_reason(self, world: World, school: School) -> None:
        unknown = Visitor(world, Link("", "x" * 75, ""))
        revoked = Visitor(world, await a_link(world, school))
        await step(school.lead, revoked.link.id, "revoke", {"reason": "Sent by mistake."})
        expired = Visitor(world, await a_link(world, school))
        world.sql(
            "update recipient_link set expires_at = made_at where share_id = %s", expired.link.id
        )
        odd = Visitor(world, Link("", "..%2f..%00", ""))
        pages = [await one.get() for one in (unknown, revoked, expired, odd)]
        assert {page.status_code for page in pages} == {404}
        texts = [page.text.replace(one.link.token, "") for one, page in
                 zip((unknown, revoked, expired), pages, strict=False)]  # fmt: skip
        assert len(set(texts)) == 1
        for page in pages:
            check_page(page)
            assert "set-cookie" not in page.headers
        assert school.name not in texts[0]

    async def test_ends_a_session_that_reads(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        await step(school.lead, visitor.link.id, "revoke", {"reason": "Sent by mistake."})
        answer = await visitor.get()
        assert answer.status_code == 404
        assert "Marsh" not in answer.text

    async def test_is_a_page_at_every_address_below(self, world: World) -> None:
        for path in ("/shared/x/unknown", "/shared/", "/shared/x/code/more"):
            answer = await world.http.get(path)
            assert answer.status_code == 404
            check_page(answer)
        answer = await world.http.put("/shared/x")
        assert answer.status_code == 405
        check_page(answer)


class TestTooMuch:
    async def test_is_told_as_a_page(self, world: World, app_settings: Settings) -> None:
        settings = app_settings.model_copy(update={"address_requests_per_minute": 1})
        runtime = build_runtime(settings)
        transport = httpx.ASGITransport(build_app(settings, runtime), client=("192.0.2.78", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as http:
            answers = [await http.get("/shared/x") for _ in range(4)]
        await runtime.database.close()
        assert answers[-1].status_code == 429
        check_page(answers[-1])
        assert "Wait a few minutes" in answers[-1].text
        assert int(answers[-1].headers["retry-after"]) >= 1


class TestReading:
    async def test_shows_everything_that_was_chosen(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        answer = await visitor.open()
        assert answer.status_code == 200
        check_page(answer)
        told = words_of(answer.text)
        for words in (
            "About Ali Marsh", school.name, "Kim Marsh", "To keep you informed",
            "We spoke on the phone.", "The child's own words", "Can you tell me what happened?",
            "Where the mark is.", "Outer upper arm, left", "Oval, red, about 22 mm across",
            "He said he fell.", "another pupil helped me", "Young carer", "The playground",
            "This is a frozen copy made on", "Phone 999", "0800 1111",
        ):  # fmt: skip
            assert words in told, words
        for hidden in ("Sam", "Field", "dinner lady"):
            assert hidden not in answer.text

    async def test_marks_what_was_removed_and_says_why(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        answer = await visitor.open()
        assert '<span class="cut">[part removed]</span> had a red mark' in answer.text
        assert "This protects someone's privacy or safety" in words_of(answer.text)

    async def test_draws_each_view_and_tells_each_mark(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        page = (await visitor.open()).text
        drawn = [tag for tag, attributes in Elements(page).tags if attributes.get("role") == "img"]
        assert drawn == ["svg", "svg"]
        assert page.count("<title id=") == page.count("<desc id=") == 2
        assert 'transform="translate(148.0 132.0)"' in page

    async def test_leaves_a_trace_each_time(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        assert openings_of(world, visitor.link) == 1
        await visitor.get()
        assert openings_of(world, visitor.link) == 2

    async def test_names_nobody_in_title_address_or_headers(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        answer = await visitor.open()
        title = re.search(r"<title>(.*?)</title>", answer.text)
        assert title is not None
        assert title[1] == "Something shared with you"
        outside = f"{answer.request.url} {dict(answer.headers)}"
        for name in ("Marsh", "Alex", "Ali", school.name):
            assert name not in outside

    async def test_writes_whatever_was_written_as_text(self, world: World, school: School) -> None:
        account = [{"kind": "child_said", "text": HOSTILE, "prompted_by": HOSTILE[:200]}]
        link = await a_rich_link(
            world, school, name="<b>Kim</b> \u202eMarsh", account=account, place=HOSTILE[:200]
        )
        visitor = Visitor(world, link)
        answer = await visitor.open()
        check_page(answer)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
        assert "<b>" not in answer.text
        assert "{{ 7 * 7 }}" in answer.text
        assert "&amp;lt;b&amp;gt;" in answer.text
        assert not [where for where, text in Elements(answer.text).texts if TURNING & set(text)]
        named = {
            where for where, text in Elements(answer.text).texts if "\u2039U+202E\u203a" in text
        }
        assert named == {"bdi", "dir=auto"}

    async def test_keeps_lines_as_they_were_written(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        assert (
            " had a red mark on his arm after lunch.\nHe was quiet.</div>"
            in (await visitor.open()).text
        )

    async def test_offers_the_same_as_pdf(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        page = (await visitor.open()).text
        assert f"{visitor.home}/document.pdf" in page
        answer = await visitor.get("/document.pdf")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["cache-control"] == "no-store"
        assert re.fullmatch(
            r'attachment; filename="S-\d{4}-\d{6}\.pdf"', answer.headers["content-disposition"]
        )
        assert openings_of(world, visitor.link) == 2

    async def test_tells_moments_by_the_clocks_of_the_school(
        self, world: World, school: School
    ) -> None:
        link = await a_rich_link(world, school, occurred_at="2026-07-03T23:05:00Z")
        english, welsh = Visitor(world, link), Visitor(world, link, **{"Accept-Language": "cy"})
        assert "Saturday 4 July 2026, 12:05am" in (await english.open()).text
        await step(school.lead, link.id, "code", {"code_route": "phone"})
        assert welsh.secret == ""


class TestWhoToAsk:
    @pytest.mark.parametrize(
        ("title", "said"),
        [
            ("HOY", "Head of year"),
            ("Head of Year 7", "Head of Year 7"),
            (" dsl ", "Safeguarding lead"),
            (None, "Safeguarding lead"),
        ],
    )
    async def test_is_named_with_a_job_in_plain_words(
        self, world: World, school: School, title: str | None, said: str
    ) -> None:
        lead = school[Role.DSL]
        world.sql("update organisation set phone = '+44 1632 960123' where id = %s", school.id)
        visitor = Visitor(world, await a_rich_link(world, school))
        world.sql("update staff set job_title = %s where id = %s", title, lead.id)
        page = (await visitor.open()).text
        assert f"{lead.name} , {said}" in words_of(page)
        assert 'href="tel:+441632960123"' in page

    async def test_is_the_school_where_nobody_has_it_any_more(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        lead = school[Role.DSL]
        world.sql(
            "update membership set valid_to = valid_from where school_id = %s and staff_id = %s",
            school.id, lead.id,
        )  # fmt: skip
        page = (await visitor.open()).text
        assert lead.name not in page
        assert "Phone the school and say what it is about." in page

    async def test_comes_after_what_was_said_and_before_the_details(
        self, world: World, school: School
    ) -> None:
        page = (await Visitor(world, await a_rich_link(world, school)).open()).text
        parts = ("Please read this", "I fell off the frame", "Who you can ask", "<details", "Born")
        assert [*map(page.index, parts)] == sorted(map(page.index, parts))
        assert "this is about them" in page
        assert "Concern is about this child" not in page


class TestWritingBack:
    async def test_acknowledges_once(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        answer = await visitor.send("acknowledge")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{visitor.home}?said=acknowledged#said"
        page = (await visitor.get("?said=acknowledged")).text
        assert "Thank you. The school knows that you have read this." in page
        assert "You told the school on" in page
        assert "/acknowledge" not in page
        told = (await school.lead.get(f"/v1/shares/{visitor.link.id}")).json()
        assert told["state"] == "acknowledged"

    async def test_sends_a_message(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        answer = await visitor.send("replies", kind="reply", message="Thank you.\r\nKim")
        assert answer.headers["location"].endswith("?said=replied#said")
        told = (await school.lead.get(f"/v1/shares/{visitor.link.id}")).json()
        assert told["events"][-1]["text"] == "Thank you.\nKim"
        assert "Thank you.\nKim" in (await visitor.get()).text

    async def test_asks_for_an_answer_and_shows_it(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        await visitor.send("replies", kind="reply", message="Can we meet?", want_answer="yes")
        assert "The school has not answered yet." in (await visitor.get()).text
        answered = await step(school.lead, visitor.link.id, "answers", {"text": "Yes, on Monday."})
        assert answered.is_success, answered.text
        page = words_of((await visitor.get()).text)
        assert "The school's answer" in page
        assert "Yes, on Monday." in page
        assert "has not answered yet" not in page

    async def test_asks_for_something_to_be_put_right(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        answer = await visitor.send(
            "replies", kind="correction_requested", passage="She cried.", right="She was tired."
        )
        assert answer.headers["location"].endswith("?said=corrected#said")
        told = (await school.lead.get(f"/v1/shares/{visitor.link.id}")).json()
        last = told["events"][-1]
        assert last["kind"] == "correction_requested"
        assert "She cried." in last["text"]
        assert "She was tired." in last["text"]
        body = {"accepted": False, "reason": "Two people heard it."}
        refused = await step(school.lead, visitor.link.id, "correction-answers", body)
        assert refused.is_success, refused.text
        page = words_of((await visitor.get()).text)
        assert "The school does not agree." in page
        assert "Two people heard it." in page

    @pytest.mark.parametrize(
        ("fields", "anchor"),
        [
            ({"kind": "reply", "message": " \r\n "}, "#message"),
            ({"kind": "reply", "message": "x" * 10_001}, "#message"),
            ({"kind": "reply", "message": "a\x00b"}, "#message"),
            ({"kind": "correction_requested", "passage": "", "right": "this"}, "#passage"),
            ({"kind": "correction_requested", "passage": "that", "right": ""}, "#right"),
        ],
        ids=["empty", "long", "nul", "no passage", "no right"],
    )
    async def test_keeps_what_was_typed_and_points_at_the_fault(
        self, world: World, school: School, fields: dict[str, str], anchor: str
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        before = verbs_about(world, visitor.link.id)
        answer = await visitor.send("replies", None, **fields)
        assert answer.status_code == 422
        check_page(answer)
        assert f'href="{anchor}"' in answer.text
        for typed in ("this", "that"):
            if typed in fields.values():
                assert f"{typed}</textarea>" in answer.text
        assert [verb for verb in verbs_about(world, visitor.link.id)[len(before) :]] == [
            "share.read"
        ]

    async def test_leaves(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        kept = dict(visitor.http.cookies)
        answer = await visitor.send("leave")
        assert answer.headers["location"] == f"{visitor.home}?said=left#said"
        page = await visitor.get("?said=left")
        assert "You have left the page." in page.text
        assert "Marsh" not in page.text
        visitor.http.cookies.update(kept)
        assert "Marsh" not in (await visitor.get()).text

    async def test_cannot_be_done_with_a_session_that_is_over(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        world.sql("update recipient_session set idle_at = begun_at")
        answer = await visitor.send("replies", kind="reply", message="Hello")
        assert answer.headers["location"] == f"{visitor.home}?said=over#said"
        page = await visitor.get("?said=over")
        assert "The page closed because it was not used for a while." in page.text
        assert "The code you had has been used." in page.text


class TestAReferral:
    async def test_shows_the_form_and_what_the_family_knows(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_referral_link(world, school))
        answer = await visitor.open()
        assert answer.status_code == 200
        check_page(answer)
        told = words_of(answer.text)
        for words in (
            "Referral: Alex Marsh", "Front door", "Early help", "Urgent", "What the family needs",
            "Help with mornings.", "Not known", "Kit Roe", "Kim Marsh", "Public task",
        ):  # fmt: skip
            assert words in told, words
        order = ("Help with mornings.", "Who you can ask", "How urgent", "Kit Roe")
        assert [*map(told.index, order)] == sorted(map(told.index, order))

    async def test_is_received_with_a_reference(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_referral_link(world, school))
        await visitor.open()
        missing = await visitor.send("acknowledge", receipt_by="")
        assert missing.status_code == 422
        assert 'href="#receipt_by"' in missing.text
        answer = await visitor.send(
            "acknowledge", receipt_by="Jo Bell, duty worker", agency_reference="MASH-77"
        )
        assert answer.headers["location"].endswith("?said=received#said")
        told = (await school.lead.get(f"/v1/referrals/{visitor.link.id}")).json()
        assert (told["state"], told["agency_reference"]) == ("acknowledged", "MASH-77")
        page = words_of((await visitor.get()).text)
        assert "You confirmed receipt on" in page
        assert "Your reference: MASH-77" in page
        assert "Confirm receipt" not in page

    async def test_can_be_asked_about(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_referral_link(world, school))
        await visitor.open()
        answer = await visitor.send(
            "replies", kind="question", question_by="Jo Bell", message="Who is the GP?"
        )
        assert answer.headers["location"].endswith("?said=question#said")
        assert "The school has not answered yet." in (await visitor.get()).text
        answered = await referral_step(school, visitor.link.id, "answers", {"text": "Dr Shah."})
        assert answered.is_success, answered.text
        assert "Dr Shah." in (await visitor.get()).text

    async def test_is_decided(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_referral_link(world, school))
        await visitor.open()
        missing = await visitor.send("replies", kind="outcome", outcome="", reason="")
        assert missing.status_code == 422
        for anchor in ("#outcome-accepted", "#reason", "#outcome_by"):
            assert f'href="{anchor}"' in missing.text
        answer = await visitor.send(
            "replies", kind="outcome", outcome="threshold_not_met", reason="Early help fits.",
            outcome_by="Jo Bell, team manager",
        )  # fmt: skip
        assert answer.headers["location"].endswith("?said=outcome#said")
        told = (await school.lead.get(f"/v1/referrals/{visitor.link.id}")).json()
        assert (told["state"], told["outcome"]) == ("outcome_received", "threshold_not_met")
        page = words_of((await visitor.get()).text)
        assert "You sent this decision on" in page
        assert "Threshold not met" in page

    async def test_comes_as_pdf(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_referral_link(world, school))
        await visitor.open()
        answer = await visitor.get("/document.pdf")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"%PDF-")


class TestForgery:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "same-site", "Origin": "https://other.cairn.test"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
        ],
    )
    @pytest.mark.parametrize("part", FORMS)
    async def test_from_another_site_is_refused(
        self, world: World, school: School, headers: dict[str, str], part: str
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await (visitor.get() if "code" in part else visitor.open())
        before = verbs_about(world, visitor.link.id)
        answer = await visitor.send(
            part, headers, code=visitor.link.code, kind="reply", message="forged"
        )
        assert answer.status_code == 403
        check_page(answer)
        assert verbs_about(world, visitor.link.id) == before

    @pytest.mark.parametrize("part", FORMS)
    async def test_without_the_secret_of_the_form_is_refused(
        self, world: World, school: School, part: str
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        other = Visitor(world, await a_link(world, school))
        for one in (visitor, other):
            await (one.get() if "code" in part else one.open())
        for secret in ("", other.secret, "\u00e9"):
            answer = await visitor.send(
                part, code=visitor.link.code, form=secret, kind="reply", message="forged"
            )
            assert answer.status_code == 403

    async def test_of_another_kind_of_body_is_refused(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        for content, kind in (
            (f"form={visitor.secret}&kind=reply&message=x", "text/plain"),
            (f"form={visitor.secret}&kind=reply&message=x&message=y",
             "application/x-www-form-urlencoded"),
            ("form=%ff", "application/x-www-form-urlencoded"),
            ("&".join(f"f{n}=1" for n in range(100)), "application/x-www-form-urlencoded"),
            ("{}", "application/json"),
        ):  # fmt: skip
            answer = await visitor.http.post(
                f"{visitor.home}/replies", content=content, headers={**OURS, "Content-Type": kind}
            )
            assert answer.status_code == 403, (content, answer.status_code)
        large = await visitor.http.post(
            f"{visitor.home}/replies", content=b"message=" + b"x" * 2_000_000, headers=OURS
        )
        assert large.status_code == 413
        check_page(large)

    async def test_by_an_old_browser_of_our_own_page_is_let_through(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        for headers in ({}, {"Origin": "null"}, {"Origin": "http://cairn.test"}):
            answer = await visitor.send("replies", headers, kind="reply", message="Hello")
            assert answer.status_code == 303


class TestCookies:
    async def test_are_for_this_link_and_out_of_scripts_reach(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.get()
        answer = await visitor.send("code", code=visitor.link.code)
        cookies = answer.headers.get_list("set-cookie")
        assert any(one.startswith("cairn-recipient=") for one in cookies)
        for one in cookies:
            assert f"Path={visitor.home}" in one
            assert "HttpOnly" in one
            assert "SameSite=strict" in one
            assert "Domain" not in one
        assert visitor.link.token not in str([one.partition("Path")[0] for one in cookies])

    async def test_are_secure_by_name_where_browsers_come_by_https(
        self, world: World, school: School, app_settings: Settings
    ) -> None:
        link = await a_link(world, school)
        settings = app_settings.model_copy(update={"base_url": "https://cairn.test"})
        runtime = build_runtime(settings)
        transport = httpx.ASGITransport(build_app(settings, runtime))
        async with httpx.AsyncClient(transport=transport, base_url="https://cairn.test") as http:
            answer = await http.get(f"/shared/{link.token}")
        await runtime.database.close()
        assert "__Secure-cairn-visit=" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"].split("; ")

    async def test_of_one_link_open_no_other(self, world: World, school: School) -> None:
        first = Visitor(world, await a_link(world, school))
        second = Visitor(world, await a_link(world, school))
        await first.open()
        session = first.http.cookies.get("cairn-recipient")
        assert session is not None
        answer = await world.http.get(second.home, headers={"Cookie": f"cairn-recipient={session}"})
        assert "Marsh" not in answer.text

    async def test_held_back_by_the_browser_are_asked_for_once_more(
        self, world: World, school: School
    ) -> None:
        """A strict cookie does not come along when a message in a web mailer leads here."""
        visitor = Visitor(world, await a_link(world, school))
        answer = await world.http.get(visitor.home, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 200
        check_page(answer)
        assert f'<meta http-equiv="refresh" content="0; url={visitor.home}">' in answer.text
        assert "set-cookie" not in answer.headers


class TestLanguage:
    @pytest.mark.parametrize(
        ("accepted", "code"),
        [
            ("", "en"), ("cy", "cy"), ("cy-GB,en;q=0.5", "cy"), ("en-GB,cy;q=0.9", "en"),
            ("fr, cy;q=0.3", "cy"), ("de", "en"), ("cy;q=0, en", "en"), ("x" * 5_000, "en"),
            ("cy;q=abc", "en"),
        ],
    )  # fmt: skip
    async def test_is_the_browsers_at_first(
        self, world: World, school: School, accepted: str, code: str
    ) -> None:
        visitor = Visitor(world, await a_link(world, school), **{"Accept-Language": accepted})
        answer = await visitor.get()
        assert f'<html lang="{code}">' in answer.text
        assert answer.headers["content-language"] == code

    async def test_is_the_links_where_the_school_sent_it_in_welsh(
        self, world: World, school: School
    ) -> None:
        link = await a_rich_link(world, school)
        world.sql("update recipient_link set language = 'cy' where share_id = %s", link.id)
        visitor = Visitor(world, link, **{"Accept-Language": "en-GB"})
        assert '<html lang="cy">' in (await visitor.get()).text
        answer = await visitor.send("code", code=link.code, lang="cy")
        assert answer.status_code == 303
        page = (await visitor.get()).text
        assert SIGNATURES["cy"] in page
        assert 'dir="auto" lang="en"' in page, "what is written in English is said to be"
        assert 'lang="en" hreflang="en">English' in page

    async def test_can_be_chosen_and_stays(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        await visitor.open()
        assert SIGNATURES["cy"] in (await visitor.get("?lang=cy")).text
        assert SIGNATURES["cy"] in (await visitor.get()).text
        wrong = await visitor.send("replies", kind="reply", message="", lang="cy")
        assert "Ysgrifennwch eich neges yn gyntaf" in wrong.text
        assert SIGNATURES["en"] in (await visitor.get("?lang=en")).text
        assert SIGNATURES["en"] in (await visitor.get("?lang=xx")).text

    async def test_of_a_dead_end_is_told_too(self, world: World) -> None:
        answer = await world.http.get("/shared/x", headers={"Accept-Language": "cy"})
        assert (
            "Nid yw&#39;r ddolen hon yn agor" in answer.text or "ddolen hon yn agor" in answer.text
        )


class TestSending:
    async def test_again_by_going_back_sends_nothing_twice(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        await visitor.open()
        for part in FORMS:
            answer = await visitor.get(f"/{part}")
            assert (answer.status_code, answer.headers["location"]) == (303, visitor.home)


class TestAssets:
    async def test_are_served_from_here_under_a_marked_address(
        self, world: World, school: School
    ) -> None:
        visitor = Visitor(world, await a_link(world, school))
        page = (await visitor.get()).text
        found = re.findall(r'<link rel="(?:icon|stylesheet)" href="(/pages/[^"]+)"', page)
        assert len(found) == 2
        for address in found:
            answer = await world.http.get(address)
            assert answer.status_code == 200
            assert answer.headers["x-content-type-options"] == "nosniff"
            mark = hashlib.sha256(answer.content).hexdigest()[:12]
            assert address.endswith(f"?v={mark}")
            assert b"//" not in answer.content.replace(b"http://www.w3.org/2000/svg", b"")

    async def test_name_no_other_host_in_any_page(self, world: World, school: School) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        page = (await visitor.open()).text
        assert not re.search(r"(https?:)?//", page)


class TestTheLog:
    async def test_never_holds_the_token_the_code_or_a_name(
        self, world: World, school: School, capfd: Any
    ) -> None:
        visitor = Visitor(world, await a_rich_link(world, school))
        await visitor.open()
        await visitor.send("replies", kind="reply", message="secret words")
        await world.http.get(f"/shared/{visitor.link.token}/nowhere")
        said = "".join(capfd.readouterr())
        for secret in (visitor.link.token, visitor.link.code, "secret words", "Marsh"):
            assert secret not in said
