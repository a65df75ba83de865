"""Documents are accessible PDFs that say the same whoever reads them, and whatever is in them."""

import io
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from app.core.vocabularies import VOCABULARIES
from app.formats import documents
from app.formats.documents import SettingBusy, letters, outlines, render, setting
from app.formats.documents.letters import DocumentTooLarge, Letters, has_shape
from app.formats.documents.words import Words, sentences
from tests.unit.formats.document_samples import (
    SAMPLES,
    SHA256,
    Values,
    a_chronology,
    a_concern,
    a_mark,
    a_referral,
    a_share,
    a_whole_file,
    an_entry,
)

KINDS = pytest.mark.parametrize("kind", [*SAMPLES])
HOSTILE = (
    '#eval("1 + 1") #set page(fill: red) $x^2$ [[wiki]] @everyone *bold* _low_ // not a note',
    'back\\slash \\u{41} \\n `code` <label> ~ -- ... /* gone? */ #import "@preview/x:1.0.0": *',
    '#read("/etc/passwd") #include "sheet.typ" "quoted" \'single\' {{ }} %s',
)
SCRIPTS = (
    "Łukasz Żółć", "Siân Ŵyn", "Ωμέγα Жук", "你好 日本語 한국어", "বাংলা ਪੰਜਾਬੀ हिन्दी",
    "ગુજરાતી தமிழ் ไทย", "አማርኛ ქართული Հայերեն", "😀 👍🏽 ❤️ ☎️ ✓ → ½ №",
)  # fmt: skip
RIGHT_TO_LEFT = "مرحبا بالعالم שלום"


def opened(made: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(made))


def text_of(made: bytes) -> str:
    """All text in the order of the pages, long words whole again."""
    file = pypdfium2.PdfDocument(made)
    pages = [file[number].get_textpage().get_text_bounded() for number in range(len(file))]
    return "\n".join(pages).replace("\u200b", "").replace("\r\n", "\n")


def words_of(made: bytes) -> str:
    """The text without any spaces and line ends: lines break where they must."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text_of(made)))


def elements(made: bytes) -> list[tuple[str, str]]:
    """Every structure element with its type and its words instead, in reading order."""
    found = []
    with opened(made) as file:
        waiting: list[Any] = [file.Root.StructTreeRoot]
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, pikepdf.Array):
                waiting[:0] = list(one)
            elif isinstance(one, pikepdf.Dictionary):
                if "/S" in one:
                    found.append((str(one.S), str(one.get("/Alt", ""))))
                if "/K" in one:
                    waiting.insert(0, one.K)
    return found


def with_text(text: str) -> Values:
    account = [{"kind": "observed", "text": text, "prompted_by": None, "basis": None}]
    return a_share(items=[a_concern(account=account, body_map=[])])


class TestAccessibility:
    @KINDS
    def test_declares_what_it_keeps_to(self, kind: str) -> None:
        with opened(render(kind, SAMPLES[kind]())) as file:
            meta = str(file.Root.Metadata.read_bytes(), "utf-8")
            assert re.search(r"<pdfuaid:part>1<", meta)
            assert re.search(r"<pdfaid:part>2<", meta)
            assert re.search(r"<pdfaid:conformance>A<", meta)
            assert file.Root.MarkInfo.Marked
            assert str(file.Root.Lang) == "en-GB"
            assert file.Root.ViewerPreferences.DisplayDocTitle

    @KINDS
    def test_is_tagged_with_headings_that_nest(self, kind: str) -> None:
        found = [name for name, _ in elements(render(kind, SAMPLES[kind]()))]
        levels = [int(name[2]) for name in found if re.fullmatch(r"/H[1-6]", name)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))

    @KINDS
    def test_has_tables_with_headed_columns(self, kind: str) -> None:
        counts = Counter(name for name, _ in elements(render(kind, SAMPLES[kind]())))
        for name in ("/Table", "/TR", "/TH", "/TD"):
            assert counts[name] > 0, name

    @KINDS
    def test_describes_every_drawing_in_words(self, kind: str) -> None:
        made = render(kind, SAMPLES[kind]())
        figures = [alt for name, alt in elements(made) if name == "/Figure"]
        assert figures
        assert all(len(alt) > 20 for alt in figures)

    def test_says_where_each_mark_is_without_the_drawing(self) -> None:
        made = render("share", a_share())
        figures = [alt for name, alt in elements(made) if name == "/Figure"]
        assert figures[0].startswith("Body, front. 1: Outer forearm, right; 2: Outer forearm")

    def test_reads_in_the_order_it_is_meant(self) -> None:
        text = text_of(render("share", a_share()))
        order = [
            "Information shared with you",
            "Carys Morgan",
            "To keep you informed",
            "What the school wrote down",
            "without a coat",
            "Tell me what happened",
            "sorry but he",
            "Marks on the body",
            "The classroom was 5",
            "Whether to refer",
            "Meet with Rhys",
            "Plan agreed",
            "another pupil",
            "If something here is wrong",
        ]
        places = [text.index(part) for part in order[:-2]]
        assert places == sorted(places)

    def test_speaks_welsh_to_who_reads_welsh(self) -> None:
        made = render("share", a_share(), language="cy")
        assert str(opened(made).Root.Lang) == "cy-GB"
        text = text_of(made)
        for part in ("Gwybodaeth a rennir â chi", "25 Tachwedd 2026", "Tudalen 1 o"):
            assert part in text


class TestEachPage:
    @KINDS
    def test_says_which_of_how_many_whose_and_what_proves_it(self, kind: str) -> None:
        content = SAMPLES[kind]()
        made = render(kind, content)
        file = pypdfium2.PdfDocument(made)
        assert len(file) > 1
        for number in range(len(file)):
            text = file[number].get_textpage().get_text_bounded()
            assert f"Page {number + 1} of {len(file)}" in text
            assert SHA256 in text
            assert content["document"]["reference"] in text
            assert "25 November 2026, 10:05 by Nia Pritchard" in text
            assert "Printed copy" in text

    def test_shows_the_head_of_a_long_table_again(self) -> None:
        made = render("chronology", a_chronology(60))
        file = pypdfium2.PdfDocument(made)
        with_rows = [file[n].get_textpage().get_text_bounded() for n in range(2, len(file) - 1)]
        assert len(with_rows) > 2
        assert all("What happened" in text for text in with_rows)


class TestMetadata:
    @KINDS
    def test_names_the_kind_and_the_reference_and_no_person(self, kind: str) -> None:
        content = SAMPLES[kind]()
        with opened(render(kind, content)) as file:
            said = str(file.Root.Metadata.read_bytes(), "utf-8") + repr(dict(file.docinfo))
            assert content["document"]["reference"] in str(file.docinfo.Title)
        for name in ("Rhys", "Morgan", "Carys", "Pritchard"):
            assert name not in said

    @KINDS
    def test_is_the_same_for_the_same_content(self, kind: str) -> None:
        content = SAMPLES[kind]()
        made = render(kind, content)
        assert render(kind, content) == made
        content["document"]["printed_by"] = "Somebody Else"
        assert render(kind, content) != made

    def test_has_no_hour_of_the_machine(self) -> None:
        with opened(render("share", a_share())) as file:
            assert str(file.docinfo.CreationDate).startswith("D:20261125100500")


class TestHostileText:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_comes_out_as_it_was_written(self, text: str) -> None:
        made = render("share", with_text(text))
        assert re.sub(r"\s+", "", text) in words_of(made)

    @pytest.mark.parametrize("kind", ["referral", "chronology", "file"])
    def test_comes_out_everywhere(self, kind: str) -> None:
        text = HOSTILE[0]
        content = SAMPLES[kind]()
        if kind == "referral":
            content["fields"]["worry"] = {"state": "value", "value": text}
            content["form"]["sections"][0]["label"] = text
        elif kind == "chronology":
            content["entries"][3]["child_said"] = text
        else:
            content["something_new"] = {"deep": [{"deeper": text}]}
            content["front_sheet"]["contacts"][0]["name"] = text
        assert words_of(render(kind, content)).count(re.sub(r"\s+", "", text)) >= 1

    @pytest.mark.parametrize("text", SCRIPTS)
    def test_shows_the_scripts_a_school_meets(self, text: str) -> None:
        made = render("share", with_text(f"Before. {text} After."))
        assert "fonts of this document cannot show" not in text_of(made)
        cleared = re.sub("[\ufe0e\ufe0f]", "", text)
        for word in cleared.split():
            if all(ord(one) < 0x900 or 0x4E00 <= ord(one) < 0xD7A4 for one in word):
                assert unicodedata.normalize("NFC", word) in words_of(made)

    def test_shows_scripts_that_run_to_the_left(self) -> None:
        made = render("share", with_text(RIGHT_TO_LEFT))
        assert "fonts of this document cannot show" not in text_of(made)
        found = {one for one in text_of(made) if unicodedata.bidirectional(one) in ("R", "AL")}
        assert len(found) > 5

    @pytest.mark.parametrize(
        ("character", "number"),
        [("\x00", "0000"), ("\x07", "0007"), ("\ud800", "D800"), ("\ufffe", "FFFE"),
         ("\u202e", "202E"), ("\ue000", "E000"), ("\U00012345", "12345"), ("\u0378", "0378")],
    )  # fmt: skip
    def test_names_what_has_no_shape_and_says_so(self, character: str, number: str) -> None:
        text = text_of(render("share", with_text(f"Before{character}After")))
        assert f"Before\u2039U+{number}\u203aAfter" in text
        assert "fonts of this document cannot show: 1." in text

    @pytest.mark.parametrize(
        "text", ["1\ufe0f\u20e3", "\u20e3", "a\u0489\u20dd", "\u0301\u0301", "\u200d\u200d",
                 "\u2067" * 400 + "end", "\u2066\u2069\u2068", "\u17d2\u1780", "\u1100\u1161"],
    )  # fmt: skip
    def test_never_loses_the_document_to_a_cluster(self, text: str) -> None:
        made = render("share", with_text(f"Before. {text} After."))
        assert "Before." in text_of(made)
        assert "After." in text_of(made)

    @pytest.mark.parametrize("text", ["a" * 4_000, "a" + "\u0301" * 4_000, "\u200b" * 4_000,
                                      " " * 4_000 + "end", "a\n" * 2_000])  # fmt: skip
    def test_sets_what_nobody_writes_within_the_page(self, text: str) -> None:
        file = pypdfium2.PdfDocument(render("share", with_text(text)))
        for number in range(len(file)):
            page = file[number].get_textpage()
            width, height = file[number].get_size()
            for place in range(0, page.count_chars(), 97):
                left, bottom, right, top = page.get_charbox(place)
                assert -1 <= left <= right <= width + 1
                assert -1 <= bottom <= top <= height + 1

    def test_refuses_more_than_a_document_can_hold(self) -> None:
        with pytest.raises(DocumentTooLarge):
            render("share", with_text("word " * (letters.LONGEST // 5 + 1)))

    def test_ends_a_setting_that_would_go_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(setting, "LONGEST_SECONDS", 0.01)
        with pytest.raises(SettingBusy):
            render("share", a_share())

    def test_ends_a_setting_that_takes_too_much(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        greedy = tmp_path / "compiling.py"
        source = Path(setting.COMPILER).read_text()
        source = source.replace("CPU_SECONDS = 90", "CPU_SECONDS = 1")
        greedy.write_text(source.replace("    fonts = ", "    while True: pass\n    fonts = "))
        monkeypatch.setattr(setting, "COMPILER", greedy)
        with pytest.raises(DocumentTooLarge):
            render("share", a_share())


class TestMarks:
    def test_have_an_outline_in_every_view(self) -> None:
        assert set(outlines.DRAWINGS) == VOCABULARIES["body_map_views"].codes

    def test_stand_in_their_table_however_many_there_are(self) -> None:
        marks = [a_mark("front", 0.5, number / 300, "chest_m", explanation=f"Mark{number}x")
                 for number in range(300)]  # fmt: skip
        text = text_of(render("share", a_share(items=[a_concern(body_map=marks)])))
        assert all(f"Mark{number}x" in text for number in range(300))
        assert "300 marks, drawn as dots" in text

    def test_lie_within_the_drawing_whatever_was_sent(self) -> None:
        marks = [a_mark("back", -3, 99, "chest_m"), a_mark("unheard_of", 0.5, 0.5, "chest_m")]
        assert "Chest" in text_of(render("share", a_share(items=[a_concern(body_map=marks)])))


NO_APPROVAL = {"before_sending": False, "at": None, "by": None}


def approved_as(content: Values, approval: Values | None) -> str:
    kept = content["document"] | {"approval": approval}
    return " ".join(text_of(render(content["kind"], content | {"document": kept})).split())


class TestApproval:
    def test_is_not_claimed_where_it_is_not_known(self) -> None:
        text = approved_as(a_referral(), None)
        assert "Approved" not in text
        assert "Made 24 November 2026, 15:20" in text

    def test_names_who_gave_it_before_the_sending(self) -> None:
        given = {"before_sending": True, "at": "2026-11-24T15:20:00Z", "by": "Nia Pritchard"}
        said = "Approved 24 November 2026, 15:20 by Nia Pritchard"
        assert said in approved_as(a_referral(), given)
        assert "15:20 by Nia" not in approved_as(a_share(), given)

    def test_is_owed_or_came_later_in_an_emergency(self) -> None:
        text = approved_as(a_referral(), NO_APPROVAL)
        assert "Sent before approval, as an emergency; to be reviewed afterwards" in text
        assert "Approved" not in text
        later = {"before_sending": False, "at": "2026-11-25T08:00:00Z", "by": "Nia Pritchard"}
        said = "as an emergency; reviewed 25 November 2026, 08:00 by Nia Pritchard"
        assert said in approved_as(a_referral(), later)

    def test_leaves_no_required_question_blank_that_an_emergency_did_not_answer(self) -> None:
        content = a_referral(consent=None)
        worker = {"name": "worry_now", "label": "Worry now", "type": "text", "required": True}
        free = {"name": "hobbies", "label": "Hobbies", "type": "text", "required": False}
        content["form"]["sections"].append({"label": "More", "fields": [worker, free]})
        text = approved_as(content, NO_APPROVAL)
        assert "Worry now Not answered" in text
        assert "Consent and what the family was told Not answered" in text
        assert "Hobbies" not in text
        assert "Worry now" not in approved_as(content, None)


class TestFamilies:
    def test_read_plain_words_and_whom_to_phone(self) -> None:
        content = a_share(school={"name": "Ysgol Glan Afon", "phone": "01632 960100"})
        text = " ".join(text_of(render("share", content)).split())
        for part in ("To keep you informed", "Who can help", "Ysgol Glan Afon: 01632 960100",
                     "999", "101", "0800 1111", "The child's own words",
                     "A worry that was written down"):  # fmt: skip
            assert part in text
        assert "Lawful basis" not in text
        for part in ("I roi gwybod i chi", "Pwy all helpu", "Childline"):
            assert part in text_of(render("share", content, language="cy"))

    def test_are_the_only_ones_who_do(self) -> None:
        police = {"name": "PC Ifan", "organisation": "Police", "kind": "police"}
        text = text_of(render("share", a_share(recipient=police)))
        assert "Keep a parent informed" in text
        assert "Lawful basis" in text
        assert "Childline" not in text


class TestTimes:
    def test_of_what_is_known_by_its_day_have_no_hour(self) -> None:
        words = Words("en")
        assert words.occurred("2025-07-25T00:00:00Z", "about") == "about 25 July 2025"
        assert words.format_event_time("status", "2025-07-25T00:00:00Z", "about") == "25 July 2025"
        assert words.occurred("2025-07-25T14:05:00Z", "about") == "about 25 July 2025, 15:05"
        assert words.occurred("2025-01-25T00:00:00Z", "exact") == "25 January 2025, 00:00"


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [("another pupil hit him. another pupil 2 saw.",
          "Another pupil hit him. Another pupil 2 saw."),
         ("He hit another pupil.", "He hit another pupil."),
         ("\u201canother pupil did it\u201d", "\u201cAnother pupil did it\u201d"),
         ("First.\nanother pupil", "First.\nAnother pupil")],
    )  # fmt: skip
    def test_begin_with_a_capital(self, text: str, shown: str) -> None:
        assert sentences(text) == shown

    def test_begin_with_a_capital_in_the_list_of_children(self) -> None:
        assert "Another pupil: Witness" in text_of(render("share", a_share()))


ADDRESSES = (
    "front.door@harbour-council.example",
    "multi-agency.safeguarding.hub@harbour-and-coast-council.example",
    "https://www.harbour-council.example/children-and-families/refer-a-child?form=1&part=2",
)


def copied(made: bytes) -> str:
    """The text as a reader copies it, hidden signs and all, without the ends of lines."""
    file = pypdfium2.PdfDocument(made)
    pages = [file[number].get_textpage().get_text_range() for number in range(len(file))]
    return re.sub(r"\s*\r\n", "", "\n".join(pages))


class TestAddresses:
    @pytest.mark.parametrize("kind", [*SAMPLES])
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_are_copied_as_they_are_written(self, kind: str, address: str) -> None:
        content = SAMPLES[kind]()
        content["school"] = {"name": f"School of {address}", "phone": "01632 960123"}
        made = render(kind, content)
        assert address in copied(made)
        with opened(made) as file:
            about = f"{file.docinfo.Title} {file.docinfo.get('/Author', '')}"
        assert not re.search("[\ue000-\ue002]", copied(made) + about)

    def test_of_an_agency_stand_on_one_line(self) -> None:
        agency = {"name": "Front door", "phone": "01632 960555", "email": ADDRESSES[1],
                  "out_of_hours_phone": "01632 960556", "address": "Civic Centre"}  # fmt: skip
        file = pypdfium2.PdfDocument(render("referral", a_referral(agency=agency)))
        lines = file[0].get_textpage().get_text_range().replace("\r\n", "\n")
        for one in agency.values():
            assert one in lines, one

    def test_cannot_be_forged_by_what_marks_them(self) -> None:
        text = text_of(render("share", with_text("Before \ue000a\ue001 and \ue002 after.")))
        assert "U+E000" in text
        assert "U+E002" in text

    def test_of_thousands_are_all_there(self) -> None:
        written = " ".join(f"person{number}@example.org" for number in range(2_000))
        assert words_of(render("share", with_text(written))).count("@example.org") == 2_000


class TestReferral:
    def test_begins_with_the_worry(self) -> None:
        text = text_of(render("referral", a_referral()))
        order = ("born", "What the worry is", "marks on his right forearm", "Referral to",
                 "Routing", "Household")  # fmt: skip
        places = [text.index(part) for part in order]
        assert places == sorted(places)
        assert text.count("What the worry is") == 1

    def test_says_nothing_that_was_not_asked(self) -> None:
        text = text_of(render("referral", a_referral()))
        assert "special educational" not in text.lower()
        assert "Not answered" not in text

    def test_lays_people_out_by_name_and_consent_in_its_order(self) -> None:
        content = a_referral(
            school={"name": "Ysgol Glan Afon", "phone": "01632 960100", "address": "Heol yr Afon"},
            consent={"reason": "In words.", "covers": "Rhys", "by": "His mother",
                     "consent_given": "not_sought", "parents_informed": "no",
                     "reason_code": "increased_risk_of_significant_harm"},
        )  # fmt: skip
        content["fields"]["household"]["value"] = [
            {"address": "14 Heol y Bont", "email": "carys@mail.test", "phone": "01632 960001",
             "date_of_birth": "1988-02-03", "role": "Carer", "name": "Carys Morgan"}
        ]  # fmt: skip
        text = " ".join(text_of(render("referral", content)).split())
        assert "Ysgol Glan Afon 01632 960100 Heol yr Afon" in text
        assert (
            "Carys Morgan Role: Carer Phone: 01632 960001 Email: carys@mail.test "
            "Address: 14 Heol y Bont Date of birth: 3 February 1988"
        ) in text
        order = ("know of the referral No", "Consent given Not sought", "Who agreed", "covers",
                 "increase the risk", "More about why")  # fmt: skip
        places = [text.find(part) for part in order]
        assert places == sorted(places), text
        assert -1 not in places, text

    def test_says_why_a_field_has_no_value(self) -> None:
        text = text_of(render("referral", a_referral()))
        for part in ("Not known", "Not applicable", "Withheld", "Dylan Rees", "afraid of going"):
            assert part in text

    def test_shows_answers_that_its_form_does_not_know(self) -> None:
        text = text_of(render("referral", a_referral(form=None)))
        assert text.count("14 Heol y Bont") == 1
        assert "14 Heol y Bont" in text
        assert "Level of need" in text

    def test_shows_the_extract_of_the_chronology(self) -> None:
        text = text_of(render("referral", a_referral()))
        assert "No lunch again." in text
        assert "Mam forgot." in text


class TestChronology:
    def test_marks_what_is_late_significant_or_in_error(self) -> None:
        text = text_of(render("chronology", a_chronology()))
        assert text.count("Late\n") >= 1
        assert "Significant" in text
        assert "Entered in error. Its text is withheld." in text
        assert "What this document leaves out, and why" in text

    def test_is_made_of_nothing_too(self) -> None:
        made = render("chronology", a_chronology(0))
        assert "no event that this chronology may show" in text_of(made)

    def test_draws_a_single_moment(self) -> None:
        made = render("chronology", a_chronology(entries=0) | {"entries": [an_entry(1, 0)]})
        figure = next(alt for name, alt in elements(made) if name == "/Figure")
        assert "with 1 event." in figure

    def test_shows_every_one_of_many(self) -> None:
        text = text_of(render("chronology", a_chronology(400)))
        assert all(f"C-2026-{number:06d}" in text for number in range(1, 401) if number != 6)


RECEIVED = {
    "school": "Ysgol y Bryn", "record_kind": "concern", "author_name": "Elin Rees",
    "author_job_title": "Class teacher", "author_role": "staff", "state": "closed",
    "recorded_at": "2019-01-02T09:00:00Z",
}  # fmt: skip


class TestPages:
    def test_begin_the_events_on_the_first_page(self) -> None:
        file = pypdfium2.PdfDocument(render("chronology", a_chronology(60)))
        assert "C-2026-000001" in file[0].get_textpage().get_text_bounded()

    @pytest.mark.parametrize("many", [*range(22, 29)])
    def test_keep_the_sources_with_their_heading(self, many: int) -> None:
        file = pypdfium2.PdfDocument(render("chronology", a_chronology(many)))
        pages = [file[n].get_textpage().get_text_bounded() for n in range(len(file))]
        assert any(re.search(r"Sources\s+Source Role Events\s+Nia", page) for page in pages)

    def test_say_what_a_drawing_counts(self) -> None:
        assert "1 event\n" in text_of(render("chronology", a_chronology()))

    def test_say_once_what_it_was_made_for(self) -> None:
        asked = {"purpose": "court", "purpose_detail": "For the judge"}
        text = text_of(render("chronology", a_chronology() | {"asked": asked}))
        assert "For the judge" in text
        assert "Purpose" not in text


class TestSafetyRecords:
    def test_are_named_by_their_type(self) -> None:
        record = an_entry(
            1, 1, kind="safety_record", category=None, level=None, summary="Both parents know.",
            safety_record_kind="parents_decision",
        )  # fmt: skip
        text = " ".join(
            text_of(render("chronology", a_chronology(0) | {"entries": [record]})).split()
        )
        assert "What parents know, and why Both parents know." in text


class TestReceivedRecords:
    def test_stand_under_who_wrote_them_then_and_there(self) -> None:
        accepted = {"name": "Tom Ellis", "role": "dsl"}
        concern = an_entry(
            1, 1, kind="received_record", author=accepted, received=RECEIVED, level=3,
            summary="Ysgol y Bryn:\nHe cried.", child_said="I am cold.", outcome="explained",
        )  # fmt: skip
        status = an_entry(
            2, 2, kind="received_record", summary="Ysgol y Bryn:\npupil_premium", category=None,
            received={"school": "Ysgol y Bryn", "record_kind": "status"}, state=None,
            occurred_at="2025-07-25T00:00:00Z", occurred_precision="about",
        )  # fmt: skip
        made = render("chronology", a_chronology(0) | {"entries": [status, concern]})
        text = " ".join(text_of(made).split())
        assert "Concern Elin Rees Class teacher From Ysgol y Bryn" in text
        assert "Recorded 2 January 2019, 09:00" in text
        assert "Neglect, level of need 3 He cried. The child said I am cold." in text
        assert "Outcome Explained" in text
        assert "State Closed" in text
        assert "25 July 2025 Status" in text
        assert "Pupil premium" in text
        for absent in ("Ysgol y Bryn:", "pupil_premium", "Tom Ellis", "25 July 2025, 01:00"):
            assert absent not in text

    def test_tell_each_statement_under_its_speaker(self) -> None:
        account = [
            {"kind": "observed", "text": "He shivered."},
            {"kind": "told_by", "told_by": "his aunt", "text": "No coat."},
        ]
        entry = an_entry(1, 1, kind="received_record", received=RECEIVED | {"account": account})
        made = render("chronology", a_chronology(0) | {"entries": [entry]})
        text = " ".join(text_of(made).split())
        assert "Seen or heard by the writer He shivered." in text
        assert "(his aunt) No coat." in text


class TestFile:
    def test_leaves_out_no_part_it_does_not_know(self) -> None:
        text = text_of(render("file", SAMPLES["file"]()))
        for part in ("never heard of", "Rang the duty desk", "drawing.png", "Gwyn Morgan",
                     "Still to be done", "Another pupil"):  # fmt: skip
            assert part in text

    def test_says_times_and_codes_in_words(self) -> None:
        text = " ".join(text_of(render("file", a_whole_file())).split())
        for raw in ("T14:47", "193630", "public_task", "WBRI", "new_phase", "pupil_premium",
                    "inform_parent", "Label:", "Type:", "{", "2019-09-01", "01:00"):  # fmt: skip
            assert raw not in text, raw
        for said in ("11 September 2026, 15:47 by Nia Pritchard, Lead", "White British",
                     "Moved on at the end of a phase", "Pupil premium: Since year 3",
                     "Education, health and care plan", "Keep a parent informed",
                     "Home address 14 Heol y Bont", "Link with a one-time code",
                     "as an emergency; reviewed 12 September 2026, 09:00",
                     "From an earlier school: Ysgol y Bryn"):  # fmt: skip
            assert said in text, said
        assert "Carys Morgan Mother 01632 960001" in text
        assert "Ysgol Glan Afon From 1 September 2019" in text
        assert "Ysgol y Bryn From 1 September 2018" in text


class TestFonts:
    def test_come_with_their_licences_and_stay_small(self) -> None:
        fonts = Path(documents.__file__).parent / "fonts"
        assert sum(path.stat().st_size for path in fonts.iterdir()) < 6_000_000
        assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE-OFL.txt").read_text().upper()
        assert "Apache License" in (fonts / "LICENSE-APACHE.txt").read_text()

    def test_know_what_they_can_show(self) -> None:
        assert all(has_shape(one) for one in "Aż你한अ😀→")
        assert not has_shape("\U00012345")
        assert not has_shape("你", "plain")

    def test_clear_plain_text_without_a_change(self) -> None:
        text = "A plain line.\nAnother, with \u201cquotes\u201d and \u2013 a dash."
        assert Letters().clear(text) == text


class TestRender:
    def test_knows_its_templates_and_languages_only(self) -> None:
        with pytest.raises(KeyError):
            render("unheard_of", a_share())
        with pytest.raises(ValueError, match="en or cy"):
            render("share", a_share(), language="fr")
