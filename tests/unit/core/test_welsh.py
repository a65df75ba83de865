"""Every term has Welsh of its own, marked as a draft until somebody has read it."""

import re

import pytest

from app.core import vocabularies
from app.core.vocabularies import VOCABULARIES, Vocabulary
from app.core.vocabularies.welsh import FOLDER, REVIEWS, WELSH

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


class TestFiles:
    def test_stand_beside_the_modules_whose_terms_they_hold(self) -> None:
        modules = {path.stem for path in FOLDER.parent.glob("*.py")}
        assert {path.stem for path in FOLDER.glob("*.toml")} <= modules
        assert FOLDER.parent.samefile(vocabularies.__path__[0])

    @every_vocabulary
    def test_say_that_nobody_has_read_them_yet(self, vocabulary: Vocabulary) -> None:
        """Who has read a file takes its mark away, and lists it here as read."""
        assert REVIEWS[vocabulary.name] == (
            "draft: a Welsh-speaking practitioner has not read it yet"
        )
