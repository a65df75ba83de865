"""The card of a plan: every number and every step, in order, whatever was written, and no more."""

import io
import re
import unicodedata
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from app.core import clock
from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import DRAFT
from app.core.vocabularies.welsh import WELSH as WELSH_LABELS
from app.core.words import Role
from app.domain.sharing.record_redaction.rules import plan_content_for
from app.formats.documents.cards import SAID, STEPS
from tests.api.planning import STAFF_NOTE, begun, in_use, step
from tests.world import School, World

LABELS = [VOCABULARIES["safety_plan_steps"].by_code[name].label for name in STEPS]
LONG = " ".join(f"Word{number:03d}" for number in range(400))
HEBREW, ARABIC = "שלום", "مرحبا"
WELSH = "Ŵyn, Siân a'r tŷ: ŵ ŷ â ê î ô û"
TEXTS = {
    "long": LONG,
    "emoji": "Call me 😀 👍 ❤️ then breathe",
    "welsh": WELSH,
    "first letters": "Éowyn ffonio Ímogen; Affair office; fi fl ffi",
    "markup": '#eval("1 + 1") *bold* _low_ $x^2$ <label> // gone?',
}
FOOT = "Life in danger: 999. Urgent help: 111. Somebody to talk to: 0800\u00a01111 or 116\u00a0123."
NUMBERS = ["01632 960010", "07700 900123", "+44 (0)1632 960011 ext 4", "85258", "0800 1111"]


def text_of(made: bytes) -> str:
    """All text in the order of the pages, long words whole again."""
    file = pypdfium2.PdfDocument(made)
    pages = [file[number].get_textpage().get_text_bounded() for number in range(len(file))]
    return "\n".join(pages).replace("\u200b", "").replace("\r\n", "\n")


def running(made: bytes) -> str:
    """The text as it runs from page to page, without what is at the foot of each."""
    file = pypdfium2.PdfDocument(made)
    pages = [file[number].get_textpage().get_text_bounded() for number in range(len(file))]
    foot = re.compile(rf"{re.escape(FOOT)}\s*Page \d+ of \d+\s*$")
    return "\n".join(foot.sub("", page) for page in pages).replace("\u200b", "")


def squeezed(text: str) -> str:
    """A text without any spaces, and without marks that choose how a sign is drawn."""
    return re.sub(r"[\s\ufe0e\ufe0f]+", "", unicodedata.normalize("NFC", text))


def filled(text: str, **fields: Any) -> dict[str, Any]:
    """A plan with a text in every step, and every number."""
    lines = [{"words": text}, {"words": f"Second. {text}"}]
    helpers = [
        {"name": f"Helper {place}", "number": number, "when": text[:300]}
        for place, number in enumerate(NUMBERS[:3])
    ]
    services = [{"name": text[:90].strip(), "number": number} for number in NUMBERS[3:]]
    safer = [{"what": text, "where": "home"}, {"what": f"And {text}", "where": "online"}]
    steps = {
        "signs": lines, "alone": lines, "company": lines, "helpers": helpers,
        "services": services, "safer_space": safer,
    }  # fmt: skip
    return {"steps": steps} | fields


async def both(school: School, plan: str, query: str = "") -> tuple[dict[str, Any], bytes]:
    """A card as values and as a page."""
    values = await school.lead.get(f"/v1/safety-plans/{plan}/card.json{query}")
    page = await school.lead.get(f"/v1/safety-plans/{plan}/card.pdf{query}")
    assert (values.status_code, page.status_code) == (200, 200), page.text
    return values.json(), page.content


class TestSteps:
    @pytest.mark.parametrize("name", [*TEXTS])
    async def test_t12_all_stand_in_order_with_every_number(
        self, school: School, name: str
    ) -> None:
        text = TEXTS[name]
        plan = await in_use(school, await school.child(), **filled(text))
        values, page = await both(school, plan)
        assert [one["step"] for one in values["steps"]] == list(STEPS)
        assert [one["label"] for one in values["steps"]] == LABELS
        written = [line["words"] for line in values["steps"][0]["lines"]]
        assert written == [text, f"Second. {text}"]
        said = [line["number"] for one in values["steps"] for line in one["lines"]]
        assert [number for number in said if number] == NUMBERS
        read = squeezed(running(page))
        places = [read.index(squeezed(f"{n} {label}")) for n, label in enumerate(LABELS, start=1)]
        assert places == sorted(places)
        for number in NUMBERS:
            assert squeezed(number) in read, number
        for wanted, count in ((squeezed(text), 8), (squeezed(f"Second. {text}"), 3)):
            assert read.count(wanted) >= count, (wanted[:40], read.count(wanted))

    @pytest.mark.parametrize("text", [HEBREW, ARABIC])
    async def test_t12_stand_where_a_script_runs_to_the_left(
        self, school: School, text: str
    ) -> None:
        plan = await in_use(school, await school.child(), **filled(f"{text} 07700 900123"))
        values, page = await both(school, plan)
        assert values["steps"][1]["lines"][0]["words"] == f"{text} 07700 900123"
        read = unicodedata.normalize("NFKC", squeezed(text_of(page)))
        assert read.count(text) + read.count(text[::-1]) >= 8
        assert "noshape" not in read
        for label in LABELS:
            assert squeezed(label) in read

    async def test_t12_in_which_nothing_stands_have_no_heading(self, school: School) -> None:
        helpers = [{"name": "Gran", "number": "01632 960333"}]
        steps = {"signs": [{"words": "I stop answering."}], "helpers": helpers}
        plan = await in_use(school, await school.child(), steps=steps)
        values, page = await both(school, plan)
        assert [(one["step"], one["number"]) for one in values["steps"]] == [
            ("signs", 1), ("helpers", 4),
        ]  # fmt: skip
        assert all(one["lines"] for one in values["steps"])
        read = text_of(page)
        assert f"1 {LABELS[0]}" in read
        assert f"2 {LABELS[3]}" in read
        assert "Nothing written" not in read
        for place in (1, 2, 4, 5):
            assert LABELS[place] not in read

    async def test_t12_of_an_empty_plan_are_none(self, school: School) -> None:
        child = await school.child()
        made = await school.lead.post(f"/v1/children/{child}/safety-plans", {})
        values, page = await both(school, made.json()["id"])
        assert values["steps"] == []
        read = text_of(page)
        assert read.count("Nothing written here yet.") == 1
        assert "This is a draft" in read

    async def test_t12_says_whom_to_call_on_every_page_and_who_helps_on_the_first(
        self, school: School
    ) -> None:
        plan = await in_use(school, await school.child(), **filled(LONG))
        _, made = await both(school, plan)
        file = pypdfium2.PdfDocument(made)
        pages = [file[n].get_textpage().get_text_bounded() for n in range(len(file))]
        assert len(pages) > 1
        for page in pages:
            assert squeezed(FOOT) in squeezed(page)
        for number in NUMBERS[:3]:
            assert squeezed(number) in squeezed(pages[0])

    async def test_t12_of_thirty_helpers_lose_none(self, school: School) -> None:
        helpers = [{"name": f"Person {n:02d}", "number": f"01632 9600{n:02d}"} for n in range(30)]
        plan = await in_use(school, await school.child(), steps={"helpers": helpers})
        values, page = await both(school, plan)
        read = text_of(page)
        for one in helpers:
            assert one["number"] in read
            assert one["name"] in read
        kept = [(one["name"], one["number"]) for one in values["steps"][0]["lines"]]
        assert kept == [(one["name"], one["number"]) for one in helpers]


class TestWhatItSays:
    async def test_t12_is_no_word_of_the_staff(self, world: World, school: School) -> None:
        child = await school.child("Zarquon", "Vellmere")
        plan = await in_use(
            school, child, helped_by="Mistress Quux", made_with="not_yet",
            made_with_reason="Quibblesome reasons", holiday_arrangement="Holidayish words",
            chosen_adult_id=str(school[Role.STAFF].id),
        )  # fmt: skip
        await step(school.lead, plan, "review", {
            "read_with_pupil": False, "not_read_reason": "Absentish", "still_right": True,
        })  # fmt: skip
        values, page = await both(school, plan)
        for unseen in (
            "Zarquon", "Vellmere", STAFF_NOTE, "Zettelnote", "tribunal", "Quux", "Quibblesome",
            "Holidayish", "Absentish", school[Role.STAFF].name, school[Role.DSL].name, "K3",
        ):  # fmt: skip
            assert unseen not in text_of(page), unseen
            assert unseen not in str(values), unseen

    @pytest.mark.parametrize(
        ("nation", "years", "numbers", "said"),
        [
            ("england", 18, ["999", "111", "0800 1111", "116 123"], "mental health option"),
            ("scotland", 12, ["999", "111", "0800 1111", "116 123"], "mental health option"),
            ("wales", 12, ["999", "111", "0800 1111", "116 123"], "press 2"),
            (
                "northern_ireland",
                12,
                ["999", "0808 808 8000", "0800 1111", "116 123"],
                "Lifeline",
            ),
            ("england", 19, ["999", "111", "116 123", "85258"], "Shout"),
            ("england", None, ["999", "111", "0800 1111", "116 123"], "Childline"),
        ],
    )
    async def test_is_whom_to_call_at_this_age_in_this_nation(
        self, world: World, school: School, nation: str, years: int | None, numbers: list[str],
        said: str,
    ) -> None:  # fmt: skip
        child = await school.child()
        born = years and clock.day_of(clock.now()).replace(day=1) - timedelta(days=366 * years)
        world.sql("update child set date_of_birth = %s where id = %s", born, child)
        world.sql("update organisation set nation = %s where id = %s", nation, school.id)
        values, page = await both(school, await in_use(school, child))
        assert [one["number"] for one in values["always"]] == numbers
        assert said in str(values["always"])
        read = squeezed_spaces(text_of(page))
        places = [read.index(f"{one['number']} {one['words']}") for one in values["always"]]
        assert places == sorted(places)
        assert places[-1] < read.index("1 How")
        assert ("Childline: somebody" in read) == (years != 19)

    async def test_is_no_mark_of_review_but_the_school_is_told(self, school: School) -> None:
        plan = await in_use(school, await school.child())
        values, page = await both(school, plan)
        assert values["vocabulary_status"] == DRAFT
        read = squeezed_spaces(text_of(page))
        for mark in (DRAFT, "draft", "reviewed", "clinical"):
            assert mark not in read
        for part in ("card.json", "card.pdf"):
            answer = await school.lead.get(f"/v1/safety-plans/{plan}/{part}")
            assert answer.headers["cairn-vocabulary-status"] == DRAFT

    async def test_is_in_welsh_for_who_writes_welsh(self, school: School) -> None:
        plan = await in_use(school, await school.child(), language="cy")
        values, page = await both(school, plan)
        labels = WELSH_LABELS["safety_plan_steps"]
        assert [one["label"] for one in values["steps"]] == [labels[one] for one in STEPS]
        read = squeezed(text_of(page))
        for label in labels.values():
            assert squeezed(label) in read
        with pikepdf.open(io.BytesIO(page)) as file:
            assert str(file.Root.Lang) == "cy-GB"

    def test_has_welsh_for_every_label(self) -> None:
        assert all(all(both) for both in SAID.values())

    async def test_says_where_there_is_a_newer_plan(self, school: School) -> None:
        child = await school.child()
        first = await in_use(school, child)
        await in_use(school, child)
        _, page = await both(school, first)
        assert "There is a newer plan" in text_of(page)


def lines_of(values: dict[str, Any], step: str) -> list[dict[str, Any]]:
    """The lines of one step of a card."""
    found = next(one for one in values["steps"] if one["step"] == step)
    lines: list[dict[str, Any]] = found["lines"]
    return lines


def squeezed_spaces(text: str) -> str:
    return " ".join(text.split())


class TestFriends:
    async def test_t13_keep_their_names_in_the_pupils_own_card_alone(self, school: School) -> None:
        friend = await school.child("Ellie", "Quill")
        steps = {
            "helpers": [
                {"name": "Ellie Quill", "number": "07700 900123", "pupil_id": str(friend)},
                {"name": "Nan Bodley", "number": "01632 960010"},
            ],
            "alone": [{"words": "Text Ellie about the dog"}],
        }
        plan = await in_use(school, await school.child(), steps=steps)
        values, page = await both(school, plan)
        assert values["copy_for"] == "pupil"
        assert lines_of(values, "helpers")[0]["name"] == "Ellie Quill"
        for kept in ("Ellie Quill", "07700 900123", "Text Ellie"):
            assert kept in text_of(page)
        values, page = await both(school, plan, "?copy_for=other")
        said = text_of(page) + str(values)
        for hidden in ("Ellie", "Quill", "07700 900123", str(friend)):
            assert hidden not in said, hidden
        for kept in ("another pupil", "Nan Bodley", "01632 960010"):
            assert kept in text_of(page), kept

    @pytest.mark.parametrize("audience", ["transfer", "parent", "child", "police"])
    async def test_t13_are_named_in_what_is_kept_and_in_nothing_that_leaves(
        self, world: World, school: School, audience: str
    ) -> None:
        plan = await begun(school, await school.child())
        agreed = (await step(school.lead, plan["id"], "agree")).json()
        ((content,),) = world.sql(
            "select content from safety_record where id = %s", UUID(agreed["record_id"])
        )
        own, leaves = plan_content_for(content, "pupil"), plan_content_for(content, audience)
        assert own["steps"] == content["steps"]
        for hidden in ("Ellie", "Quill", "07700 900123"):
            assert hidden in str(own)
            assert hidden not in str(leaves)
        assert leaves["steps"]["helpers"][0] == content["steps"]["helpers"][0]
        assert leaves["number"] == 1
        assert STAFF_NOTE not in str(own)
        assert (STAFF_NOTE in str(leaves)) == (audience in ("transfer", "police"))


class TestPage:
    async def test_is_accessible_and_names_nobody_to_programs(self, school: School) -> None:
        plan = await in_use(school, await school.child("Zarquon", "Vellmere"))
        answer = await school.lead.get(f"/v1/safety-plans/{plan}/card.pdf")
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="card-{plan[-8:]}.pdf"'
        )
        with pikepdf.open(io.BytesIO(answer.content)) as file:
            meta = str(file.Root.Metadata.read_bytes(), "utf-8")
            assert re.search(r"<pdfuaid:part>1<", meta)
            assert re.search(r"<pdfaid:part>2<", meta)
            assert str(file.docinfo.Title) == "My plan"
            levels = headings(file)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        plan = await in_use(school, await school.child())
        await both(school, plan)
        rows = world.sql("select verb from trail where noun_id = %s order by seq", plan)
        assert [verb for (verb,) in rows][-2:] == ["plan.card_opened"] * 2

    async def test_is_in_large_type(self, school: School) -> None:
        plan = await in_use(school, await school.child())
        page = (await school.lead.get(f"/v1/safety-plans/{plan}/card.pdf")).content
        read = pypdfium2.PdfDocument(page)[0].get_textpage()
        at = read.get_text_range().index("I stop answering")
        left, bottom, _, top = read.get_charbox(at, loose=True)
        assert left > 0
        assert top - bottom >= 14


def headings(file: pikepdf.Pdf) -> list[int]:
    """The levels of headings in reading order."""
    found: list[int] = []
    waiting: list[Any] = [file.Root.StructTreeRoot]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, pikepdf.Array):
            waiting[:0] = list(one)
        elif isinstance(one, pikepdf.Dictionary):
            if re.fullmatch(r"/H[1-6]", str(one.get("/S", ""))):
                found.append(int(str(one.S)[2]))
            if "/K" in one:
                waiting.insert(0, one.K)
    return found
