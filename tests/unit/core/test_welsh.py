"""Every term has Welsh of its own, marked as a draft until somebody has read it."""

import re
import tomllib

import pytest

from app.core import vocabularies
from app.core.vocabularies import VOCABULARIES, Vocabulary
from app.core.vocabularies.welsh import BESIDE, FOLDER, NOTES, QUESTIONS, REVIEWS, TITLES, WELSH
from app.domain.sharing.referral_forms import rules as forms

NOT_READ = "draft: a Welsh-speaking practitioner has not read it yet"
ALIKE = {
    "concern_categories.child_alcohol",
    "concern_sources.police_encompass",
    "mark_colours.brown",
    "child_status_kinds.channel",
    "lawful_bases.contract",
    "recipient_kinds.camhs",
    "referral_kinds.camhs",
    "referral_kinds.marac",
}
"""Names, abbreviations and words that both languages have."""
ALIKE_NOTES = {"GIAS"}
"""Beside pictures, which have no letters."""
NUMBER = re.compile(r"\b\d{2,}\b")
every_vocabulary = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)


class TestLabels:
    @every_vocabulary
    def test_stand_for_every_term_and_no_other(self, vocabulary: Vocabulary) -> None:
        assert list(WELSH[vocabulary.name]) == list(vocabulary.by_code)

    def test_stand_for_no_vocabulary_that_there_is_not(self) -> None:
        assert set(WELSH) == set(VOCABULARIES)

    def test_are_those_of_english_only_where_listed(self) -> None:
        same = {
            f"{vocabulary.name}.{term.code}"
            for vocabulary in VOCABULARIES.values()
            for term in vocabulary.terms
            if WELSH[vocabulary.name][term.code].casefold() == term.label.casefold()
        }
        assert same == ALIKE

    @every_vocabulary
    def test_tell_terms_apart_and_read_as_labels(self, vocabulary: Vocabulary) -> None:
        labels = list(WELSH[vocabulary.name].values())
        assert len(labels) == len(set(labels))
        for label in labels:
            assert label == label.strip()
            assert label[0].isupper()
            assert len(label) <= 85
            assert not label.endswith(".")

    @every_vocabulary
    def test_have_the_numbers_of_the_english(self, vocabulary: Vocabulary) -> None:
        """A number to call or an age that one language has differently would mislead."""
        for term in vocabulary.terms:
            numbers = NUMBER.findall(WELSH[vocabulary.name][term.code])
            assert numbers == NUMBER.findall(term.label), term.code


NOTED = {term.notes for one in VOCABULARIES.values() for term in one.terms if term.notes}


class TestTitlesNotesAndQuestions:
    def test_stand_for_every_one_and_no_other(self) -> None:
        assert set(TITLES) == set(VOCABULARIES)
        assert list(QUESTIONS) == [
            term.code
            for one in VOCABULARIES.values()
            for term in one.terms
            if term.question is not None
        ]
        worded = {note for note in NOTED if re.search("[A-Za-z]", note)}
        assert set(NOTES) == worded - ALIKE_NOTES

    def test_are_written_as_the_english_is(self) -> None:
        english = {name: one.title for name, one in VOCABULARIES.items()}
        asked = {
            term.code: term.question
            for one in VOCABULARIES.values()
            for term in one.terms
            if term.question is not None
        }
        check_written([(english[name], title) for name, title in TITLES.items()])
        check_written([(asked[code], question) for code, question in QUESTIONS.items()])
        check_written(list(NOTES.items()))
        assert len({*TITLES.values()}) == len({*english.values()})

    def test_say_that_nobody_has_read_them_yet(self) -> None:
        said = tomllib.loads((FOLDER / f"{BESIDE}.toml").read_text("utf-8"))["review"]
        assert said == NOT_READ == forms.WELSH["review"]


class TestForms:
    def test_have_welsh_for_all_that_they_say_and_for_nothing_else(self) -> None:
        every = [form for versions in forms._versions().values() for form in versions]
        every += [forms.effective(given, given["version"]) for given in forms.bundled().values()]
        sections = [section for form in every for section in form.sections]
        fields = [field for section in sections for field in section.fields]
        assert set(forms.WELSH["sections"]) == {section.label for section in sections}
        assert set(forms.WELSH["labels"]) == {field.label for field in fields}
        assert set(forms.WELSH["helps"]) == {field.help for field in fields if field.help}

    @pytest.mark.parametrize("part", ["sections", "labels", "helps"])
    def test_are_written_as_the_english_is(self, part: str) -> None:
        check_written(list(forms.WELSH[part].items()))
        assert len({*forms.WELSH[part].values()}) == len(forms.WELSH[part])


def check_written(pairs: list[tuple[str, str]]) -> None:
    """Welsh has the ends, the first letters and the numbers of the English, and is not English."""
    for english, welsh in pairs:
        assert welsh == welsh.strip(), welsh
        assert welsh.casefold() != english.casefold(), welsh
        assert (welsh[-1] in "?.", welsh[0].isupper()) == (
            english[-1] in "?.", english[0].isupper()
        ), welsh  # fmt: skip
        assert NUMBER.findall(welsh) == NUMBER.findall(english), welsh


class TestFiles:
    def test_stand_beside_the_modules_whose_terms_they_hold(self) -> None:
        modules = {path.stem for path in FOLDER.parent.glob("*.py")}
        assert {path.stem for path in FOLDER.glob("*.toml")} <= modules
        assert FOLDER.parent.samefile(vocabularies.__path__[0])

    @every_vocabulary
    def test_say_that_nobody_has_read_them_yet(self, vocabulary: Vocabulary) -> None:
        """Who has read a file takes its mark away, and lists it here as read."""
        assert REVIEWS[vocabulary.name] == NOT_READ
