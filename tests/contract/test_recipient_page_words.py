"""The words of the recipient pages: whole in both languages, with a label for every code."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.api.pages import languages, telling
from app.api.pages.drawing import OUTLINES, drawings_of
from app.api.pages.languages import LANGUAGES, language_for, tongue_of
from app.core.vocabularies import VOCABULARIES
from tests.routes import api_routes
from tests.world import World

FOLDER = Path(languages.__file__).parent
ENGLISH, WELSH = LANGUAGES["en"], LANGUAGES["cy"]
GAP = re.compile(r"\{(\w+)\}")
MET = (
    "share_purposes", "lawful_bases", "referral_kinds", "value_states", "reasons_not_told",
    "statement_kinds", "concern_child_roles", "concern_sources", "harm_contexts",
    "concern_categories", "concern_states", "closure_outcomes", "decision_kinds", "action_states",
    "child_status_kinds", "body_map_views", "body_map_regions", "mark_colours", "mark_shapes",
    "referral_outcomes", "chronology_kinds", "safety_record_kinds",
)  # fmt: skip
"""Every vocabulary that a page can meet a code of."""
OURS = (
    "urgency", "amendment", "yes_no", "yes_no_yet", "given", "fixed_texts", "file_warnings",
    "staff_jobs",
)  # fmt: skip
"""Lists of words that the frozen content holds outside every vocabulary."""
JARGON = re.compile(
    r"\b(utilis|pursuant|hereby|aforementioned|commence|regarding|submit|upload|session|token|"
    r"invalid|error|authenticat|credential|snapshot|hash|recipient|revoke)", re.IGNORECASE
)  # fmt: skip


class TestSentences:
    def test_are_the_same_in_both_languages(self) -> None:
        assert set(ENGLISH.words) == set(WELSH.words)

    @pytest.mark.parametrize("key", sorted(ENGLISH.words))
    def test_have_the_same_gaps(self, key: str) -> None:
        assert set(GAP.findall(ENGLISH.words[key])) == set(GAP.findall(WELSH.words[key]))

    def test_are_all_used(self) -> None:
        used = "".join(path.read_text() for path in FOLDER.rglob("*.html"))
        used += "".join(path.read_text() for path in FOLDER.glob("*.py"))
        made = (
            "said.",
            "sorry.",
            "person.",
            "history.",
            "code.by_",
            "account.weak_",
            "account.done_",
            "account.join_",
            "account.reach_",
            "account.password_",
            "items.occurred_",
            "summary.intro_",
        )
        idle = [key for key in ENGLISH.words if f'"{key}"' not in used and not key.startswith(made)]
        assert idle == []

    @pytest.mark.parametrize("key", sorted(ENGLISH.words))
    def test_are_plain_and_short(self, key: str) -> None:
        text = ENGLISH.words[key]
        assert not JARGON.search(text), text
        for sentence in re.split(r"[.!?:]\s", text):
            assert len(sentence.split()) <= 25, sentence

    def test_are_translated(self) -> None:
        same = {key for key, text in ENGLISH.words.items() if WELSH.words[key] == text}
        assert same <= {"frame.problem", "date.day", "date.moment"}


class TestLabels:
    @pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
    @pytest.mark.parametrize("name", MET)
    def test_stand_for_every_code_a_page_can_meet(
        self, language: languages.Language, name: str
    ) -> None:
        missing = [code for code in VOCABULARIES[name].codes if not language.knows(name, code)]
        assert missing == []

    def test_of_no_vocabulary_are_forgotten(self) -> None:
        """Every list a template names is held against its codes here."""
        sources = [*FOLDER.rglob("*.html"), FOLDER / "telling.py"]
        named = {
            name
            for path in sources
            for name in re.findall(r't\.label\("([a-z_]+)"', path.read_text())
        }
        assert named == {*MET, *OURS}

    @pytest.mark.parametrize("name", OURS)
    def test_of_our_own_lists_are_the_same_in_both(self, name: str) -> None:
        assert set(ENGLISH.labels[name]) == set(WELSH.labels[name])

    def test_name_no_code_that_there_is_not(self) -> None:
        for language in LANGUAGES.values():
            for name, labels in language.labels.items():
                if name in VOCABULARIES:
                    assert set(labels) <= VOCABULARIES[name].codes, name

    def test_of_unknown_codes_are_the_codes_in_words(self) -> None:
        assert ENGLISH.label("mark_shapes", "brand_new") == "Brand new"

    def test_of_parts_of_the_body_name_the_side(self) -> None:
        assert WELSH.label("body_map_regions", "shoulder_l") == "Ysgwydd, chwith"
        assert ENGLISH.label("body_map_regions", "nose_m") == "Nose"


class TestMoments:
    def test_are_told_by_the_clocks_of_the_school(self) -> None:
        at = datetime(2026, 7, 3, 23, 5, tzinfo=UTC)
        assert ENGLISH.moment(at) == "Saturday 4 July 2026, 12:05am"
        assert WELSH.moment(at) == "Dydd Sadwrn 4 Gorffennaf 2026, 12:05am"
        assert ENGLISH.moment("2026-11-25T12:00:00Z") == "Wednesday 25 November 2026, 12:00pm"

    def test_of_days_are_words_and_other_text_stays(self) -> None:
        assert ENGLISH.day(date(2026, 3, 1)) == "Sunday 1 March 2026"
        assert ENGLISH.day("soon") == "soon"


class TestTongues:
    @pytest.mark.parametrize(
        ("text", "tongue"),
        [
            ("He said that the dog was not his.", "en"),
            ("Dywedodd hi fod y ci wedi mynd i'r tŷ.", "cy"),
            ("Bwlio", None),
            ("", None),
            ("7A 2026", None),
        ],
    )
    def test_are_told_apart_where_that_is_plain(self, text: str, tongue: str | None) -> None:
        assert tongue_of(text) == tongue

    def test_are_chosen_by_weight(self) -> None:
        assert language_for(None, "en;q=0.2, cy;q=0.9").code == "cy"
        assert language_for("en", "cy").code == "en"
        assert language_for("xx", "cy").code == "cy"


class TestTurnedText:
    def test_cannot_turn_our_own_sentences(self) -> None:
        said = ENGLISH.say("help.school_named", school="\u202eloohcS", phone="\u20661")
        assert said == "Phone loohcS: 1"


class TestDrawings:
    def test_stand_for_every_view(self) -> None:
        assert set(OUTLINES) == VOCABULARIES["body_map_views"].codes

    def test_number_the_marks_as_they_are_listed(self) -> None:
        marks = [{"view": view, "x": 0.5, "y": 0.25} for view in ("back", "front", "back", "new")]
        back, front = drawings_of(marks)
        assert [mark.number for mark in back.marks] == [1, 3]
        assert [(mark.number, mark.x, mark.y) for mark in front.marks] == [(2, 100, 110)]

    def test_of_left_and_right_mirror_each_other(self) -> None:
        for name, outline in OUTLINES.items():
            if name.endswith("_l"):
                other = OUTLINES[f"{name[:-2]}_r"]
                assert outline.paths == other.paths
                assert outline.mirrored != other.mirrored


class TestPieces:
    def test_part_the_text_where_something_was_removed(self) -> None:
        assert telling.pieces_of("[redacted] and [redacted]") == [None, " and ", None]
        assert telling.pieces_of("") == []


class TestAddresses:
    def test_are_known_and_only_these(self, world: World) -> None:
        """Pages are no part of the API's description: this list is where they are counted."""
        form = "/shared/{token}"
        account = ("set-password", "accept-invitation", "confirm-reach", "new-password",
                   "second-factor", "second-factor/confirm")  # fmt: skip
        posts = ("acknowledge", "code", "leave", "new-code", "replies")
        found = {
            (method, route.path)
            for method, route in api_routes(world.application.app)
            if route.path.startswith(("/shared", "/pages", "/account"))
        }
        assert found == {
            ("get", form), ("get", f"{form}/document.pdf"),
            ("get", f"{form}/attachments/{{number}}"),
            ("get", "/pages/page.css"), ("get", "/pages/icon.svg"), ("get", "/pages/link.js"),
            ("get", "/account/done"),
            *((method, f"/account/{part}") for part in account for method in ("get", "post")),
            *(("get", f"{form}/{part}") for part in posts),
            *(("post", f"{form}/{part}") for part in posts),
        }  # fmt: skip
